import type { Hono } from 'hono';
import { audit } from '#lib/access/audit.ts';
import { requestOrigin } from '#lib/access/request-origin.ts';
import { countTriggerCall } from '#lib/access/try-limit.ts';
import { createTrigger, findTrigger, listTriggers, pullTrigger, revokeTrigger } from '#lib/sync/triggers.ts';
import { readBody, shape, text } from '../body.ts';
import { addressOf, as, created, type Door, type DoorEnv, idOf } from '../door.ts';
import { badRequest } from '../failures.ts';
import { connectionFound } from './connection-found.ts';

const trigger = shape({ name: text }, ['name']);

/** Secret addresses that start a connection's sync. */
export function triggerRoutes(app: Hono<DoorEnv>): void {
  app.get('/connections/:id/triggers', as('viewer'), async (c) =>
    c.json(await listTriggers(...(await connectionFound(c)))),
  );
  app.post('/connections/:id/triggers', as('editor', 'trigger.create', trigger), async (c) => {
    const { workspaceId, actor } = c.get('identity');
    const { name } = await readBody<{ name: string }>(c.req.raw, trigger);
    const context = c.get('context');
    const { id, token } = await createTrigger(context, workspaceId, idOf(c), { name, createdBy: actor });
    const origin = context.env.publicUrl ?? requestOrigin(context.env, c.req.raw);
    return created(c, 'trigger', { id, url: `${origin}/api/weir/v1/triggers/${token}` });
  });
  app.delete('/connections/:id/triggers/:triggerId', as('editor', 'trigger.revoke'), async (c) => {
    const { workspaceId } = c.get('identity');
    await revokeTrigger(c.get('context'), workspaceId, idOf(c), idOf(c, 'triggerId'));
    return c.body(null, 204);
  });
  // Whoever knows the address may start the sync, and nothing else.
  app.post('/triggers/:token', called);
}

async function called(c: Door): Promise<Response> {
  const context = c.get('context');
  const found = await findTrigger(context, c.req.param('token') ?? '');
  if (found === null) {
    await countTriggerCall(context, { address: addressOf(c) });
    throw badRequest('There is no such trigger.', 'not_found');
  }
  await countTriggerCall(context, { triggerId: found.id });
  const started = await pullTrigger(context, found);
  await audit(context, {
    ...{ workspaceId: found.workspaceId, actor: `trigger ${found.name}`, action: 'connection.sync' },
    ...{ subject: `connection:${found.connectionId}`, detail: { from: addressOf(c) } },
  });
  return c.json(started, 202);
}
