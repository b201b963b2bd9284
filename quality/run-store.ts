import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import type { Failure } from '#lib/errors.ts';
import type { Outcome } from './evaluate.ts';

/** `gate` measures a load before it is published, `backfill` the past of a check that is new. */
export type Trigger = 'sync' | 'manual' | 'schedule' | 'api' | 'gate' | 'backfill';

/** Runs that measure only some checks, or the past. */
export const PARTIAL: Trigger[] = ['gate', 'backfill'];

/** A table that lies far away and was not read, since nobody had asked for it. */
export interface Unread {
  readonly table: string;
  /** How many checks wait for it. */
  readonly checks: number;
  /** What reading it takes; null where that is not known. */
  readonly bytes: number | null;
}

export interface RunSummary {
  readonly id: number;
  readonly trigger: Trigger;
  readonly syncId: number | null;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  /** Why nothing could be measured. */
  readonly failure: Failure | null;
  /** What was read of a bucket; null where none was. */
  readonly bytesRead: number | null;
  /** Tables of a bucket that were not read, since nobody had asked for it. */
  readonly unread: readonly Unread[];
  readonly pass: number;
  readonly warn: number;
  readonly fail: number;
  readonly error: number;
}

/** The newest run of each suite that was asked for. */
export async function lastRuns(
  db: Db,
  workspaceId: string,
  suiteIds: readonly string[],
): Promise<Map<string, RunSummary>> {
  if (suiteIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('check_run as run')
    .distinctOn('run.suite_id')
    .select(['run.suite_id as suiteId', 'run.id', 'run.trigger', 'run.sync_id as syncId', 'run.failure'])
    .select(['run.started_at as startedAt', 'run.finished_at as finishedAt', 'run.bytes_read as bytesRead'])
    .select('run.unread')
    .select(['pass', 'warn', 'fail', 'error'].map((outcome) => countOf(outcome as Outcome).as(outcome as Outcome)))
    .where('run.workspace_id', '=', workspaceId)
    .where('run.suite_id', 'in', [...suiteIds])
    .where('run.trigger', 'not in', PARTIAL)
    .orderBy('run.suite_id')
    .orderBy('run.id', 'desc')
    .execute();
  return new Map(rows.map(({ suiteId, unread, ...run }) => [suiteId, { ...run, unread: unread ?? [] }]));
}

function countOf(outcome: Outcome) {
  return sql<number>`(select count(*) from check_result where run_id = run.id and outcome = ${outcome})`;
}

export async function insertRun(
  db: Db,
  run: { workspaceId: string; suiteId: string; trigger: Trigger; syncId: number | null },
): Promise<number> {
  const { id } = await db
    .insertInto('check_run')
    .values({ workspace_id: run.workspaceId, suite_id: run.suiteId, trigger: run.trigger, sync_id: run.syncId })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/** A run with its suite, and where its tables are. */
export function findRun(db: Db, runId: number) {
  return db
    .selectFrom('check_run as run')
    .innerJoin('suite', 'suite.id', 'run.suite_id')
    .innerJoin('destination', 'destination.id', 'suite.destination_id')
    .select(['run.id', 'run.workspace_id as workspaceId', 'run.sync_id as syncId', 'run.finished_at as finishedAt'])
    .select([
      'run.trigger',
      'run.suite_id as suiteId',
      'suite.name as suiteName',
      'suite.text',
      'suite.connection_id as connectionId',
    ])
    .select(['destination.id as destinationId', 'destination.type as destinationType', 'destination.config'])
    .where('run.id', '=', runId)
    .executeTakeFirst();
}

/** How a run ended, beside what its checks said. */
export interface RunEnd {
  /** Why nothing could be measured. */
  readonly failure: Failure | null;
  /** What was read of a bucket; null where none was. */
  readonly bytesRead: number | null;
  /** What nobody had asked to read. */
  readonly unread?: readonly Unread[];
}

/** Closes the run, unless it is closed already: then nothing may be saved again. */
export async function finishRun(
  db: Db,
  runId: number,
  { at, failure, bytesRead, unread = [] }: RunEnd & { readonly at: Date },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('check_run')
    .set({ finished_at: at, failure: failure && JSON.stringify(failure), bytes_read: bytesRead })
    .set({ unread: unread.length === 0 ? null : JSON.stringify(unread) })
    .where('id', '=', runId)
    .where('finished_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Ends what the gate was measuring for a sync when its process was lost; gives how many runs there were. */
export async function endGateRuns(db: Db, syncId: number, end: { at: Date; failure: Failure }): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable('check_run')
    .set({ finished_at: end.at, failure: JSON.stringify(end.failure) })
    .where('sync_id', '=', syncId)
    .where('trigger', '=', 'gate')
    .where('finished_at', 'is', null)
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

/** Notes that a load is no longer what the gate measured, of a table of these names. */
export async function outdateGateRuns(db: Db, syncId: number, names: readonly string[]): Promise<void> {
  await db
    .updateTable('check_run')
    .set({ outdated: true })
    .where('sync_id', '=', syncId)
    .where('trigger', '=', 'gate')
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('check_result as result')
          .select('result.id')
          .whereRef('result.run_id', '=', 'check_run.id')
          .where(sql`split_part(result.key, ' / ', 1)`, 'in', [...names]),
      ),
    )
    .execute();
}

/** Runs that began before a time and never ended; those of the gate belong to their sync. */
export async function unfinishedRuns(db: Db, before: Date): Promise<number[]> {
  const rows = await db
    .selectFrom('check_run')
    .select('id')
    .where('finished_at', 'is', null)
    .where('trigger', '<>', 'gate')
    .where('started_at', '<', before)
    .execute();
  return rows.map(({ id }) => id);
}

export async function isCancelRequested(db: Db, runId: number): Promise<boolean> {
  const row = await db.selectFrom('check_run').select('cancel_requested_at').where('id', '=', runId).executeTakeFirst();
  return row?.cancel_requested_at != null;
}

/** Of a suite's runs that are not over; those of the gate belong to their sync. */
export async function requestCancel(db: Db, suiteId: string, at: Date): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable('check_run')
    .set({ cancel_requested_at: at })
    .where('suite_id', '=', suiteId)
    .where('finished_at', 'is', null)
    .where('trigger', '<>', 'gate')
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

/** The suite's run that fills the past of new checks: the one that is on its way, or the last one. */
export function backfillRun(db: Db, workspaceId: string, suiteId: string) {
  return db
    .selectFrom('check_run')
    .select(['id', 'started_at as startedAt', 'finished_at as finishedAt', 'failure'])
    .where('workspace_id', '=', workspaceId)
    .where('suite_id', '=', suiteId)
    .where('trigger', '=', 'backfill')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
}
