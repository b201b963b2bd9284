import type { Hono } from 'hono';
import { EVENT_KINDS } from '#lib/alerts/events.ts';
import { createRule, deleteRule, listRules, previewRoutes, type RuleInput, updateRule } from '#lib/alerts/rules.ts';
import type { JsonObject } from '#lib/json.ts';
import { nullable, readBody, shape, text, uuid, whole } from '../body.ts';
import { as, asId, created, type DoorEnv, idOf } from '../door.ts';

const texts = { type: 'array', items: text, maxItems: 500 } satisfies JsonObject;
const ids = { type: 'array', items: uuid, maxItems: 500 } satisfies JsonObject;
const days = { type: 'array', items: whole, maxItems: 7 } satisfies JsonObject;
const fields = {
  name: text,
  position: whole,
  enabled: { type: 'boolean' } satisfies JsonObject,
  matches: shape({ connections: ids, tags: texts, owners: texts, levels: texts, events: texts }),
  channelIds: ids,
  failuresInARow: whole,
  quietHours: nullable(shape({ from: text, to: text, days, timeZone: text }, ['from', 'to', 'timeZone'])),
  digest: nullable(shape({ at: text, timeZone: text }, ['at', 'timeZone'])),
};
const rule = shape(fields, ['name']);
const change = shape(fields);

/** Who is told of what, and when. */
export function alertRuleRoutes(app: Hono<DoorEnv>): void {
  app.get('/alert-events', as('viewer'), (c) => c.json(EVENT_KINDS));
  app.get('/alert-rules', as('viewer'), async (c) =>
    c.json(await listRules(c.get('context'), c.get('identity').workspaceId)),
  );
  app.post('/alert-rules', as('admin', 'alert_rule.create', rule), async (c) => {
    const input = await readBody<Partial<RuleInput> & { name: string }>(c.req.raw, rule);
    return created(c, 'alert_rule', await createRule(c.get('context'), c.get('identity').workspaceId, input));
  });
  app.get('/alert-rules/preview', as('viewer'), async (c) => {
    const { connectionId } = c.req.query();
    const { workspaceId } = c.get('identity');
    return c.json(await previewRoutes(c.get('context'), workspaceId, connectionId ? asId(connectionId) : null));
  });
  app.patch('/alert-rules/:id', as('admin', 'alert_rule.update', change), async (c) => {
    const input = await readBody<Partial<RuleInput>>(c.req.raw, change);
    await updateRule(c.get('context'), c.get('identity').workspaceId, idOf(c), input);
    return c.json({ id: idOf(c) });
  });
  app.delete('/alert-rules/:id', as('admin', 'alert_rule.delete'), async (c) => {
    await deleteRule(c.get('context'), c.get('identity').workspaceId, idOf(c));
    return c.body(null, 204);
  });
}
