import { Readable } from 'node:stream';
import type { Hono } from 'hono';
import { tellDecision } from '#lib/alerts/incident-changed.ts';
import type { SyncStatus } from '#lib/db/schema.ts';
import { type Decision, decideLoad, runAgain } from '#lib/sync/held-loads.ts';
import { cancelSync, getSync, listSyncs, syncLog, syncLogText } from '#lib/sync/syncs.ts';
import { nullable, readBody, shape, text } from '../body.ts';
import { as, asId, type Door, type DoorEnv, numberOf } from '../door.ts';
import { eventStream, type ServerEvent } from '../event-stream.ts';

const PAGE = { usual: 50, most: 500 };
const OVER: readonly SyncStatus[] = ['succeeded', 'partial', 'failed', 'cancelled', 'skipped'];
const STATUSES: readonly SyncStatus[] = ['pending', 'running', 'incomplete', ...OVER];

export function syncRoutes(app: Hono<DoorEnv>): void {
  app.get('/syncs', as('viewer'), async (c) => {
    const { connectionId, status, limit, before } = c.req.query();
    const options = {
      limit: Math.min(numberOf(limit, PAGE.usual), PAGE.most),
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
      const { workspaceId } = c.get('identity');
      const id = numberOf(c.req.param('id'));
      const how = await decisionOf(c, id);
      await decideLoad(c.get('context'), workspaceId, id, decision, how);
      await tell(c, id, `Load ${id} is ${DECIDED[decision]}.`, how);
      return c.json({ id });
    });
  app.post('/syncs/:id/run-again', as('editor', 'sync.run_again'), async (c) => {
    const { workspaceId } = c.get('identity');
    const id = numberOf(c.req.param('id'));
    const how = await decisionOf(c, id);
    const next = await runAgain(c.get('context'), workspaceId, id, how);
    await tell(c, id, `Load ${id} is discarded, sync ${next.syncId} reads the same records again.`, how);
    return c.json(next, 201);
  });
  app.get('/syncs/:id/log', as('viewer'), async (c) => {
    const after = numberOf(c.req.query('after'), 0);
    await getSync(c.get('context'), c.get('identity').workspaceId, numberOf(c.req.param('id')));
    return c.json(await syncLog(c.get('context'), c.get('identity').workspaceId, numberOf(c.req.param('id')), after));
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

const DECIDED = { release: 'released, its rows are being published', discard: 'discarded' } as const;

/** Those who were told that it is held hear what became of it. */
function tell(c: Door, syncId: number, what: string, { by, reason }: Decision): Promise<void> {
  const { workspaceId } = c.get('identity');
  const reply = [`${by}: ${what}`, reason].filter(Boolean).join(' ');
  return tellDecision(c.get('context').db, c.get('context'), { workspaceId, syncId, reply });
}

const decided = shape({ reason: nullable(text) });

/** Who decides of a held load, and why; the audit log names the sync. */
async function decisionOf(c: Door, id: number): Promise<Decision> {
  c.set('subject', `sync:${id}`);
  const { reason } = await readBody<{ reason?: string | null }>(c.req.raw, decided);
  return { by: c.get('identity').actor, ...(reason && { reason }) };
}

/** `progress` whenever the sync changed, `log` per line, and `done` when it is over. */
async function syncEvents(c: Door): Promise<Response> {
  const context = c.get('context');
  const { workspaceId } = c.get('identity');
  const id = numberOf(c.req.param('id'));
  await getSync(context, workspaceId, id);
  let after = numberOf(c.req.header('last-event-id') ?? c.req.query('after'), 0);
  let shown = '';
  return eventStream(c.req.raw, async () => {
    const sync = await getSync(context, workspaceId, id);
    const lines = await syncLog(context, workspaceId, id, after);
    after = lines.at(-1)?.id ?? after;
    const now = JSON.stringify(sync);
    const events: ServerEvent[] = lines.map((line) => ({ event: 'log', data: line, id: line.id }));
    if (now !== shown) events.push({ event: 'progress', data: sync });
    shown = now;
    const done = OVER.includes(sync.status);
    return { events: done ? [...events, { event: 'done', data: { status: sync.status } }] : events, done };
  });
}

function isStatus(text: string): text is SyncStatus {
  return STATUSES.some((status) => status === text);
}
