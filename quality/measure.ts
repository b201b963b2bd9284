import type { Failure } from '#lib/errors.ts';
import { checkKind } from './checks/index.ts';
import type { Dialect } from './dialect.ts';
import type { Engine } from './engine.ts';
import { type Measured, type Measurements, metricKey } from './metric.ts';
import { didYouMean } from './nearest-name.ts';
import { plan, type Statement, singleStatements } from './plan.ts';
import type { Check } from './suite.ts';

/** What the checks of one table measured, and the columns that some of them name and the table has not. */
export interface TableMeasurements {
  readonly measurements: Measurements;
  /** By check key: why a check could not be measured at all. */
  readonly failures: ReadonlyMap<string, Failure>;
}

/** Measures everything that the checks of one table need. Never throws for what one check did wrong. */
export async function measureTable(
  engine: Engine,
  table: string,
  checks: readonly Check[],
): Promise<TableMeasurements> {
  const needsTable = checks.filter(({ kind, params, where }) => checkKind(kind).metrics(params, where).length > 0);
  if (needsTable.length === 0) return { measurements: new Map(), failures: new Map() };
  let found: Awaited<ReturnType<Engine['find']>>;
  try {
    found = await engine.find(table);
  } catch (error) {
    const failure = engine.failureOf(error);
    return { measurements: new Map(), failures: new Map(needsTable.map(({ key }) => [key, failure])) };
  }
  const failures = missingColumns(needsTable, table, found.columns);
  const measurable = needsTable.filter(({ key }) => !failures.has(key));
  const source = engine.dialect.source(found.relation);
  return { measurements: await measure(engine, source, measurable), failures };
}

/** Runs the plan of the checks over one source. */
export async function measure(engine: Engine, source: string, checks: readonly Check[]): Promise<Measurements> {
  const { dialect } = engine;
  const measured = new Map<string, Measured>();
  for (const statement of plan(checks, source, dialect)) {
    for (const [key, value] of await run(engine, statement, source, dialect)) measured.set(key, value);
  }
  return measured;
}

async function run(
  engine: Engine,
  statement: Statement,
  source: string,
  dialect: Dialect,
): Promise<[string, Measured][]> {
  try {
    const row = await engine.one(statement.sql);
    return statement.metrics.map((metric, index) => [metricKey(metric), readValue(row[`m${index}`])]);
  } catch (error) {
    const isBundle = statement.metrics.length > 1 && engine.isWorthSplitting(error);
    if (!isBundle) return statement.metrics.map((metric) => [metricKey(metric), { failure: engine.failureOf(error) }]);
  }
  const alone: [string, Measured][] = [];
  for (const single of singleStatements(statement, source, dialect))
    alone.push(...(await run(engine, single, source, dialect)));
  return alone;
}

function readValue(value: unknown): Measured {
  if (value === null || value === undefined) return { value: null };
  const number = Number(value);
  if (Number.isFinite(number)) return { value: number };
  return { failure: notANumber(value) };
}

function notANumber(value: unknown): Failure {
  return {
    kind: 'config',
    code: 'not_a_number',
    message: `The result is no number (${String(value).slice(0, 40)}).`,
    hint: 'This kind of check needs a column of numbers without NaN or infinity; leave those out with where.',
  };
}

function missingColumns(checks: readonly Check[], table: string, columns: readonly string[]): Map<string, Failure> {
  const known = new Set(columns);
  return new Map(
    checks.flatMap(({ key, kind, params }) => {
      const missing = checkKind(kind)
        .columns(params)
        .find((column) => !known.has(column));
      return missing === undefined ? [] : [[key, columnMissing(missing, table, columns)] as const];
    }),
  );
}

function columnMissing(column: string, table: string, columns: readonly string[]): Failure {
  return {
    kind: 'config',
    code: 'column_missing',
    message: `${table} has no column ${column}.${didYouMean(column, columns)}`,
    hint: 'Correct the name in the suite, or find out where the column went.',
  };
}
