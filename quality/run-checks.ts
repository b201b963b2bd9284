import type { Db } from '#lib/db/connect.ts';
import { type GuardContext, workspaceGuard } from '#lib/db/workspace-guard.ts';
import { destinationKind } from '#lib/destinations/kinds.ts';
import { type Failure, toFailure } from '#lib/errors.ts';
import type { Queue } from '#lib/jobs/queue.ts';
import type { Log } from '#lib/log.ts';
import { type Secrets, usableConfig } from '#lib/secrets.ts';
import { backfill, canBackfill } from './backfill.ts';
import { checkTables } from './check-tables.ts';
import type { Engine } from './engine.ts';
import type { CheckResult, SegmentResult } from './evaluate.ts';
import { gatherFacts } from './facts.ts';
import { inDestination, type MeasureContext } from './in-destination.ts';
import { publishedFiles } from './load-store.ts';
import { parseSuite } from './parse-suite.ts';
import { invalidSuite, suiteNotFound } from './refusals.ts';
import { gateResults, insertResults, measuredKeys, type NewResult } from './result-store.ts';
import {
  findRun,
  finishRun,
  insertRun,
  isCancelRequested,
  type RunEnd,
  requestCancel,
  type Trigger,
  type Unread,
  unfinishedRuns,
} from './run-store.ts';
import type { AlertRule, Suite } from './suite.ts';
import { suitesOfConnection } from './suite-store.ts';
import { judgeUnread, keeping } from './unread.ts';

/** What a finished run tells those who come after: alerts. */
export interface ChecksFinished {
  readonly workspaceId: string;
  readonly runId: number;
  readonly suiteId: string;
  readonly suiteName: string;
  readonly connectionId: string | null;
  readonly destinationId: string;
  readonly syncId: number | null;
  /** Why nothing at all could be measured. */
  readonly failure: Failure | null;
  /** By check: when its incident opens and closes, where that is not at once. */
  readonly alertRules: Readonly<Record<string, AlertRule>>;
  /** The keys of all checks of the suite, also of those that were not measured; null where its text can't be read. */
  readonly declared: readonly string[] | null;
  readonly results: readonly CheckResult[];
}

interface RunContext extends GuardContext {
  readonly secrets: Secrets;
  readonly clock: () => Date;
  readonly log: Log;
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** Runs in the transaction that saves the results. */
  readonly onFinished?: (tx: Db, result: ChecksFinished) => Promise<void>;
}

/** Makes the run's row and its job; `c.db` may be a transaction. @throws WeirError `not_found` */
export async function startChecks(
  c: { db: Db; queue: Pick<Queue, 'send'> },
  workspaceId: string,
  suiteId: string,
  trigger: Trigger,
  syncId: number | null = null,
): Promise<{ runId: number }> {
  const start = async (tx: Db) => {
    const suite = await tx
      .selectFrom('suite')
      .select('id')
      .where('workspace_id', '=', workspaceId)
      .where('id', '=', suiteId)
      .executeTakeFirst();
    if (!suite) throw suiteNotFound();
    const runId = await insertRun(tx, { workspaceId, suiteId, trigger, syncId });
    await c.queue.send('checks', { runId }, { tx });
    return { runId };
  };
  return c.db.isTransaction ? start(c.db) : c.db.transaction().execute(start);
}

/** Starts filling the history of the suite's new checks, unless it says that nobody wants it. */
export async function startBackfill(
  c: { db: Db; queue: Pick<Queue, 'send'> },
  workspaceId: string,
  suiteId: string,
): Promise<void> {
  const row = await c.db
    .selectFrom('suite')
    .innerJoin('destination', 'destination.id', 'suite.destination_id')
    .select(['suite.text', 'destination.type'])
    .where('suite.id', '=', suiteId)
    .where('suite.workspace_id', '=', workspaceId)
    .executeTakeFirst();
  const suite = row && parseSuite(row.text).suite;
  if (!row || !suite?.history || (row.type !== 'postgres' && !suite.history.isAsked)) return;
  const known = await measuredKeys(c.db, suiteId);
  if (suite.checks.some((check) => !known.has(check.key) && canBackfill(check)))
    await startChecks(c, workspaceId, suiteId, 'backfill');
}

/** The same for every suite that is bound to a connection: its tables are there for the first time. */
export async function startBackfills(
  c: { db: Db; queue: Pick<Queue, 'send'> },
  workspaceId: string,
  connectionId: string,
): Promise<void> {
  for (const suiteId of await suitesOfConnection(c.db, workspaceId, connectionId))
    await startBackfill(c, workspaceId, suiteId);
}

/** Starts every suite that is bound to a connection. To be called in the transaction that ends the sync. */
export async function startChecksAfterSync(
  c: { db: Db; queue: Pick<Queue, 'send'> },
  workspaceId: string,
  connectionId: string,
  syncId: number,
): Promise<void> {
  for (const suiteId of await suitesOfConnection(c.db, workspaceId, connectionId))
    await startChecks(c, workspaceId, suiteId, 'sync', syncId);
}

