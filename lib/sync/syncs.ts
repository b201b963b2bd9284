import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import type { StreamTask, SyncKind, SyncStatus, SyncStreamStatus, SyncTrigger } from '#lib/db/schema.ts';
import type { Failure } from '#lib/errors.ts';
import type { Queue } from '#lib/jobs/queue.ts';
import type { SyncOrder } from './order.ts';
import type { Phases } from './phase-times.ts';
import { alreadyRunning, notFound, stillHeld } from './refusals.ts';
import { ACTIVE, assertConnection, endOpenStreams, heldSync, insertSync } from './store.ts';

export interface SyncSummary {
  readonly id: number;
  readonly connectionId: string;
  readonly connectionName: string;
  /** When its connection syncs next by itself; null when it does not. */
  readonly nextDue: Date | null;
  readonly trigger: SyncTrigger;
  readonly kind: SyncKind;
  readonly status: SyncStatus;
  readonly dueAt: Date | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly attempts: number;
  readonly cancelRequestedAt: Date | null;
  readonly cancelledBy: string | null;
  readonly failure: Failure | null;
  /** What it did in place of the usual. */
  readonly task: StreamTask | null;
  readonly read: number;
  readonly written: number;
  readonly quarantined: number;
  readonly bytes: number;
  /** What they will be in the end, where every stream's source knows; null where one does not. */
  readonly bytesTotal: number | null;
}

export interface SyncDetail extends SyncSummary {
  /** The check that holds its load back; null where none does. */
  readonly heldBy: { readonly suiteId: string; readonly checkKey: string } | null;
  readonly attemptList: readonly SyncAttempt[];
  readonly streams: readonly SyncStream[];
}

export interface SyncAttempt {
  readonly number: number;
  readonly worker: string;
  readonly status: 'running' | 'succeeded' | 'failed' | 'cancelled';
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly failure: Failure | null;
  /** Of its process, once it has ended. */
  readonly peakMemoryMb: number | null;
  readonly cpuMs: number | null;
  /** Most cores at once, over a second. */
  readonly peakCpuCores: number | null;
  /** How long its limit of CPU held it up. */
  readonly cpuPausedMs: number | null;
  /** What it was allowed; null for no limit. */
  readonly memoryLimitMb: number | null;
  readonly cpuLimitCores: number | null;
}

export interface SyncStream {
  readonly namespace: string;
  readonly name: string;
  readonly status: SyncStreamStatus;
  readonly read: number;
  readonly filtered: number;
  readonly quarantined: number;
  readonly written: number;
  readonly bytes: number;
  /** What they will be in the end, where the source knows. */
  readonly bytesTotal: number | null;
  readonly pages: number;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly publishedAt: Date | null;
  /** Where its time went, once it has ended. */
  readonly phases: Phases | null;
  readonly failure: Failure | null;
  /** What somebody decided of a load that was held, and why. */
  readonly decision: 'release' | 'discard' | null;
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
  readonly decisionReason: string | null;
}

export interface SyncLogLine {
  readonly id: number;
  readonly attempt: number;
  readonly at: Date;
  readonly level: string;
  readonly stream: string | null;
  readonly message: string;
}

const MOST_LISTED = 200;
const LOG_LINES = 500;
const LINES_AT_ONCE = 5_000;

/**
 * A refresh reads its streams from the beginning again, a clear empties their tables and forgets their states.
 * @throws WeirError `sync_running` while one of the connection has not ended, `load_held` while one waits for a decision, `not_found`
 */
export async function startSync(
  { db, queue }: { db: Db; queue: Queue },
  workspaceId: string,
  connectionId: string,
  trigger: SyncTrigger,
  order: SyncOrder = { kind: 'sync', onlyStreams: null },
): Promise<{ syncId: number }> {
  return db.transaction().execute((tx) => startSyncIn(tx, { queue }, { workspaceId, connectionId, trigger, order }));
}

