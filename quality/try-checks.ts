import type { Db } from '#lib/db/connect.ts';
import { type GuardContext, workspaceGuard } from '#lib/db/workspace-guard.ts';
import type { Issue } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import type { Log } from '#lib/log.ts';
import { type Secrets, usableConfig } from '#lib/secrets.ts';
import { checkTables } from './check-tables.ts';
import type { CheckResult } from './evaluate.ts';
import { gatherFacts } from './facts.ts';
import { NO_SAMPLES } from './failing-rows.ts';
import { inDestination } from './in-destination.ts';
import { namedChecks } from './named-checks.ts';
import { parseSuite } from './parse-suite.ts';
import { invalidSuite } from './refusals.ts';
import type { Check, SampleRules } from './suite.ts';

/** Somebody waits for it. */
const STATEMENT_MS = 50_000;

/** Checks of a text that may not be saved yet. */
export interface TryRequest {
  readonly text: string;
  /** Keys or names; all checks when absent. */
  readonly check?: string | readonly string[];
  /** The saved suite: its history counts. */
  readonly suiteId?: string | null;
  readonly connectionId?: string | null;
  readonly destinationId: string;
}

/** What a check said, and some of the rows that fail, personal values masked. */
export interface TriedCheck extends Omit<CheckResult, 'memory'> {
  readonly samples: readonly JsonObject[];
}

export interface Tried {
  readonly results: readonly TriedCheck[];
  readonly tookMs: number;
}

interface TryContext extends GuardContext {
  readonly secrets: Secrets;
  readonly clock: () => Date;
  readonly log: Log;
}

/** The question as a child answers it. What can't be tried is told at once. @throws WeirError `invalid_input`, `no_such_check` */
export async function tryInput({ db }: { db: Db }, workspaceId: string, request: TryRequest): Promise<JsonObject> {
  const { text, check, suiteId = null, connectionId = null, destinationId } = request;
  const isThere = (table: 'suite' | 'connection' | 'destination', id: string) =>
    db.selectFrom(table).select('id').where('workspace_id', '=', workspaceId).where('id', '=', id).executeTakeFirst();
  const issues: Issue[] = [];
  for (const [table, path, id] of [
    ['suite', 'suiteId', suiteId],
    ['connection', 'connectionId', connectionId],
    ['destination', 'destinationId', destinationId],
  ] as const)
    if (id !== null && !(await isThere(table, id))) issues.push({ path, message: `There is no such ${table}.` });
  if (issues.length > 0) throw invalidSuite(issues, 'Nothing was measured.');
  checksToTry(text, check);
  return { text, suiteId, connectionId, destinationId, ...(check !== undefined && { check: [check].flat() }) };
}

/** Measures the checks on the tables as they are now, as a run would, and keeps nothing of it. */
export async function tryChecks(
  c: TryContext,
  workspaceId: string,
  request: TryRequest,
  signal: AbortSignal,
): Promise<Tried> {
  const startedAt = performance.now();
  const { text, check, suiteId = null, connectionId = null, destinationId } = request;
  const { checks, samples } = checksToTry(text, check);
  const destination = await c.db
    .selectFrom('destination')
    .select(['type', 'config'])
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', destinationId)
    .executeTakeFirstOrThrow();
  const facts = await gatherFacts(c, { suiteId, connectionId, destinationId, syncId: null, runId: null });
  const guard = await workspaceGuard(c, workspaceId);
  const config = usableConfig(c.secrets, destination.config, `destination:${destinationId}`);
  const results = await inDestination(
    { ...c, onRead: () => undefined },
    { destinationId, destinationType: destination.type, connectionId },
    { config, guard, signal, statementTimeoutMs: STATEMENT_MS },
    (engine) => checkTables(engine, checks, facts, samples),
  );
  return {
    results: results.map(({ memory: _memory, samplesUntil: _until, samples: rows = [], ...result }) => ({
      ...result,
      samples: rows,
    })),
    tookMs: Math.round(performance.now() - startedAt),
  };
}

/** Some checks can be tried while the text is wrong elsewhere; all of them only when it is right. */
function checksToTry(text: string, names: TryRequest['check']): { checks: readonly Check[]; samples: SampleRules } {
  const { issues, suite, readable } = parseSuite(text);
  const named = (checks: readonly Check[], wanted: NonNullable<typeof names>) => [
    ...new Set([wanted].flat().flatMap((name) => namedChecks(checks, name))),
  ];
  if (suite) return { ...suite, checks: names === undefined ? suite.checks : named(suite.checks, names) };
  if (names === undefined || !readable?.checks.length) throw invalidSuite(issues, 'Nothing was measured.');
  // Which columns are personal is not sure in a text that is wrong.
  return { checks: named(readable.checks, names), samples: NO_SAMPLES };
}
