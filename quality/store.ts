import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import type { Failure } from '#lib/errors.ts';
import type { JsonObject, JsonValue } from '#lib/json.ts';
import type { CheckResult, Outcome } from './evaluate.ts';

/** `gate` measures a load before it is published, `backfill` the past of a check that is new. */
export type Trigger = 'sync' | 'manual' | 'schedule' | 'api' | 'gate' | 'backfill';

/** Runs that measure only some checks, or the past. */
const PARTIAL: Trigger[] = ['gate', 'backfill'];

/** One row per suite with what pages show of its last run. */
export function suiteRows(db: Db, workspaceId: string) {
  return db
    .selectFrom('suite')
    .innerJoin('destination', 'destination.id', 'suite.destination_id')
    .leftJoin('connection', 'connection.id', 'suite.connection_id')
    .select(['suite.id', 'suite.name', 'suite.text', 'suite.connection_id as connectionId'])
    .select('suite.next_due as nextDue')
    .select(['suite.destination_id as destinationId', 'destination.name as destinationName'])
    .select(['connection.name as connectionName', 'suite.created_at as createdAt', 'suite.updated_at as updatedAt'])
    .where('suite.workspace_id', '=', workspaceId)
    .orderBy('suite.name');
}

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

const RESULT = [
  'result.key',
  'result.kind',
  'result.title',
  'result.level',
  'result.outcome',
  'result.value',
  'result.low',
  'result.high',
  'result.expected',
  'result.feedback',
  'result.message',
  'result.owner',
  'result.tags',
  'result.segments',
  'result.samples',
  'result.value_text as valueText',
  'result.limit_text as limitText',
  'result.measured_at as measuredAt',
  'run.id as runId',
  'run.sync_id as syncId',
] as const;

/** What each check said in a run. */
export function resultsOf(db: Db, workspaceId: string, runId: number) {
  return db
    .selectFrom('check_result as result')
    .innerJoin('check_run as run', 'run.id', 'result.run_id')
    .select(RESULT)
    .where('result.workspace_id', '=', workspaceId)
    .where('result.run_id', '=', runId)
    .orderBy('result.id')
    .execute();
}

/** The newest result of each of these checks. */
export function newestResults(db: Db, workspaceId: string, suiteId: string, keys: readonly string[]) {
  return db
    .selectFrom('check_result as result')
    .innerJoin('check_run as run', 'run.id', 'result.run_id')
    .distinctOn('result.key')
    .select(RESULT)
    .where('result.workspace_id', '=', workspaceId)
    .where('result.suite_id', '=', suiteId)
    .where('result.key', 'in', [...keys])
    .where('run.trigger', 'not in', PARTIAL)
    .orderBy('result.key')
    .orderBy('result.id', 'desc')
    .execute();
}

/** What the gate measured of loads that are held now: newer than any run. */
export function heldResults(db: Db, workspaceId: string, suiteId: string) {
  return db
    .selectFrom('check_result as result')
    .innerJoin('check_run as run', 'run.id', 'result.run_id')
    .distinctOn('result.key')
    .select(RESULT)
    .where('result.workspace_id', '=', workspaceId)
    .where('result.suite_id', '=', suiteId)
    .where('run.trigger', '=', 'gate')
    .where((where) =>
      where.exists(
        where
          .selectFrom('sync_stream as stream')
          .select('stream.name')
          .whereRef('stream.sync_id', '=', 'run.sync_id')
          .where('stream.status', '=', 'held'),
      ),
    )
    .orderBy('result.key')
    .orderBy('result.id', 'desc')
    .execute();
}

/** The newest measurements of one check, newest first. */
export function historyOf(
  db: Db,
  workspaceId: string,
  suiteId: string,
  key: string,
  { limit, since }: { limit: number; since?: Date },
) {
  return db
    .selectFrom('check_result as result')
    .innerJoin('check_run as run', 'run.id', 'result.run_id')
    .select(['result.title', 'result.measured_at as at', 'result.value', 'result.low', 'result.high', 'result.outcome'])
    .select(['result.id', 'result.expected', 'result.feedback', 'run.sync_id as syncId'])
    .select(sql<boolean>`run.trigger = 'backfill'`.as('backfilled'))
    .where('result.workspace_id', '=', workspaceId)
    .where('result.suite_id', '=', suiteId)
    .where('result.key', '=', key)
    .$if(since !== undefined, (query) => query.where('result.measured_at', '>=', since ?? new Date(0)))
    .orderBy('result.measured_at', 'desc')
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

export interface NewResult extends CheckResult {
  /** Rows that fail, masked, and until when they may be kept. */
  readonly samples?: readonly JsonObject[];
  readonly samplesUntil?: Date;
  /** When it was measured, where that was not now. */
  readonly measuredAt?: Date;
}

/** A statement takes 65,535 parameters. */
const ROWS_AT_ONCE = 1_000;

export async function insertResults(
  db: Db,
  run: { id: number; workspaceId: string; suiteId: string },
  results: readonly NewResult[],
  at: Date,
): Promise<void> {
  if (results.length === 0) return;
  const rows = results.map(
    ({
      table: _table,
      valueText,
      limitText,
      memory,
      segments,
      samples,
      samplesUntil,
      measuredAt,
      tags,
      ...result
    }) => ({
      ...result,
      tags: [...tags],
      workspace_id: run.workspaceId,
      run_id: run.id,
      suite_id: run.suiteId,
      value_text: valueText,
      limit_text: limitText,
      memory: memory === null ? null : JSON.stringify(memory),
      segments: segments.length === 0 ? null : JSON.stringify(segments),
      samples: samples === undefined || samples.length === 0 ? null : JSON.stringify(samples),
      samples_until: samplesUntil ?? null,
      measured_at: measuredAt ?? at,
    }),
  );
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE)
    await db
      .insertInto('check_result')
      .values(rows.slice(from, from + ROWS_AT_ONCE))
      .execute();
}

