import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import type { JsonObject, JsonValue } from '#lib/json.ts';
import type { CheckResult } from './evaluate.ts';
import { PARTIAL } from './run-store.ts';

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
  return newestByKey(db, workspaceId, suiteId)
    .where('result.key', 'in', [...keys])
    .where('run.trigger', 'not in', PARTIAL)
    .execute();
}

/** What the gate measured of loads that are held now: newer than any run. */
export function heldResults(db: Db, workspaceId: string, suiteId: string) {
  return newestByKey(db, workspaceId, suiteId)
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
    .execute();
}

/** Of each check of a suite the newest result, among those that are asked for. */
function newestByKey(db: Db, workspaceId: string, suiteId: string) {
  return db
    .selectFrom('check_result as result')
    .innerJoin('check_run as run', 'run.id', 'result.run_id')
    .distinctOn('result.key')
    .select(RESULT)
    .where('result.workspace_id', '=', workspaceId)
    .where('result.suite_id', '=', suiteId)
    .orderBy('result.key')
    .orderBy('result.id', 'desc');
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
  /** Measured by hand between two loads: what the table held, and no load of its own. */
  readonly between: boolean;
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
 * each run counts; of those between two loads only what they remember. What the gate measured of loads that were never published does not.
 */
export async function earlierResults(
  db: Db,
  { suiteId, loadId, except }: { suiteId: string; loadId: number | null; except: number | null },
): Promise<Map<string, EarlierResult[]>> {
  const { rows } = await sql<EarlierResult>`
    select key, at, value, memory, feedback, between from (
      select result.key, result.measured_at as at, result.value, result.memory, result.id, ${FEEDBACK} as feedback,
        ${loadId}::bigint is not null and run.trigger <> 'backfill' and run.sync_id is null as between,
        row_number() over (partition by result.key order by result.measured_at desc, result.id desc) as place
      from check_result result join check_run run on run.id = result.run_id
      where result.suite_id = ${suiteId} and run.trigger <> 'gate' and run.id is distinct from ${except}::bigint
        and result.outcome <> 'error'
        and (${loadId}::bigint is null or run.trigger = 'backfill' or run.sync_id <> ${loadId}::bigint
          or (run.sync_id is null and result.measured_at < (select started_at from syncs where id = ${loadId}::bigint)))
    ) earlier where place <= ${LOOK_BACK} order by at, id`.execute(db);
  return Map.groupBy(rows, ({ key }) => key);
}

/** What the gate measured of a sync's loads as they were published, the newest of each check; and of rows that it put aside. */
export function gateResults(db: Db, suiteId: string, syncId: number) {
  return db
    .selectFrom('check_result as result')
    .innerJoin('check_run as run', 'run.id', 'result.run_id')
    .distinctOn('result.key')
    .selectAll('result')
    .where('result.suite_id', '=', suiteId)
    .where('run.trigger', '=', 'gate')
    .where(({ or, eb }) => or([eb('run.outdated', '=', false), eb('result.level', '=', 'quarantine')]))
    .where('run.sync_id', '=', syncId)
    .orderBy('result.key')
    .orderBy('result.id', 'desc')
    .execute();
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
