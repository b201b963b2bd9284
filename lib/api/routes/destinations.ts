import type { Hono } from 'hono';
import {
  createDestination,
  deleteDestination,
  getDestination,
  listDestinations,
  updateDestination,
} from '#lib/connections/destinations.ts';
import { destinationKinds } from '#lib/destinations/kinds.ts';
import type { JsonObject } from '#lib/json.ts';
import { allowDestination } from '../allow-destination.ts';
import { anyObject, readBody, shape, text } from '../body.ts';
import { as, created, type DoorEnv, idOf } from '../door.ts';

const destination = shape({ name: text, type: text, config: anyObject }, ['name', 'type', 'config']);
const change = shape({ name: text, config: anyObject });

export function destinationRoutes(app: Hono<DoorEnv>): void {
  app.get('/destination-kinds', as('viewer'), (c) =>
    c.json(destinationKinds.map(({ type, title, spec, supportedModes }) => ({ type, title, spec, supportedModes }))),
  );
  app.get('/destinations', as('viewer'), async (c) =>
    c.json(await listDestinations(c.get('context'), c.get('identity').workspaceId)),
  );
  app.post('/destinations', as('editor', 'destination.create', destination), async (c) => {
    const input = await readBody<{ name: string; type: string; config: JsonObject }>(c.req.raw, destination);
    const made = await createDestination(c.get('context'), c.get('identity').workspaceId, input);
    await allowDestination(c.get('context'), c.get('identity'), input);
    return created(c, 'destination', made);
  });
  app.get('/destinations/:id', as('viewer'), async (c) =>
    c.json(await getDestination(c.get('context'), c.get('identity').workspaceId, idOf(c))),
  );
  app.patch('/destinations/:id', as('editor', 'destination.update', change), async (c) => {
    const input = await readBody<{ name?: string; config?: JsonObject }>(c.req.raw, change);
    await updateDestination(c.get('context'), c.get('identity').workspaceId, idOf(c), input);
    const changed = await getDestination(c.get('context'), c.get('identity').workspaceId, idOf(c));
    await allowDestination(c.get('context'), c.get('identity'), changed);
    return c.json(changed);
  });
  app.delete('/destinations/:id', as('editor', 'destination.delete'), async (c) => {
    await deleteDestination(c.get('context'), c.get('identity').workspaceId, idOf(c));
    return c.body(null, 204);
  });
}
