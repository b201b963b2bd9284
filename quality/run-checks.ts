import type { Db } from '#lib/db/connect.ts';
import { workspaceGuard } from '#lib/db/workspace-guard.ts';
import { type Failure, toFailure } from '#lib/errors.ts';
import type { Queue } from '#lib/jobs/queue.ts';
import type { Log } from '#lib/log.ts';
import { openConfig, type Secrets } from '#lib/secrets.ts';
import type { Facts } from './checks/check-kind.ts';
import { withBucket } from './duckdb/bucket.ts';
import type { Engine } from './engine.ts';
import { type CheckResult, evaluate } from './evaluate.ts';
import { measureTable } from './measure.ts';
import { parseSuite } from './parse-suite.ts';
import { withPostgres } from './postgres/engine.ts';
import { invalidSuite, suiteNotFound } from './refusals.ts';
import {
  findRun,
  finishRun,
  insertResults,
  insertRun,
  lastPublished,
  previousValues,
  publishedFiles,
  rowsBefore,
  suitesOfConnection,
  type Trigger,
} from './store.ts';
import type { Check } from './suite.ts';

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
  readonly results: readonly CheckResult[];
}

interface RunContext {
  readonly db: Db;
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
  { signal = new AbortController().signal, onFinished }: RunOptions = {},
): Promise<ChecksFinished | null> {
  const run = await findRun(c.db, runId);
  if (!run || run.finishedAt) return null;
  let results: CheckResult[] = [];
  let failure: Failure | null = null;
  try {
    results = await measureSuite(c, run, signal);
  } catch (error) {
    // A shutdown is no result: the job comes again.
    if (signal.aborted && signal.reason !== 'deadline' && signal.reason !== 'cancelled') throw error;
    failure = signal.aborted ? stopped() : toFailure(error);
    if (failure.kind === 'bug') c.log.error({ err: error, runId }, 'checks failed unexpectedly');
  }
  const { workspaceId, suiteId, suiteName, connectionId, destinationId, syncId } = run;
  const finished = { workspaceId, runId, suiteId, suiteName, connectionId, destinationId, syncId, failure, results };
  const saved = await c.db.transaction().execute(async (tx) => {
    const at = c.clock();
    if (!(await finishRun(tx, runId, at, failure))) return false;
    await insertResults(tx, run, results, at);
    await onFinished?.(tx, finished);
    return true;
  });
  return saved ? finished : null;
}

type Run = NonNullable<Awaited<ReturnType<typeof findRun>>>;

async function measureSuite(c: RunContext, run: Run, signal: AbortSignal): Promise<CheckResult[]> {
  const { issues, suite } = parseSuite(run.text);
  if (!suite) throw invalidSuite(issues);
  const facts = await gatherFacts(c, run);
  const guard = await workspaceGuard(c.db, run.workspaceId);
  const config = openConfig(c.secrets, run.config, `destination:${run.destinationId}`);
  const work = (engine: Engine) => checkTables(engine, suite.checks, facts);
  if (run.destinationType === 'postgres') return withPostgres(config, { guard, signal }, work);
  const published = await publishedFiles(c.db, run.destinationId, run.connectionId);
  const { log, clock } = c;
  return withBucket({ type: run.destinationType, config, published, guard, signal, log, clock }, work);
}

/** Measures and evaluates table by table, and gives the results in the order of the suite. */
export async function checkTables(
  engine: Engine,
  checks: readonly Check[],
  facts: (check: Check) => Facts,
): Promise<CheckResult[]> {
  const byTable = Map.groupBy(checks, ({ table }) => table);
  const results = new Map<string, CheckResult>();
  for (const [table, ofTable] of byTable) {
    const measured = await measureTable(engine, table, ofTable);
    for (const check of ofTable) results.set(check.key, evaluate(check, measured, facts(check)));
  }
  return checks.flatMap(({ key }) => results.get(key) ?? []);
}

async function gatherFacts(c: RunContext, run: Run): Promise<(check: Check) => Facts> {
  const published = run.connectionId ? await lastPublished(c.db, run.connectionId) : null;
  const loadId = run.syncId ?? published?.syncId ?? null;
  const previous = await previousValues(c.db, { id: run.id, suiteId: run.suiteId, loadId });
  // A check that is new has no history, but the load before may have been counted.
  const counted =
    run.connectionId && loadId ? await rowsBefore(c.db, run.connectionId, loadId) : new Map<string, number>();
  const now = c.clock();
  return ({ key, table, where }) => ({
    now,
    lastPublishedAt: published?.at ?? null,
    previousRows: previous.get(key) ?? (where === undefined ? counted.get(table) : undefined) ?? null,
  });
}

function stopped(): Failure {
  return {
    kind: 'transient',
    code: 'stopped',
    message: 'The checks were stopped before they were done.',
    hint: 'Run them again.',
  };
}
