import { statSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import path from 'node:path';
import { createGuard } from '#lib/address-guard.ts';
import type { Relation } from '#lib/destinations/destination.ts';
import { WeirError } from '#lib/errors.ts';
import { checkTables } from '#quality/check-tables.ts';
import type { Facts } from '#quality/checks/check-kind.ts';
import { withParquet } from '#quality/duckdb/engine.ts';
import type { Engine } from '#quality/engine.ts';
import { namedChecks } from '#quality/named-checks.ts';
import { parseSuite } from '#quality/parse-suite.ts';
import { withPostgres } from '#quality/postgres/engine.ts';
import type { NewResult } from '#quality/result-store.ts';
import type { Suite } from '#quality/suite.ts';
import { measureThere, type There } from './checks-there.ts';
import { needed, textFile } from './inputs.ts';
import { postgresConfig } from './postgres-address.ts';

type Measured = Omit<NewResult, 'memory'> & Partial<Pick<NewResult, 'memory'>>;

/** What the exit code says: for Airflow, dbt and CI. */
export const CHECKS_EXIT = { ok: 0, failed: 1, usage: 2, notMeasured: 3 } as const;

interface Options {
  readonly file: string | undefined;
  readonly to: string | undefined;
  readonly parquet: string | undefined;
  /** In place of both, where a running Weir can reach what this machine can't. */
  readonly there: There | null;
  /** Only the checks of this key or name. */
  readonly check: string | undefined;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** `checks run`: measures a suite where the tables are, without the service, and says what came out. */
export async function checksRunCommand({ file, json, check, there, ...options }: Options): Promise<number> {
  const name = needed(file, 'The suite (weir checks run suite.yaml)');
  const suite = readSuite(name);
  if (suite === null) return CHECKS_EXIT.usage;
  const checks = check === undefined ? suite.checks : namedChecks(suite.checks, check);
  const keys = checks.map(({ key }) => key);
  const results = there
    ? await measureThere(there, textFile(name), keys)
    : await inTarget(options, (engine) => checkTables(engine, checks, unknownFacts, suite.samples));
  process.stdout.write(json ? `${JSON.stringify(summary(name, results), null, 2)}\n` : resultLines(results));
  return exitCodeOf(results);
}

/** 3 where something could not be measured, 1 where something fails. */
export function exitCodeOf(results: readonly Pick<NewResult, 'outcome'>[]): number {
  if (results.some(({ outcome }) => outcome === 'error')) return CHECKS_EXIT.notMeasured;
  return results.some(({ outcome }) => outcome === 'fail') ? CHECKS_EXIT.failed : CHECKS_EXIT.ok;
}

function readSuite(file: string): Suite | null {
  const { issues, suite } = parseSuite(textFile(file));
  for (const { line, column, message } of issues) process.stderr.write(`${file}:${line}:${column} ${message}\n`);
  return suite;
}

function inTarget<T>(
  { to, parquet, signal }: Omit<Options, 'file' | 'json' | 'check' | 'there'>,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  // Whoever runs the command could reach every address anyway.
  const guard = createGuard({ allowed: 'any' });
  if (parquet === undefined)
    return withPostgres(
      postgresConfig(needed(to, '--to, --parquet or --destination'), '--to'),
      { guard, signal },
      work,
    );
  const folder = path.resolve(parquet);
  return withParquet({ find: (table) => filesOf(folder, table), folder, signal }, work);
}

/** `orders.parquet`, or all files below `orders/`. */
async function filesOf(folder: string, table: string): Promise<Extract<Relation, { kind: 'parquet' }>> {
  const single = path.join(folder, `${table}.parquet`);
  if (statSync(single, { throwIfNoEntry: false })) return { kind: 'parquet', files: [single] };
  const files = await Array.fromAsync(glob(`${table}/**/*.parquet`, { cwd: folder }));
  if (files.length > 0) return { kind: 'parquet', files: files.map((file) => path.join(folder, file)).toSorted() };
  throw new WeirError({
    kind: 'config',
    code: 'table_missing',
    message: `There is neither ${table}.parquet nor a folder ${table} with Parquet files in ${folder}.`,
    hint: 'Correct the name in the suite, or the folder given as --parquet.',
  });
}

/** Outside of the service there is no history: each run stands for itself. */
function unknownFacts(): Facts {
  return { now: new Date(), lastPublishedAt: null, history: [], previousRows: null, memory: null, load: null };
}

function summary(suite: string, results: readonly Measured[]) {
  const count = (outcome: NewResult['outcome']) => results.filter((result) => result.outcome === outcome).length;
  return {
    suite,
    passed: count('pass'),
    warned: count('warn'),
    failed: count('fail'),
    notMeasured: count('error'),
    results: results.map(({ memory: _memory, samplesUntil: _until, ...result }) => ({ samples: [], ...result })),
  };
}

const WORDS = { pass: 'pass', warn: 'WARN', fail: 'FAIL', error: 'ERROR' };

/** A line for each. */
export function resultLines(results: readonly Pick<NewResult, 'outcome' | 'title' | 'message'>[]): string {
  const lines = results.map(({ outcome, title, message }) => `${WORDS[outcome].padEnd(6)}${title}: ${message}\n`);
  return lines.join('');
}