/** As `startSync`, in a transaction that does more besides. */
export async function startSyncIn(
  tx: Db,
  { queue }: { queue: Queue },
  { workspaceId, connectionId, trigger, order }: Parameters<typeof insertSync>[1],
): Promise<{ syncId: number }> {
  await assertConnection(tx, workspaceId, connectionId);
  const held = await heldSync(tx, connectionId);
  if (held !== null) throw stillHeld(held);
  const syncId = await insertSync(tx, { workspaceId, connectionId, trigger, ...(order && { order }) });
  if (syncId === null) throw alreadyRunning(connectionId);
  await queue.send('sync', { syncId }, { tx });
  return { syncId };
}

/** Asks a sync to end; one that waits ends at once. A sync that has ended stays as it is. */
export async function cancelSync(
  { db, clock }: { db: Db; clock: () => Date },
  workspaceId: string,
  syncId: number,
  by: string,
): Promise<void> {
  const now = clock();
  const status = await db.transaction().execute(async (tx) => {
    const asked = await tx
      .updateTable('syncs')
      .set((row) => ({
        cancel_requested_at: now,
        cancelled_by: by,
        status: row
          .case()
          .when('status', '=', 'running')
          .then('running' as SyncStatus)
          .else('cancelled' as SyncStatus)
          .end(),
        finished_at: row.case().when('status', '=', 'running').then(row.ref('finished_at')).else(now).end(),
      }))
      .where('workspace_id', '=', workspaceId)
      .where('id', '=', syncId)
      .where('status', 'in', ACTIVE)
      .returning('status')
      .executeTakeFirst();
    if (asked?.status === 'cancelled') await endOpenStreams(tx, syncId, { status: 'cancelled', failure: null, now });
    return asked?.status;
  });
  if (status === undefined) await getSync({ db }, workspaceId, syncId);
}

export async function listSyncs(
  { db }: { db: Db },
  workspaceId: string,
  filter: { connectionId?: string; statuses?: readonly SyncStatus[]; limit?: number; before?: number } = {},
): Promise<SyncSummary[]> {
  let query = selectSyncs(db, workspaceId)
    .orderBy('syncs.id', 'desc')
    .limit(Math.min(filter.limit ?? 50, MOST_LISTED));
  if (filter.connectionId) query = query.where('syncs.connection_id', '=', filter.connectionId);
  if (filter.statuses?.length) query = query.where('syncs.status', 'in', filter.statuses);
  if (filter.before) query = query.where('syncs.id', '<', filter.before);
  return query.execute();
}

export async function getSync({ db }: { db: Db }, workspaceId: string, syncId: number): Promise<SyncDetail> {
  const [summary, attemptList, streams] = await Promise.all([
    selectSyncs(db, workspaceId).where('syncs.id', '=', syncId).executeTakeFirst(),
    attemptsOf(db, workspaceId, syncId),
    streamsOf(db, workspaceId, syncId),
  ]);
  if (!summary) throw notFound('sync');
  const isHeld = streams.some(({ status }) => status === 'held');
  return { ...summary, attemptList, streams, heldBy: isHeld ? await holderOf(db, workspaceId, syncId) : null };
}

