import { Readable } from 'node:stream';
import type { Hono } from 'hono';
import type { SyncStatus } from '#lib/db/schema.ts';
import type { Decision } from '#lib/sync/held-loads.ts';
import { beforeNewest, olderLog } from '#lib/sync/older-log.ts';
import { cancelSync, getSync, listSyncs, syncLog, syncLogText } from '#lib/sync/syncs.ts';
import { nullable, readBody, shape, text } from '../body.ts';
import { decideHeld, readHeldAgain } from '../decide-held.ts';
import { as, asId, type Door, type DoorEnv, isStillIn, numberOf } from '../door.ts';
import { eventStream, type ServerEvent } from '../event-stream.ts';
import { badRequest } from '../failures.ts';

const LINES_AT_ONCE = 1_000;
const PAGE = { usual: 50, most: 1_000 };
const OVER: readonly SyncStatus[] = ['succeeded', 'partial', 'failed', 'cancelled', 'skipped'];
const STATUSES: readonly SyncStatus[] = ['pending', 'running', 'incomplete', ...OVER];

export function syncRoutes(app: Hono<DoorEnv>): void {
  app.get('/syncs', as('viewer'), async (c) => {
    const { connectionId, status, limit, before } = c.req.query();
    const options = {
      limit: limitOf(limit),
      ...(connectionId && { connectionId: asId(connectionId) }),
      ...(status && { statuses: status.split(',').filter(isStatus) }),
      ...(before && { before: numberOf(before) }),
    };
    return c.json(await listSyncs(c.get('context'), c.get('identity').workspaceId, options));
  });
  app.get('/syncs/:id', as('viewer'), async (c) =>
    c.json(await getSync(c.get('context'), c.get('identity').workspaceId, numberOf(c.req.param('id')))),
  );
  app.post('/syncs/:id/cancel', as('editor', 'sync.cancel'), async (c) => {
    const { workspaceId, actor } = c.get('identity');
    await cancelSync(c.get('context'), workspaceId, numberOf(c.req.param('id')), actor);
    return c.json({ id: numberOf(c.req.param('id')) });
  });
  for (const decision of ['release', 'discard'] as const)
    app.post(`/syncs/:id/${decision}`, as('editor', `sync.${decision}`), async (c) => {
      const { held, how } = await decisionOf(c);
      await decideHeld(c.get('context'), held, decision, how);
      return c.json({ id: held.syncId });
    });
  app.post('/syncs/:id/run-again', as('editor', 'sync.run_again'), async (c) => {
    const { held, how } = await decisionOf(c);
    return c.json(await readHeldAgain(c.get('context'), held, how), 201);
  });
  app.get('/syncs/:id/log', as('viewer'), async (c) => {
    const after = numberOf(c.req.query('after'), 0);
    await getSync(c.get('context'), c.get('identity').workspaceId, numberOf(c.req.param('id')));
    return c.json(await syncLog(c.get('context'), c.get('identity').workspaceId, numberOf(c.req.param('id')), after));
  });
  app.get('/syncs/:id/log/older', as('viewer'), async (c) => {
    const { workspaceId } = c.get('identity');
    const { id: syncId } = await getSync(c.get('context'), workspaceId, numberOf(c.req.param('id')));
    const { before, search = '', level = '' } = c.req.query();
    const levels = level === '' ? null : level.split(',');
    const sought = { syncId, before: numberOf(before, Number.MAX_SAFE_INTEGER), search: search.trim(), levels };
    return c.json(await olderLog(c.get('context'), workspaceId, sought));
  });
  app.get('/syncs/:id/log.txt', as('viewer'), async (c) => {
    const { workspaceId } = c.get('identity');
    const { id } = await getSync(c.get('context'), workspaceId, numberOf(c.req.param('id')));
    const lines = Readable.from(syncLogText(c.get('context'), workspaceId, id)).map((line: string) =>
      Buffer.from(line),
    );
    return c.body(Readable.toWeb(lines) as ReadableStream, 200, {
      'content-type': 'text/plain; charset=utf-8',
      'content-disposition': `attachment; filename="weir-sync-${id}.txt"`,
    });
  });
  app.get('/syncs/:id/events', as('viewer'), syncEvents);
}

const decided = shape({ reason: nullable(text) });

/** Who decides of which held load, and why; the audit log names the sync. */
async function decisionOf(c: Door): Promise<{
  held: { workspaceId: string; syncId: number };
  how: Pick<Decision, 'by' | 'reason'>;
}> {
  const syncId = numberOf(c.req.param('id'));
  c.set('subject', `sync:${syncId}`);
  const { reason } = await readBody<{ reason?: string | null }>(c.req.raw, decided);
  const { workspaceId, actor } = c.get('identity');
  return { held: { workspaceId, syncId }, how: { by: actor, ...(reason && { reason }) } };
}

/** `progress` whenever the sync changed, `log` per line, and `done` when it is over. `newest` begins so many lines before the end. */
async function syncEvents(c: Door): Promise<Response> {
  const context = c.get('context');
  const { workspaceId } = c.get('identity');
  const id = numberOf(c.req.param('id'));
  await getSync(context, workspaceId, id);
  const newest = numberOf(c.req.query('newest'), 0);
  const begin = newest > 0 ? await beforeNewest(context, id, newest) : 0;
  let after = numberOf(c.req.header('last-event-id') ?? c.req.query('after'), begin);
  let shown = '';
  const poll = async () => {
    const sync = await getSync(context, workspaceId, id);
    const lines = await syncLog(context, workspaceId, id, after, LINES_AT_ONCE);
    after = lines.at(-1)?.id ?? after;
    const now = JSON.stringify(sync);
    const events: ServerEvent[] = lines.map((line) => ({ event: 'log', data: line, id: line.id }));
    if (now !== shown) events.push({ event: 'progress', data: sync });
    shown = now;
    // What is over is done once all of its lines are told.
    const done = OVER.includes(sync.status) && lines.length < LINES_AT_ONCE;
    return { events: done ? [...events, { event: 'done', data: { status: sync.status } }] : events, done };
  };
  return eventStream(c.req.raw, poll, { isLetIn: () => isStillIn(c) });
}

function limitOf(asked: string | undefined): number {
  const limit = numberOf(asked, PAGE.usual);
  if (limit >= 1 && limit <= PAGE.most) return limit;
  throw badRequest(`limit takes 1 to ${PAGE.most}.`);
}

function isStatus(text: string): text is SyncStatus {
  return STATUSES.some((status) => status === text);
}
