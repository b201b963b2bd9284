import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import type { Failure } from '#lib/errors.ts';
import type { CheckResult, Outcome } from './evaluate.ts';

/** `gate` measures a load before it is published, `backfill` the past of a check that is new. */
export type Trigger = 'sync' | 'manual' | 'schedule' | 'api' | 'gate' | 'backfill';

/** One row per suite with what pages show of its last run. */
export function suiteRows(db: Db, workspaceId: string) {
  return db
    .selectFrom('suite')
    .innerJoin('destination', 'destination.id', 'suite.destination_id')
    .leftJoin('connection', 'connection.id', 'suite.connection_id')
    .select(['suite.id', 'suite.name', 'suite.text', 'suite.connection_id as connectionId'])
    .select(['suite.destination_id as destinationId', 'destination.name as destinationName'])
    .select(['connection.name as connectionName', 'suite.created_at as createdAt', 'suite.updated_at as updatedAt'])
    .where('suite.workspace_id', '=', workspaceId)
    .orderBy('suite.name');
}

export interface RunSummary {
  readonly id: number;
  readonly trigger: Trigger;
  readonly syncId: number | null;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  /** Why nothing could be measured. */
  readonly failure: Failure | null;
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
    .select(['run.started_at as startedAt', 'run.finished_at as finishedAt'])
    .select(['pass', 'warn', 'fail', 'error'].map((outcome) => countOf(outcome as Outcome).as(outcome as Outcome)))
    .where('run.workspace_id', '=', workspaceId)
    .where('run.suite_id', 'in', [...suiteIds])
    .orderBy('run.suite_id')
    .orderBy('run.id', 'desc')
    .execute();
  return new Map(rows.map(({ suiteId, ...run }) => [suiteId, run]));
}

function countOf(outcome: Outcome) {
  return sql<number>`(select count(*) from check_result where run_id = run.id and outcome = ${outcome})`;
}

/** The newest finished run's results, and what their checks are called now. */
export function resultsOf(db: Db, workspaceId: string, runId: number) {
  return db
    .selectFrom('check_result as result')
    .innerJoin('check_run as run', 'run.id', 'result.run_id')
    .select(['result.key', 'result.kind', 'result.title', 'result.level', 'result.outcome', 'result.value'])
    .select(['result.value_text as valueText', 'result.limit_text as limitText', 'result.low', 'result.high'])
    .select(['result.message', 'result.measured_at as measuredAt', 'run.id as runId', 'run.sync_id as syncId'])
    .where('result.workspace_id', '=', workspaceId)
    .where('result.run_id', '=', runId)
    .orderBy('result.id')
    .execute();
}

