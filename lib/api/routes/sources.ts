import type { Hono } from 'hono';
import { createSource, deleteSource, getSource, listSources, updateSource } from '#lib/connections/sources.ts';
import type { JsonObject } from '#lib/json.ts';
import { anyObject, readBody, shape, text, uuid } from '../body.ts';
import { withFilled } from '../consent-owner.ts';
import { as, created, type DoorEnv, idOf } from '../door.ts';

const consentId = uuid;
const source = shape({ name: text, connectorId: uuid, config: anyObject, consentId }, [
  'name',
  'connectorId',
  'config',
]);
const change = shape({ name: text, config: anyObject, consentId });

export function sourceRoutes(app: Hono<DoorEnv>): void {
  app.get('/sources', as('viewer'), async (c) =>
    c.json(await listSources(c.get('context'), c.get('identity').workspaceId)),
  );
  app.post('/sources', as('editor', 'source.create', source), async (c) => {
    const input = await readBody<{ name: string; connectorId: string; config: JsonObject; consentId?: string }>(
      c.req.raw,
      source,
    );
    const row = await withFilled(c, input.consentId, (filled) =>
      createSource(c.get('context'), c.get('identity').workspaceId, input, filled),
    );
    return created(c, 'source', row);
  });
  app.get('/sources/:id', as('viewer'), async (c) =>
    c.json(await getSource(c.get('context'), c.get('identity').workspaceId, idOf(c))),
  );
  app.patch('/sources/:id', as('editor', 'source.update', change), async (c) => {
    const input = await readBody<{ name?: string; config?: JsonObject; consentId?: string }>(c.req.raw, change);
    await withFilled(c, input.consentId, (filled) =>
      updateSource(c.get('context'), c.get('identity').workspaceId, idOf(c), input, filled),
    );
    return c.json(await getSource(c.get('context'), c.get('identity').workspaceId, idOf(c)));
  });
  app.delete('/sources/:id', as('editor', 'source.delete'), async (c) => {
    await deleteSource(c.get('context'), c.get('identity').workspaceId, idOf(c));
    return c.body(null, 204);
  });
}
