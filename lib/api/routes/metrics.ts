import { Hono } from 'hono';
import { identify } from '#lib/access/identify.ts';
import { isFromThisMachine } from '#lib/access/local-identity.ts';
import { type Door, type DoorEnv, notSignedIn } from '../door.ts';
import { readMetrics } from '../metrics/read-metrics.ts';

/** `/api/metrics`, as Prometheus reads it: of a key's workspace, or of all to a program on this machine where that is allowed. */
export function metricsRoutes(): Hono<DoorEnv> {
  const app = new Hono<DoorEnv>({ strict: false });
  app.get('/', async (c) => {
    const context = c.get('context');
    const { contentType, text } = await readMetrics(context, { workspaceId: await whose(c), now: context.clock() });
    return c.body(text, 200, { 'content-type': contentType });
  });
  return app;
}

/** The workspace that is asked about; null for all. */
async function whose(c: Door): Promise<string | null> {
  const context = c.get('context');
  const identity = await identify(context, c.req.raw);
  if (identity) return identity.workspaceId;
  const { headers, url } = c.req.raw;
  const mayAskWithout = context.env.localMetrics && !headers.has('authorization');
  if (mayAskWithout && isFromThisMachine(headers, url, c.env?.peer)) return null;
  throw notSignedIn();
}
