import type { Hono } from 'hono';
import type { StreamTask } from '#lib/db/schema.ts';
import type { JsonObject } from '#lib/json.ts';
import { forgetQuarantined, listQuarantine, replayQuarantine, startTask } from '#lib/sync/quarantine.ts';
import { nullable, readBody, shape, text, whole } from '../body.ts';
import { as, type DoorEnv, idOf, numberOf } from '../door.ts';

const names = { type: 'array', items: text, maxItems: 1_000 } satisfies JsonObject;
const stream = shape({ name: text, namespace: text }, ['name']);
const streams = { type: 'array', items: stream, minItems: 1, maxItems: 1_000 } satisfies JsonObject;
const refresh = shape({ keepHistory: { type: 'boolean' }, streams }, ['keepHistory']);
const backfill = shape({ stream, from: { ...text, minLength: 1 }, to: nullable(text) }, ['stream', 'from']);

type Named = { name: string; namespace?: string };

/** Rows that were put aside, and syncs that do something in place of the usual. */
export function quarantineRoutes(app: Hono<DoorEnv>): void {
  app.get('/connections/:id/quarantine', as('viewer'), async (c) => {
    const { table, syncId, before, limit } = c.req.query();
    const query = {
      ...(table && { table }),
      ...(syncId && { syncId: numberOf(syncId) }),
      ...(before && { before: numberOf(before) }),
      ...(limit && { limit: numberOf(limit) }),
    };
    return c.json(await listQuarantine(c.get('context'), c.get('identity').workspaceId, idOf(c), query));
  });
  app.post('/connections/:id/quarantine/replay', as('editor', 'quarantine.replay'), async (c) => {
    const { tables } = await readBody<{ tables?: string[] }>(c.req.raw, shape({ tables: names }));
    const { workspaceId } = c.get('identity');
    return c.json(await replayQuarantine(c.get('context'), workspaceId, idOf(c), tables), 201);
  });
  app.post('/connections/:id/quarantine/forget', as('editor', 'quarantine.forget'), async (c) => {
    const ids = { type: 'array', items: whole, maxItems: 10_000 } satisfies JsonObject;
    const body = await readBody<{ ids?: number[]; tables?: string[] }>(c.req.raw, shape({ ids, tables: names }));
    const { workspaceId } = c.get('identity');
    return c.json({ forgotten: await forgetQuarantined(c.get('context'), workspaceId, idOf(c), body) });
  });
  app.post('/connections/:id/refresh', as('editor', 'connection.refresh', refresh), async (c) => {
    const body = await readBody<{ keepHistory: boolean; streams?: Named[] }>(c.req.raw, refresh);
    const task: StreamTask = { kind: 'refresh', keepHistory: body.keepHistory };
    const chosen = body.streams && { streams: body.streams.map(named) };
    return c.json(await startTask(c.get('context'), c.get('identity').workspaceId, idOf(c), { task, ...chosen }), 201);
  });
  app.post('/connections/:id/backfill', as('editor', 'connection.backfill', backfill), async (c) => {
    const body = await readBody<{ stream: Named; from: string; to?: string | null }>(c.req.raw, backfill);
    const task: StreamTask = { kind: 'backfill', from: body.from, to: body.to ?? null };
    const chosen = { task, streams: [named(body.stream)] };
    return c.json(await startTask(c.get('context'), c.get('identity').workspaceId, idOf(c), chosen), 201);
  });
}

function named({ name, namespace = '' }: Named): { name: string; namespace: string } {
  return { name, namespace };
}