/** Lines after `afterId`, oldest first. */
export function syncLog(
  { db }: { db: Db },
  workspaceId: string,
  syncId: number,
  afterId = 0,
  limit = LOG_LINES,
): Promise<SyncLogLine[]> {
  return db
    .selectFrom('sync_log')
    .select(['id', 'attempt', 'at', 'level', 'stream', 'message'])
    .where('workspace_id', '=', workspaceId)
    .where('sync_id', '=', syncId)
    .where('id', '>', afterId)
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** The whole log as text, a line each: time, level, stream, message. */
export async function* syncLogText({ db }: { db: Db }, workspaceId: string, syncId: number): AsyncGenerator<string> {
  for (let after = 0; ; ) {
    const lines = await syncLog({ db }, workspaceId, syncId, after, LINES_AT_ONCE);
    for (const { at, level, stream, message } of lines)
      yield `${at.toISOString()} ${level} ${stream === null ? '' : `[${stream}] `}${message.replaceAll(/[\r\n]+/g, ' ')}\n`;
    const last = lines.at(-1);
    if (!last || lines.length < LINES_AT_ONCE) return;
    after = last.id;
  }
}

const BYTES_TOTAL = sql<number | null>`(
  select case when bool_and(bytes_total is not null) then sum(bytes_total) end::bigint
  from sync_stream where sync_id = syncs.id)`;

function selectSyncs(db: Db, workspaceId: string) {
  const total = (column: 'read' | 'written' | 'quarantined' | 'bytes') =>
    sql<number>`coalesce((select sum(${sql.ref(column)}) from sync_stream where sync_id = syncs.id), 0)::bigint`.as(
      column,
    );
  return db
    .selectFrom('syncs')
    .innerJoin('connection', 'connection.id', 'syncs.connection_id')
    .select([
      'syncs.id',
      'syncs.connection_id as connectionId',
      'connection.name as connectionName',
      'connection.next_due as nextDue',
      'syncs.trigger',
      'syncs.kind',
      'syncs.status',
      'syncs.due_at as dueAt',
      'syncs.created_at as createdAt',
      'syncs.started_at as startedAt',
      'syncs.finished_at as finishedAt',
      'syncs.attempts',
      'syncs.cancel_requested_at as cancelRequestedAt',
      'syncs.cancelled_by as cancelledBy',
      'syncs.failure',
      'syncs.task',
      total('read'),
      total('written'),
      total('quarantined'),
      total('bytes'),
      BYTES_TOTAL.as('bytesTotal'),
    ])
    .where('syncs.workspace_id', '=', workspaceId);
}

function attemptsOf(db: Db, workspaceId: string, syncId: number) {
  return db
    .selectFrom('attempt')
    .select(['number', 'worker', 'status', 'started_at as startedAt', 'finished_at as finishedAt', 'failure'])
    .select(['peak_memory_mb as peakMemoryMb', 'cpu_ms as cpuMs', 'peak_cpu_cores as peakCpuCores'])
    .select(['cpu_paused_ms as cpuPausedMs', 'memory_limit_mb as memoryLimitMb', 'cpu_limit_cores as cpuLimitCores'])
    .where('workspace_id', '=', workspaceId)
    .where('sync_id', '=', syncId)
    .orderBy('number')
    .execute();
}

/** The first check of its gate that failed with the level to block. */
async function holderOf(db: Db, workspaceId: string, syncId: number): Promise<SyncDetail['heldBy']> {
  const found = await db
    .selectFrom('check_run as run')
    .innerJoin('check_result as result', 'result.run_id', 'run.id')
    .select(['run.suite_id as suiteId', 'result.key as checkKey'])
    .where('run.workspace_id', '=', workspaceId)
    .where('run.sync_id', '=', syncId)
    .where('run.trigger', '=', 'gate')
    .where('result.level', '=', 'block')
    .where('result.outcome', 'in', ['fail', 'error'])
    .orderBy('run.id', 'desc')
    .orderBy('result.id')
    .limit(1)
    .executeTakeFirst();
  return found ?? null;
}

function streamsOf(db: Db, workspaceId: string, syncId: number) {
  return db
    .selectFrom('sync_stream')
    .select([
      ...(['namespace', 'name', 'status', 'read', 'filtered', 'quarantined', 'written', 'bytes', 'pages'] as const),
      'bytes_total as bytesTotal',
      'started_at as startedAt',
      'finished_at as finishedAt',
      'published_at as publishedAt',
      'phases',
      'failure',
      'decision',
      'decided_by as decidedBy',
      'decided_at as decidedAt',
      'decision_reason as decisionReason',
    ])
    .where('workspace_id', '=', workspaceId)
    .where('sync_id', '=', syncId)
    .orderBy('name')
    .execute();
}