export interface EarlierResult {
  readonly key: string;
  readonly at: Date;
  readonly value: number | null;
  readonly feedback: 'expected' | 'excluded' | null;
  readonly memory: JsonValue;
}

/** How many measurements of a check are looked back at. */
const LOOK_BACK = 400;

/** What people said of a measurement, and whether it was a breach within an incident that was not called expected. */
const FEEDBACK = sql`case
  when result.feedback is not null then result.feedback
  when result.outcome in ('warn', 'fail') and exists (
    select from incident where incident.workspace_id = result.workspace_id
      and incident.cause = 'check:' || result.suite_id || ':' || result.key
      and incident.opened_at <= result.measured_at
      and (incident.resolved_at is null or incident.resolved_at > result.measured_at)
      and incident.resolution is distinct from 'expected' and incident.resolution is distinct from 'false_alarm'
  ) then 'excluded' end`;

/**
 * By check, what was measured on other loads than this one, oldest first. Tables that Weir did not load have no loads: there
 * each run counts. What the gate measured of loads that were never published does not.
 */
export async function earlierResults(
  db: Db,
  { suiteId, loadId, except }: { suiteId: string; loadId: number | null; except: number | null },
): Promise<Map<string, EarlierResult[]>> {
  const { rows } = await sql<EarlierResult>`
    select key, at, value, memory, feedback from (
      select result.key, result.measured_at as at, result.value, result.memory, result.id, ${FEEDBACK} as feedback,
        row_number() over (partition by result.key order by result.measured_at desc, result.id desc) as place
      from check_result result join check_run run on run.id = result.run_id
      where result.suite_id = ${suiteId} and run.trigger <> 'gate' and run.id is distinct from ${except}::bigint
        and result.outcome <> 'error'
        and (${loadId}::bigint is null or run.trigger = 'backfill' or run.sync_id <> ${loadId}::bigint)
    ) earlier where place <= ${LOOK_BACK} order by at, id`.execute(db);
  return Map.groupBy(rows, ({ key }) => key);
}

/** What the gate measured of a sync's loads, the newest of each check. */
export function gateResults(db: Db, suiteId: string, syncId: number) {
  return db
    .selectFrom('check_result as result')
    .innerJoin('check_run as run', 'run.id', 'result.run_id')
    .distinctOn('result.key')
    .selectAll('result')
    .where('result.suite_id', '=', suiteId)
    .where('run.trigger', '=', 'gate')
    .where('run.sync_id', '=', syncId)
    .orderBy('result.key')
    .orderBy('result.id', 'desc')
    .execute();
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

/** Suites whose own time has come, locked so that no other scheduler takes them. */
export function lockDueSuites(db: Db, now: Date, limit: number) {
  return db
    .selectFrom('suite')
    .select(['id', 'workspace_id as workspaceId', 'schedule', 'next_due as nextDue'])
    .where('next_due', '<=', now)
    .orderBy('next_due')
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute();
}

export async function setSuiteDue(db: Db, suiteId: string, nextDue: Date | null): Promise<void> {
  await db.updateTable('suite').set({ next_due: nextDue }).where('id', '=', suiteId).execute();
}

/** Notes that measurements were normal, and gives how many. */
export async function markExpected(
  db: Db,
  workspaceId: string,
  { suiteId, key, from, to }: { suiteId: string; key: string; from: Date; to: Date },
): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable('check_result')
    .set({ feedback: 'expected' })
    .where('workspace_id', '=', workspaceId)
    .where('suite_id', '=', suiteId)
    .where('key', '=', key)
    .where('measured_at', '>=', from)
    .where('measured_at', '<=', to)
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

/** So many measurements are a history: the first load of a table brings one or two. */
const A_HISTORY = 3;

/** The checks of a suite that have a past already, or whose past was looked for. */
export async function measuredKeys(db: Db, suiteId: string): Promise<Set<string>> {
  const rows = await db
    .selectFrom('check_result as result')
    .innerJoin('check_run as run', 'run.id', 'result.run_id')
    .select('result.key')
    .where('result.suite_id', '=', suiteId)
    .groupBy('result.key')
    .having(({ or, eb, fn }) =>
      or([eb(fn.countAll(), '>=', A_HISTORY), eb(sql<boolean>`bool_or(run.trigger = 'backfill')`, '=', true)]),
    )
    .execute();
  return new Set(rows.map(({ key }) => key));
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
