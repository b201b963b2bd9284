import type { Hono } from 'hono';
import { createSource, deleteSource, getSource, listSources, updateSource } from '#lib/connections/sources.ts';
import type { JsonObject } from '#lib/json.ts';
import { anyObject, readBody, shape, text, uuid } from '../body.ts';
import { as, created, type DoorEnv, idOf } from '../door.ts';

const source = shape({ name: text, connectorId: uuid, config: anyObject }, ['name', 'connectorId', 'config']);
const change = shape({ name: text, config: anyObject });

export function sourceRoutes(app: Hono<DoorEnv>): void {
  app.get('/sources', as('viewer'), async (c) =>
    c.json(await listSources(c.get('context'), c.get('identity').workspaceId)),
  );
  app.post('/sources', as('editor', 'source.create', source), async (c) => {
    const input = await readBody<{ name: string; connectorId: string; config: JsonObject }>(c.req.raw, source);
    return created(c, 'source', await createSource(c.get('context'), c.get('identity').workspaceId, input));
  });
  app.get('/sources/:id', as('viewer'), async (c) =>
    c.json(await getSource(c.get('context'), c.get('identity').workspaceId, idOf(c))),
  );
  app.patch('/sources/:id', as('editor', 'source.update', change), async (c) => {
    const input = await readBody<{ name?: string; config?: JsonObject }>(c.req.raw, change);
    await updateSource(c.get('context'), c.get('identity').workspaceId, idOf(c), input);
    return c.json(await getSource(c.get('context'), c.get('identity').workspaceId, idOf(c)));
  });
  app.delete('/sources/:id', as('editor', 'source.delete'), async (c) => {
    await deleteSource(c.get('context'), c.get('identity').workspaceId, idOf(c));
    return c.body(null, 204);
  });
}