/**
 * Measures a suite and saves what came out, passes too. A run that is finished is left as it is, so that a job that
 * comes twice saves once.
 */
export async function runChecks(
  c: RunContext,
  runId: number,
  { signal: outer = new AbortController().signal, onFinished }: RunOptions = {},
): Promise<ChecksFinished | null> {
  const run = await findRun(c.db, runId);
  if (!run || run.finishedAt) return null;
  let measured: SuiteMeasured = { results: [], unread: [] };
  let failure: Failure | null = null;
  let bytesRead: number | null = null;
  const onRead = ({ bytes }: { bytes: number }) => {
    bytesRead = (bytesRead ?? 0) + bytes;
  };
  const cancelled = watchForCancel(c.db, runId);
  const signal = AbortSignal.any([outer, cancelled.signal]);
  try {
    measured = await measureSuite({ ...c, onRead }, run, signal);
  } catch (error) {
    // A shutdown is no result: the job comes again.
    if (signal.aborted && signal.reason !== 'deadline' && signal.reason !== 'cancelled') throw error;
    failure = signal.aborted ? stopped() : toFailure(error);
    if (failure.kind === 'bug') c.log.error({ err: error, runId }, 'checks failed unexpectedly');
  } finally {
    cancelled.stop();
  }
  return endRun(c, run, { ...measured, failure, bytesRead }, onFinished);
}

/** Ends a run whose process is gone, so that it does not look as if it went on. */
export async function endLostChecks(
  c: Pick<RunContext, 'db' | 'clock'>,
  runId: number,
  failure: Failure,
  onFinished?: RunOptions['onFinished'],
): Promise<void> {
  const run = await findRun(c.db, runId);
  if (run && !run.finishedAt) await endRun(c, run, { results: [], unread: [], failure, bytesRead: null }, onFinished);
}

/** No job of a run lives longer: its queue has given it up. */
const LONGEST_RUN_MS = 25 * 3_600_000;

/** Ends the runs whose job is gone, such as after a database was restored without its queue. */
export async function endStaleChecks(
  c: Pick<RunContext, 'db' | 'clock'>,
  onFinished?: RunOptions['onFinished'],
): Promise<void> {
  const before = new Date(c.clock().getTime() - LONGEST_RUN_MS);
  for (const runId of await unfinishedRuns(c.db, before)) await endLostChecks(c, runId, NEVER_RUN, onFinished);
}

const NEVER_RUN: Failure = {
  kind: 'transient',
  code: 'process_lost',
  message: 'The checks were started more than a day ago, and nobody has ended them.',
  hint: 'Run the suite again; if it stays, look whether a worker runs.',
};

async function endRun(
  c: Pick<RunContext, 'db' | 'clock'>,
  run: Run,
  { results, ...ended }: SuiteMeasured & RunEnd,
  onFinished: RunOptions['onFinished'],
): Promise<ChecksFinished | null> {
  const { id: runId, workspaceId, suiteId, suiteName, connectionId, destinationId, syncId } = run;
  const { suite } = parseSuite(run.text);
  const alertRules = alertRulesOf(suite?.checks ?? []);
  const declared = suite?.checks.map(({ key }) => key) ?? null;
  const head = { workspaceId, runId, suiteId, suiteName, connectionId, destinationId, syncId };
  const finished = { ...head, failure: ended.failure, alertRules, declared, results };
  const saved = await c.db.transaction().execute(async (tx) => {
    const at = c.clock();
    if (!(await finishRun(tx, runId, { ...ended, at }))) return false;
    await insertResults(tx, run, results, at);
    // The past is nothing to alert of.
    if (run.trigger !== 'backfill') await onFinished?.(tx, finished);
    return true;
  });
  return saved ? finished : null;
}

const CANCEL_POLL_MS = 1_000;

/** Aborts once somebody has asked for it. */
function watchForCancel(db: Db, runId: number): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  const look = async () => {
    if (await isCancelRequested(db, runId)) controller.abort('cancelled');
  };
  const timer = setInterval(() => void look().catch(() => undefined), CANCEL_POLL_MS);
  return { signal: controller.signal, stop: () => clearInterval(timer) };
}

/** Ends the suite's runs that are not over: measuring stops, on the server too. Gives how many there were. @throws WeirError `not_found` */
export async function cancelChecks(
  { db, clock }: { db: Db; clock: () => Date },
  workspaceId: string,
  suiteId: string,
): Promise<{ runs: number }> {
  const suite = await db
    .selectFrom('suite')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', suiteId)
    .executeTakeFirst();
  if (!suite) throw suiteNotFound();
  return { runs: await requestCancel(db, suiteId, clock()) };
}

type Run = NonNullable<Awaited<ReturnType<typeof findRun>>>;

