import type { Hono } from 'hono';
import { getOverview } from '#lib/connections/overview.ts';
import { as, type Door, type DoorEnv } from '../door.ts';
import { eventStream } from '../event-stream.ts';

/** Between two looks at the database for one reader. */
const LOOK_EVERY_MS = 3_000;

export function overviewRoutes(app: Hono<DoorEnv>): void {
  app.get('/overview', as('viewer'), async (c) =>
    c.json(await getOverview(c.get('context'), c.get('identity').workspaceId)),
  );
  app.get('/overview/events', as('viewer'), overviewEvents);
}

/** `overview` when something has changed, and `same` with the time when nothing has: a thousand connections are not sent twice. */
function overviewEvents(c: Door): Response {
  const context = c.get('context');
  const { workspaceId } = c.get('identity');
  let sent = '';
  return eventStream(
    c.req.raw,
    async () => {
      const overview = await getOverview(context, workspaceId);
      const now = JSON.stringify({ ...overview, asOf: null });
      const isSame = now === sent;
      sent = now;
      const event = isSame ? { event: 'same', data: { asOf: overview.asOf } } : { event: 'overview', data: overview };
      return { events: [event], done: false };
    },
    LOOK_EVERY_MS,
  );
}
