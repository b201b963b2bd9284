import type { Hono } from 'hono';
import { createChannel, deleteChannel, listChannels, testChannel, updateChannel } from '#lib/alerts/channels.ts';
import {
  acknowledgeIncident,
  getIncident,
  listIncidents,
  RESOLUTIONS,
  type Resolution,
  resolveIncident,
  snoozeIncident,
} from '#lib/alerts/incidents.ts';
import type { JsonObject } from '#lib/json.ts';
import { anyObject, readBody, shape, text, time } from '../body.ts';
import { as, created, type DoorEnv, idOf, numberOf } from '../door.ts';
import { learnFrom } from '../learn-from.ts';

const events = { type: 'array', items: text, maxItems: 50 } satisfies JsonObject;
const channel = shape({ type: text, name: text, config: anyObject, events, enabled: { type: 'boolean' } }, [
  'type',
  'name',
  'config',
]);
const noted = shape({ note: text });
const snooze = shape({ until: time }, ['until']);
const resolution = shape({ reason: { enum: [...RESOLUTIONS] }, note: text });
const change = shape({ name: text, config: anyObject, events, enabled: { type: 'boolean' } });
interface ChannelBody {
  type: string;
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
  app.get('/incidents/:id', as('viewer'), async (c) =>
    c.json(await getIncident(c.get('context'), c.get('identity').workspaceId, numberOf(c.req.param('id')))),
  );
  app.post('/incidents/:id/snooze', as('editor', 'incident.snooze', snooze), async (c) => {
    const { workspaceId, actor } = c.get('identity');
    const { until } = await readBody<{ until: string }>(c.req.raw, snooze);
    await snoozeIncident(c.get('context'), workspaceId, numberOf(c.req.param('id')), actor, new Date(until));
    return c.json({ id: numberOf(c.req.param('id')) });
  });
  app.post('/incidents/:id/acknowledge', as('editor', 'incident.acknowledge', noted), async (c) => {
    const { workspaceId, actor } = c.get('identity');
    const { note } = await readBody<{ note?: string }>(c.req.raw, noted);
    await acknowledgeIncident(c.get('context'), workspaceId, numberOf(c.req.param('id')), actor, note);
    return c.json({ id: numberOf(c.req.param('id')) });
  });
  app.post('/incidents/:id/resolve', as('editor', 'incident.resolve', resolution), async (c) => {
    const { workspaceId, actor } = c.get('identity');
    const answer = await readBody<{ reason?: Resolution; note?: string }>(c.req.raw, resolution);
    const id = numberOf(c.req.param('id'));
    await resolveIncident(c.get('context'), workspaceId, id, actor, answer);
    if (answer.reason === 'expected') await learnFrom(c.get('context'), workspaceId, id);
    return c.json({ id });
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