function alertRulesOf(checks: Suite['checks']): Record<string, AlertRule> {
  return Object.fromEntries(checks.flatMap(({ key, alert }) => (alert ? [[key, alert] as const] : [])));
}

interface SuiteMeasured {
  readonly results: NewResult[];
  readonly unread: readonly Unread[];
}

async function measureSuite(c: MeasureContext, run: Run, signal: AbortSignal): Promise<SuiteMeasured> {
  const { issues, suite } = parseSuite(run.text);
  if (!suite) throw invalidSuite(issues);
  signal.throwIfAborted();
  if (run.trigger === 'backfill') return { results: await measurePast(c, run, suite, signal), unread: [] };
  const carried =
    run.trigger === 'sync' && run.syncId !== null
      ? await carriedResults(c.db, run.suiteId, run.syncId)
      : new Map<string, NewResult>();
  const { suiteId, connectionId, destinationId, syncId, id: runId } = run;
  const facts = await gatherFacts(c, { suiteId, connectionId, destinationId, syncId, runId });
  const guard = await workspaceGuard(c, run.workspaceId);
  const config = usableConfig(c.secrets, run.config, `destination:${run.destinationId}`);
  const left = suite.checks.filter(({ key }) => !carried.has(key));
  const far = await farStreams(c.db, run);
  const told = far && run.trigger === 'sync' ? judgeUnread(left, facts, far) : null;
  const lookAt = far ? keeping(c.db, run.workspaceId, far, facts) : undefined;
  const work = (engine: Engine) => checkTables(engine, left, facts, suite.samples, lookAt);
  const isDone = told !== null || left.length === 0;
  const measured = isDone ? [] : await inDestination(c, run, { config, guard, signal }, work);
  const results = [...measured, ...(told?.results ?? [])];
  const byKey = new Map([...carried, ...results.map((result) => [result.key, result] as const)]);
  return { results: suite.checks.flatMap(({ key }) => byKey.get(key) ?? []), unread: told?.unread ?? [] };
}

/** The streams of a destination that is not read unless somebody asks for it; null where looking costs little. */
async function farStreams(db: Db, { destinationType, destinationId, connectionId }: Run) {
  if (destinationKind(destinationType).isFarAway !== true) return null;
  return publishedFiles(db, destinationId, connectionId);
}

/** Of the checks that have no past, what they would have said in it. */
async function measurePast(c: MeasureContext, run: Run, suite: Suite, signal: AbortSignal): Promise<NewResult[]> {
  const { history } = suite;
  if (history === null) return [];
  const { suiteId, connectionId, destinationId, syncId, id: runId } = run;
  const known = await measuredKeys(c.db, suiteId);
  const fresh = suite.checks.filter((check) => !known.has(check.key) && canBackfill(check));
  if (fresh.length === 0) return [];
  const facts = await gatherFacts(c, { suiteId, connectionId, destinationId, syncId, runId });
  const guard = await workspaceGuard(c, run.workspaceId);
  const config = usableConfig(c.secrets, run.config, `destination:${run.destinationId}`);
  const options = { config, guard, signal, statementTimeoutMs: history.isAsked ? ASKED_PAST_MS : PAST_MS };
  return inDestination(c, run, options, async (engine) => {
    const results: NewResult[] = [];
    for (const [table, checks] of Map.groupBy(fresh, (check) => check.table))
      results.push(...(await backfill(engine, table, checks, { history, facts })));
    return results;
  });
}

/** One statement over a table's past, where nobody asked for it and where somebody did. */
const PAST_MS = 60_000;
const ASKED_PAST_MS = 10 * 60_000;

/** What the gate measured of the very load that was published stands: measuring it again would tell of something else. */
async function carriedResults(db: Db, suiteId: string, syncId: number): Promise<Map<string, NewResult>> {
  const rows = await gateResults(db, suiteId, syncId);
  return new Map(
    rows.map((row) => [
      row.key,
      {
        ...pickResult(row),
        segments: (row.segments ?? []) as unknown as SegmentResult[],
        ...(row.samples && { samples: row.samples }),
        ...(row.samples_until && { samplesUntil: row.samples_until }),
        measuredAt: row.measured_at,
      },
    ]),
  );
}

type GateRow = Awaited<ReturnType<typeof gateResults>>[number];

function pickResult({
  key,
  kind,
  title,
  level,
  owner,
  tags,
  outcome,
  value,
  low,
  high,
  expected,
  message,
  memory,
  ...row
}: GateRow) {
  const table = key.split(' / ')[0] ?? '';
  const texts = { valueText: row.value_text, limitText: row.limit_text };
  return {
    key,
    kind,
    title,
    table,
    level,
    owner,
    tags,
    outcome,
    value,
    low,
    high,
    expected,
    message,
    memory,
    ...texts,
  };
}

function stopped(): Failure {
  return {
    kind: 'transient',
    code: 'stopped',
    message: 'The checks were stopped before they were done.',
    hint: 'Run them again.',
  };
}
