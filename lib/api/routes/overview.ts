import type { Hono } from 'hono';
import { getOverview, type Overview } from '#lib/connections/overview.ts';
import { overviewTeller } from '#lib/connections/overview-change.ts';
import type { Context } from '#lib/context.ts';
import { as, type Door, type DoorEnv, isStillIn } from '../door.ts';
import { eventStream } from '../event-stream.ts';

/** Between two looks at the database for one reader. */
const LOOK_EVERY_MS = 3_000;
/** So long several readers share one. */
const SHARED_MS = 2_000;

export function overviewRoutes(app: Hono<DoorEnv>): void {
  app.get('/overview', as('viewer'), async (c) =>
    c.json(await getOverview(c.get('context'), c.get('identity').workspaceId)),
  );
  app.get('/overview/events', as('viewer'), overviewEvents);
}

/** `overview` at first, then `changed` with what has changed, and `same` with the time when nothing has. */
function overviewEvents(c: Door): Response {
  const context = c.get('context');
  const { workspaceId } = c.get('identity');
  const tell = overviewTeller();
  return eventStream(c.req.raw, async () => ({ events: [tell(await sharedLook(context, workspaceId))], done: false }), {
    pollMs: LOOK_EVERY_MS,
    isLetIn: () => isStillIn(c),
  });
}

const looks = new WeakMap<Context, Map<string, { readonly until: number; readonly overview: Promise<Overview> }>>();

/** However many tabs look at a workspace, its thousand connections are added up once. */
function sharedLook(context: Context, workspaceId: string): Promise<Overview> {
  const known = looks.get(context) ?? new Map();
  looks.set(context, known);
  const now = context.clock().getTime();
  const last = known.get(workspaceId);
  if (last && last.until > now) return last.overview;
  const overview = getOverview(context, workspaceId);
  known.set(workspaceId, { until: now + SHARED_MS, overview });
  overview.catch(() => known.delete(workspaceId));
  return overview;
}
