import type { Hono } from 'hono';
import { connectionPlaces } from '#lib/connections/places.ts';
import { askProbe } from '#lib/sync/ask-probe.ts';
import { as, type DoorEnv } from '../door.ts';
import { badRequest } from '../failures.ts';
import { connectionFound } from './connection-found.ts';

/** Where a connection's rows are, and a look at some of them. */
export function rowRoutes(app: Hono<DoorEnv>): void {
  app.get('/connections/:id/places', as('viewer'), async (c) =>
    c.json(await connectionPlaces(...(await connectionFound(c)))),
  );
  app.get('/connections/:id/rows', as('viewer', 'rows.show'), async (c) => {
    const { actor: by } = c.get('identity');
    const { stream: name, namespace = '' } = c.req.query();
    const [context, workspaceId, connectionId] = await connectionFound(c);
    if (!name) throw badRequest('Name the stream as ?stream=.');
    // Not among what was done with the connection: nothing was.
    c.set('subject', `rows:${connectionId}/${name}`);
    const question = { kind: 'first_rows' as const, input: { connectionId, namespace, name }, by };
    const { columns, rows, more } = await askProbe(context, workspaceId, { ...question, signal: c.req.raw.signal });
    return c.json({ columns, rows, more });
  });
}
