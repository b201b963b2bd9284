import { createHash } from 'node:crypto';
import type { Db } from '#lib/db/connect.ts';
import type { DbtProblem } from '#lib/db/schema.ts';
import { type Issue, WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';

/** What dbt's `run_results.json` says, counted. */
export interface DbtReport {
  readonly invocationId: string;
  readonly generatedAt: Date;
  readonly elapsedS: number | null;
  readonly status: 'success' | 'error';
  readonly modelsRun: number;
  readonly modelsFailed: number;
  readonly testsPassed: number;
  readonly testsFailed: number;
  readonly testsWarned: number;
  /** What did not go well, failures first; the first of them. */
  readonly problems: readonly DbtProblem[];
}

const MOST_PROBLEMS = 50;
const MESSAGE_LENGTH = 500;
const BUILT = ['model', 'seed', 'snapshot'];
const TESTS = ['test', 'unit_test'];
const FAILED = ['error', 'fail', 'runtime error', 'partial success'];

/**
 * Reads `run_results.json` as dbt 1.x and Fusion write it: `metadata`, `elapsed_time`, and a result per node with `unique_id`
 * and `status`. Skipped nodes are not counted as run.
 * @throws WeirError `invalid_input` for what is no such file
 */
export function readRunResults(value: unknown): DbtReport {
  const file = isJsonObject(value as JsonValue) ? (value as JsonObject) : {};
  const metadata = isJsonObject(file.metadata) ? file.metadata : {};
  const generatedAt = new Date(String(metadata.generated_at ?? ''));
  const issues: Issue[] = [
    ...(Array.isArray(file.results) ? [] : [{ path: 'results', message: 'A list, as dbt writes it.' }]),
    ...(Number.isNaN(generatedAt.getTime()) ? [{ path: 'metadata.generated_at', message: 'A point in time.' }] : []),
  ];
  if (issues.length > 0)
    throw new WeirError({
      kind: 'config',
      code: 'invalid_input',
      message: 'This is no run_results.json of dbt.',
      issues,
    });
  const results = (Array.isArray(file.results) ? file.results : []).filter(isJsonObject).map(nodeOf);
  const models = results.filter(({ kind, status }) => BUILT.includes(kind) && status !== 'skipped');
  const tests = results.filter(({ kind }) => TESTS.includes(kind));
  const count = (nodes: readonly Node[], states: readonly string[]) =>
    nodes.filter(({ status }) => states.includes(status)).length;
  const failed = results.filter(({ status }) => FAILED.includes(status));
  const warned = results.filter(({ status }) => status === 'warn');
  return {
    invocationId: String(metadata.invocation_id ?? fingerprint(file)),
    generatedAt,
    elapsedS: typeof file.elapsed_time === 'number' ? file.elapsed_time : null,
    status: failed.length > 0 ? 'error' : 'success',
    modelsRun: models.length,
    modelsFailed: count(models, FAILED),
    testsPassed: count(tests, ['pass']),
    testsFailed: count(tests, FAILED),
    testsWarned: count(tests, ['warn']),
    problems: [...failed, ...warned]
      .slice(0, MOST_PROBLEMS)
      .map(({ name, status, message }) => ({ name, status, message })),
  };
}

/**
 * The same invocation reported again, by a retry or by two ways, is one report. A report that comes late is not the newest: it says
 * nothing of how things are.
 */
export async function saveDbtReport(
  tx: Db,
  of: { readonly workspaceId: string; readonly connectionId: string; readonly commandRunId: number | null },
  report: DbtReport,
): Promise<{ id: number; isNewest: boolean }> {
  const row = {
    ...{ workspace_id: of.workspaceId, connection_id: of.connectionId, invocation_id: report.invocationId },
    ...(of.commandRunId !== null && { command_run_id: of.commandRunId }),
    ...{ generated_at: report.generatedAt, elapsed_s: report.elapsedS, status: report.status },
    ...{ models_run: report.modelsRun, models_failed: report.modelsFailed },
    ...{ tests_passed: report.testsPassed, tests_failed: report.testsFailed, tests_warned: report.testsWarned },
    problems: JSON.stringify(report.problems),
  };
  const { id } = await tx
    .insertInto('dbt_report')
    .values(row)
    .onConflict((conflict) => conflict.columns(['connection_id', 'invocation_id']).doUpdateSet(row))
    .returning('id')
    .executeTakeFirstOrThrow();
  const newer = await tx
    .selectFrom('dbt_report')
    .select('id')
    .where('connection_id', '=', of.connectionId)
    .where('generated_at', '>', report.generatedAt)
    .limit(1)
    .executeTakeFirst();
  return { id, isNewest: newer === undefined };
}

interface Node extends DbtProblem {
  readonly kind: string;
}

/** `test.shop.not_null_orders_id.1a2b` is a test named `not_null_orders_id`. */
function nodeOf(result: JsonObject): Node {
  const [kind = '', , name = ''] = String(result.unique_id ?? '').split('.');
  const message = typeof result.message === 'string' ? result.message.replace(/\s+/g, ' ').trim() : '';
  return {
    kind,
    name: name || String(result.unique_id ?? ''),
    status: String(result.status ?? '').toLowerCase(),
    message: message.replaceAll('\0', '\uFFFD').slice(0, MESSAGE_LENGTH),
  };
}

function fingerprint(file: JsonObject): string {
  return createHash('sha256').update(JSON.stringify(file)).digest('hex').slice(0, 32);
}