/** The newest measurements of one check, newest first. */
export function historyOf(db: Db, workspaceId: string, suiteId: string, key: string, limit: number) {
  return db
    .selectFrom('check_result as result')
    .innerJoin('check_run as run', 'run.id', 'result.run_id')
    .select(['result.title', 'result.measured_at as at', 'result.value', 'result.low', 'result.high', 'result.outcome'])
    .select('run.sync_id as syncId')
    .where('result.workspace_id', '=', workspaceId)
    .where('result.suite_id', '=', suiteId)
    .where('result.key', '=', key)
    .orderBy('result.id', 'desc')
    .limit(limit)
    .execute();
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

/** Closes the run, unless it is closed already: then nothing may be saved again. */
export async function finishRun(db: Db, runId: number, at: Date, failure: Failure | null): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('check_run')
    .set({ finished_at: at, failure: failure && JSON.stringify(failure) })
    .where('id', '=', runId)
    .where('finished_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export async function insertResults(
  db: Db,
  run: { id: number; workspaceId: string; suiteId: string },
  results: readonly CheckResult[],
  at: Date,
): Promise<void> {
  if (results.length === 0) return;
  const rows = results.map(({ table: _table, valueText, limitText, ...result }) => ({
    ...result,
    workspace_id: run.workspaceId,
    run_id: run.id,
    suite_id: run.suiteId,
    value_text: valueText,
    limit_text: limitText,
    measured_at: at,
  }));
  await db.insertInto('check_result').values(rows).execute();
}

/** The connection's last published sync: its id, and when readers could see it. */
export async function lastPublished(db: Db, connectionId: string): Promise<{ syncId: number; at: Date } | null> {
  const row = await db
    .selectFrom('sync_stream')
    .innerJoin('syncs', 'syncs.id', 'sync_stream.sync_id')
    .select(['syncs.id as syncId', 'sync_stream.published_at as at'])
    .where('syncs.connection_id', '=', connectionId)
    .where('sync_stream.published_at', 'is not', null)
    .orderBy('sync_stream.published_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.at ? { syncId: row.syncId, at: row.at } : null;
}

/**
 * By check, the value last measured on another load than this one. Tables that Weir did not load have no loads: there it
 * is the last run's.
 */
export async function previousValues(
  db: Db,
  run: { id: number; suiteId: string; loadId: number | null },
): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('check_result as result')
    .innerJoin('check_run as run', 'run.id', 'result.run_id')
    .distinctOn('result.key')
    .select(['result.key', 'result.value'])
    .where('result.suite_id', '=', run.suiteId)
    .where('result.run_id', '<', run.id)
    .where('result.value', 'is not', null)
    .$if(run.loadId !== null, (query) => query.where('run.sync_id', '!=', run.loadId))
    .orderBy('result.key')
    .orderBy('result.id', 'desc')
    .execute();
  return new Map(rows.flatMap(({ key, value }) => (value === null ? [] : [[key, value] as const])));
}

/** The suites that are bound to a connection: measured after each of its syncs. */
export async function suitesOfConnection(db: Db, workspaceId: string, connectionId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('suite')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('connection_id', '=', connectionId)
    .execute();
  return rows.map(({ id }) => id);
}

/** The newest published files of each stream at a destination that has no tables of its own; of one connection, if one is named. */
export async function publishedFiles(db: Db, destinationId: string, connectionId: string | null) {
  const rows = await db
    .selectFrom('sync_stream as stream')
    .innerJoin('syncs', 'syncs.id', 'stream.sync_id')
    .innerJoin('connection', 'connection.id', 'syncs.connection_id')
    .distinctOn(['connection.id', 'stream.namespace', 'stream.name'])
    .select(['connection.prefix', 'stream.namespace', 'stream.name', 'stream.relation'])
    .where('connection.destination_id', '=', destinationId)
    .where('stream.published_at', 'is not', null)
    .$if(connectionId !== null, (query) => query.where('connection.id', '=', connectionId ?? ''))
    .orderBy('connection.id')
    .orderBy('stream.namespace')
    .orderBy('stream.name')
    .orderBy('stream.published_at', 'desc')
    .execute();
  return rows.flatMap(({ relation, ...stream }) => {
    const files = relation?.kind === 'parquet' && Array.isArray(relation.files) ? relation.files.map(String) : [];
    return files.length > 0 ? [{ ...stream, files }] : [];
  });
}

/** Rows of each table as the connection's newest load before `loadId` left them, where the destination counted. */
export async function rowsBefore(db: Db, connectionId: string, loadId: number): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('sync_stream as stream')
    .innerJoin('syncs', 'syncs.id', 'stream.sync_id')
    .innerJoin('connection', 'connection.id', 'syncs.connection_id')
    .distinctOn(['stream.namespace', 'stream.name'])
    .select(['connection.prefix', 'stream.name', 'stream.relation', 'stream.published'])
    .where('syncs.connection_id', '=', connectionId)
    .where('syncs.id', '<', loadId)
    .where('stream.published_at', 'is not', null)
    .orderBy('stream.namespace')
    .orderBy('stream.name')
    .orderBy('stream.published_at', 'desc')
    .execute();
  return new Map(
    rows.flatMap(({ prefix, name, relation, published }) => {
      const count = published?.rows;
      if (typeof count !== 'number') return [];
      const { schema, table } = relation ?? {};
      const names = typeof table === 'string' ? [table, `${schema}.${table}`] : [prefix + name];
      return names.map((each) => [each, count] as const);
    }),
  );
}
