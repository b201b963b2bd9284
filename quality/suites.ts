import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import type { Issue } from '#lib/errors.ts';
import { nextDue } from '#lib/jobs/due-times.ts';
import type { JsonObject } from '#lib/json.ts';
import type { Outcome, SegmentResult } from './evaluate.ts';
import { parseSuite } from './parse-suite.ts';
import { invalidSuite, newerSuite, readSaveError, suiteNotFound } from './refusals.ts';
import { heldResults, historyOf, newestResults, resultsOf } from './result-store.ts';
import { backfillRun, lastRuns, type RunSummary, type Unread } from './run-store.ts';
import type { Level } from './suite.ts';
import { suiteRows } from './suite-store.ts';

export type { RunSummary } from './run-store.ts';

export interface SuiteSummary {
  readonly id: string;
  readonly name: string;
  readonly dataset: string | null;
  readonly connectionId: string | null;
  readonly connectionName: string | null;
  readonly destinationId: string;
  readonly destinationName: string;
  /** How many checks it declares. */
  readonly checks: number;
  readonly lastRun: RunSummary | null;
  /** When its own schedule starts it next; null where it has none. */
  readonly nextDue: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface SuiteDetail extends SuiteSummary {
  readonly text: string;
}

export interface CheckResultModel {
  readonly key: string;
  readonly kind: string;
  readonly title: string;
  readonly table: string;
  readonly level: Level;
  readonly outcome: Outcome;
  readonly value: number | null;
  readonly valueText: string | null;
  readonly limitText: string | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly message: string;
  readonly measuredAt: Date;
  readonly owner: string | null;
  readonly tags: readonly string[];
  readonly segments: readonly SegmentResult[];
  /** Some of the rows that fail, personal values masked. */
  readonly samples: readonly JsonObject[];
  readonly runId: number;
  readonly syncId: number | null;
}

export interface CheckHistory {
  readonly key: string;
  readonly title: string;
  /** Oldest first. */
  readonly points: readonly {
    readonly at: Date;
    readonly value: number | null;
    readonly low: number | null;
    readonly high: number | null;
    readonly id: number;
    /** What was predicted, by kinds that do; null otherwise. */
    readonly expected: number | null;
    readonly feedback: 'expected' | null;
    readonly outcome: Outcome;
    readonly syncId: number | null;
    /** Found later, from a column of times: what the check would have measured then. */
    readonly backfilled: boolean;
  }[];
}

export interface SuiteResults {
  readonly run: RunSummary | null;
  /** The sync whose load is held. */
  readonly held: number | null;
  /** The newest run that fills the past of new checks; null where there was none. */
  readonly backfill: Pick<RunSummary, 'id' | 'startedAt' | 'finishedAt' | 'failure'> | null;
  /** Worst first. */
  readonly results: readonly CheckResultModel[];
}

interface SuiteInput {
  readonly name: string;
  readonly text: string;
  readonly connectionId?: string | null;
  readonly destinationId: string;
}

const HISTORY_POINTS = 90;
/** Of a span of time. */
const MOST_POINTS = 2_000;
const WORST_FIRST: readonly Outcome[] = ['error', 'fail', 'warn', 'pass'];

export async function listSuites({ db }: { db: Db }, workspaceId: string): Promise<SuiteSummary[]> {
  const rows = await suiteRows(db, workspaceId).execute();
  const ids = rows.map(({ id }) => id);
  const runs = await lastRuns(db, workspaceId, ids);
  return rows.map(({ text, ...row }) => ({ ...row, ...contentOf(text), lastRun: runs.get(row.id) ?? null }));
}

/** @throws WeirError `not_found` */
export async function getSuite({ db }: { db: Db }, workspaceId: string, id: string): Promise<SuiteDetail> {
  const row = await suiteRows(db, workspaceId).where('suite.id', '=', id).executeTakeFirst();
  if (!row) throw suiteNotFound();
  const runs = await lastRuns(db, workspaceId, [id]);
  return { ...row, ...contentOf(row.text), lastRun: runs.get(id) ?? null };
}

/** @throws WeirError `invalid_input` with every problem and its line, `name_taken` */
export async function createSuite({ db }: { db: Db }, workspaceId: string, input: SuiteInput): Promise<{ id: string }> {
  await refuseInvalid(db, workspaceId, input);
  try {
    return await db
      .insertInto('suite')
      .values({
        workspace_id: workspaceId,
        name: input.name.trim(),
        text: input.text,
        connection_id: input.connectionId ?? null,
        destination_id: input.destinationId,
        ...dueTimes(input.text),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
  } catch (error) {
    throw readSaveError(error, input.name);
  }
}

/**
 * `basedOn` is the time of the save that the editor began from: somebody else's newer one is not overwritten unseen.
 * @throws WeirError `not_found`, `invalid_input`, `name_taken`, `newer_suite`
 */
export async function updateSuite(
  { db }: { db: Db },
  workspaceId: string,
  id: string,
  change: Partial<SuiteInput>,
  basedOn?: string,
): Promise<void> {
  const { name, text, connectionId, destinationId } = await getSuite({ db }, workspaceId, id);
  const next = { name, text, connectionId, destinationId, ...change };
  await refuseInvalid(db, workspaceId, next);
  const { name: nextName, text: nextText } = next;
  let saved: { numUpdatedRows: bigint };
  try {
    saved = await db
      .updateTable('suite')
      .set({ name: nextName.trim(), text: nextText, updated_at: new Date(), ...dueTimes(nextText) })
      .set({ connection_id: next.connectionId ?? null, destination_id: next.destinationId })
      .where('workspace_id', '=', workspaceId)
      .where('id', '=', id)
      .$if(basedOn !== undefined, (query) =>
        query.where(sql<boolean>`date_trunc('milliseconds', updated_at) = ${basedOn}::timestamptz`),
      )
      .executeTakeFirst();
  } catch (error) {
    throw readSaveError(error, nextName);
  }
  if (saved.numUpdatedRows === 0n) throw newerSuite();
}

/** Deletes the suite with its history. @throws WeirError `not_found` */
export async function deleteSuite({ db }: { db: Db }, workspaceId: string, id: string): Promise<void> {
  const { numDeletedRows } = await db
    .deleteFrom('suite')
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .executeTakeFirst();
  if (numDeletedRows === 0n) throw suiteNotFound();
}

/** The newest run and what each check said in it, worst first; of loads that are held, what the gate said of them. */
export async function suiteResults({ db }: { db: Db }, workspaceId: string, suiteId: string): Promise<SuiteResults> {
  const { lastRun: run, text } = await getSuite({ db }, workspaceId, suiteId);
  const held = await heldResults(db, workspaceId, suiteId);
  const ran = run ? await resultsOf(db, workspaceId, run.id) : [];
  const unread = keysOf(text, run?.unread ?? []);
  const earlier = unread.length === 0 ? [] : await newestResults(db, workspaceId, suiteId, unread);
  const results = new Map([...earlier, ...ran, ...held].map((result) => [result.key, result]));
  const models = [...results.values()].map((result) => ({
    ...result,
    table: result.key.split(' / ')[0] ?? '',
    segments: (result.segments ?? []) as unknown as SegmentResult[],
    samples: result.samples ?? [],
  }));
  const heldSync = held.find(({ syncId }) => syncId !== null)?.syncId ?? null;
  return {
    run,
    held: heldSync,
    backfill: (await backfillRun(db, workspaceId, suiteId)) ?? null,
    results: models.toSorted((a, b) => WORST_FIRST.indexOf(a.outcome) - WORST_FIRST.indexOf(b.outcome)),
  };
}

/** The checks of tables that the last run did not read: what was known of them still is. */
function keysOf(text: string, unread: readonly Unread[]): string[] {
  const tables = new Set(unread.map(({ table }) => table));
  const checks = parseSuite(text).suite?.checks ?? [];
  return checks.filter(({ table }) => tables.has(table)).map(({ key }) => key);
}

/** The series of one check for a chart: its last points, or those since a time. */
export async function checkHistory(
  { db }: { db: Db },
  workspaceId: string,
  suiteId: string,
  key: string,
  { since }: { since?: Date } = {},
): Promise<CheckHistory> {
  const span = since ? { since, limit: MOST_POINTS } : { limit: HISTORY_POINTS };
  const rows = await historyOf(db, workspaceId, suiteId, key, span);
  // What the gate measured of a load is kept again by the run after it: one point a load.
  const loads = new Set<number>();
  const points = rows
    .filter(({ syncId }) => syncId === null || (!loads.has(syncId) && loads.add(syncId)))
    .map(({ title: _title, ...point }) => point)
    .toReversed();
  return { key, title: rows[0]?.title ?? key, points };
}

/** Owners and tags that suites of the workspace name, for completion. */
export async function usedWords(
  { db }: { db: Db },
  workspaceId: string,
): Promise<{ owners: string[]; tags: string[] }> {
  const rows = await suiteRows(db, workspaceId).execute();
  const checks = rows.flatMap(({ text }) => parseSuite(text).suite?.checks ?? []);
  return {
    owners: [...new Set(checks.flatMap(({ owner }) => owner ?? []))].toSorted(),
    tags: [...new Set(checks.flatMap(({ tags }) => tags))].toSorted(),
  };
}

/** The schedule that the suite's own text declares. */
function dueTimes(text: string) {
  const schedule = parseSuite(text).suite?.schedule ?? { type: 'manual' as const };
  return { schedule: JSON.stringify(schedule), next_due: nextDue(schedule, new Date()) };
}

function contentOf(text: string): { dataset: string | null; checks: number } {
  const { suite } = parseSuite(text);
  const tables = new Set(suite?.checks.map(({ table }) => table));
  return {
    dataset: suite?.dataset ?? (tables.size === 1 ? ([...tables][0] ?? null) : null),
    checks: suite?.checks.length ?? 0,
  };
}

/** Rows of another workspace count as missing. */
async function refuseInvalid(
  db: Db,
  workspaceId: string,
  { name, text, connectionId, destinationId }: SuiteInput,
): Promise<void> {
  const issues: Issue[] = [];
  if (!name.trim() || name.length > 200)
    issues.push({ path: 'name', message: 'Give it a name of 1 to 200 characters.' });
  const isThere = (table: 'destination' | 'connection', id: string) =>
    db.selectFrom(table).select('id').where('workspace_id', '=', workspaceId).where('id', '=', id).executeTakeFirst();
  if (!(await isThere('destination', destinationId)))
    issues.push({ path: 'destinationId', message: 'There is no such destination.' });
  if (connectionId && !(await isThere('connection', connectionId)))
    issues.push({ path: 'connectionId', message: 'There is no such connection.' });
  issues.push(...parseSuite(text).issues);
  if (issues.length > 0) throw invalidSuite(issues);
}
