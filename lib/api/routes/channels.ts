import type { Hono } from 'hono';
import { createChannel, deleteChannel, listChannels, testChannel, updateChannel } from '#lib/alerts/channels.ts';
import { acknowledgeIncident, listIncidents, resolveIncident } from '#lib/alerts/incidents.ts';
import type { JsonObject } from '#lib/json.ts';
import { anyObject, readBody, shape, text } from '../body.ts';
import { as, created, type DoorEnv, idOf, numberOf } from '../door.ts';

const events = { type: 'array', items: text, maxItems: 50 } satisfies JsonObject;
const channel = shape({ type: text, name: text, config: anyObject, events, enabled: { type: 'boolean' } }, [
  'type',
  'name',
  'config',
]);
const change = shape({ name: text, config: anyObject, events, enabled: { type: 'boolean' } });
interface ChannelBody {
  type: 'slack';
  name: string;
  config: JsonObject;
  events?: string[];
  enabled?: boolean;
}

/** Incidents, and the channels that hear of them. */
export function channelRoutes(app: Hono<DoorEnv>): void {
  app.get('/incidents', as('viewer'), async (c) => {
    const status = c.req.query('status') === 'open' ? 'open' : 'all';
    return c.json(await listIncidents(c.get('context'), c.get('identity').workspaceId, { status }));
  });
  app.post('/incidents/:id/acknowledge', as('editor', 'incident.acknowledge'), async (c) => {
    const { workspaceId, actor } = c.get('identity');
    await acknowledgeIncident(c.get('context'), workspaceId, numberOf(c.req.param('id')), actor);
    return c.json({ id: numberOf(c.req.param('id')) });
  });
  app.post('/incidents/:id/resolve', as('editor', 'incident.resolve'), async (c) => {
    const { workspaceId, actor } = c.get('identity');
    await resolveIncident(c.get('context'), workspaceId, numberOf(c.req.param('id')), actor);
    return c.json({ id: numberOf(c.req.param('id')) });
  });

  app.get('/channels', as('viewer'), async (c) =>
    c.json(await listChannels(c.get('context'), c.get('identity').workspaceId)),
  );
  app.post('/channels', as('admin', 'channel.create', channel), async (c) => {
    const input = await readBody<ChannelBody>(c.req.raw, channel);
    return created(c, 'channel', await createChannel(c.get('context'), c.get('identity').workspaceId, input));
  });
  app.patch('/channels/:id', as('admin', 'channel.update', change), async (c) => {
    const input = await readBody<Partial<Omit<ChannelBody, 'type'>>>(c.req.raw, change);
    await updateChannel(c.get('context'), c.get('identity').workspaceId, idOf(c), input);
    return c.json({ id: idOf(c) });
  });
  app.delete('/channels/:id', as('admin', 'channel.delete'), async (c) => {
    await deleteChannel(c.get('context'), c.get('identity').workspaceId, idOf(c));
    return c.body(null, 204);
  });
  app.post('/channels/:id/test', as('admin', 'channel.test'), async (c) =>
    c.json(await testChannel(c.get('context'), c.get('identity').workspaceId, idOf(c))),
  );
}
