import type { Hono } from 'hono';
import { getOverview } from '#lib/connections/overview.ts';
import { as, type DoorEnv } from '../door.ts';

export function overviewRoutes(app: Hono<DoorEnv>): void {
  app.get('/overview', as('viewer'), async (c) =>
    c.json(await getOverview(c.get('context'), c.get('identity').workspaceId)),
  );
}
