import type { Relation } from '#lib/destinations/destination.ts';
import type { Failure } from '#lib/errors.ts';
import type { JsonValue } from '#lib/json.ts';
import { checkKind } from './checks/index.ts';
import type { Engine, TableColumn } from './engine.ts';
import { type Measurements, type Metric, rowsMetric } from './metric.ts';
import { didYouMean } from './nearest-name.ts';
import { plan, type Sources, type Statement, singleStatements, type Wanted } from './plan.ts';
import { type Collected, collect, fail } from './read-statement.ts';
import type { Check } from './suite.ts';

/** What the checks of one table measured, and why some could not be. */
export interface TableMeasurements {
  /** Where it was measured; null where there was nothing to look at. */
  readonly sources: Sources | null;
  readonly columns: readonly TableColumn[];
  readonly measurements: Measurements;
  /** By column that checks are broken down by: the whole, and the part of each of its values. */
  readonly segments: ReadonlyMap<
    string,
    { readonly whole: Measurements; readonly parts: ReadonlyMap<string, Measurements> }
  >;
  /** By check key: why a check could not be measured at all. */
  readonly failures: ReadonlyMap<string, Failure>;
}

/** What a check kept of the load before. */
export type MemoryOf = (check: Check) => JsonValue;

/** Where there is nothing to look at. */
export const NO_TABLE: TableMeasurements = {
  sources: null,
  columns: [],
  measurements: new Map(),
  segments: new Map(),
  failures: new Map(),
};

/** Measures what checks need of a relation. */
export type Look = typeof measureRelation;

/** Measures everything that the checks of one table need. Never throws for what one check did wrong. */
export async function measureTable(
  engine: Engine,
  table: string,
  checks: readonly Check[],
  memoryOf: MemoryOf,
  look: Look = measureRelation,
): Promise<TableMeasurements> {
  const looking = checks.filter((check) => looksAtTable(check, memoryOf(check)));
  try {
    if (looking.length === 0) {
      await engine.assertThere(table);
      return NO_TABLE;
    }
    return await look(engine, await engine.find(table), looking, memoryOf);
  } catch (error) {
    const failure = engine.failureOf(error);
    // Of a table that is not there nothing holds, not even how fresh it is.
    const failed = failure.code === 'table_missing' ? checks : looking;
    return { ...NO_TABLE, failures: new Map(failed.map(({ key }) => [key, failure])) };
  }
}

/** The same where the table is known, or is not yet one. */
export async function measureRelation(
  engine: Engine,
  relation: Relation,
  checks: readonly Check[],
  memoryOf: MemoryOf,
): Promise<TableMeasurements> {
  const columns = await engine.columnsOf(relation);
  const failures = missingColumns(checks, columns);
  const references = await findReferences(engine, checks, memoryOf, failures);
  const sources = { table: engine.dialect.source(relation), references };
  const wanted = checks.filter(({ key }) => !failures.has(key)).flatMap((check) => wantedBy(check, memoryOf(check)));
  return { sources, columns, failures, ...(await measure(engine, sources, wanted)) };
}

/** Runs the plan over one source. */
export async function measure(engine: Engine, sources: Sources, wanted: readonly Wanted[]): Promise<Collected> {
  const collected: Collected = { measurements: new Map(), segments: new Map() };
  const statements = plan(wanted, sources, engine.dialect).values();
  const lane = async () => {
    for (const statement of statements) await run(engine, statement, sources, collected);
  };
  await Promise.all(Array.from({ length: engine.statementsAtOnce }, lane));
  return collected;
}

async function run(engine: Engine, statement: Statement, sources: Sources, into: Collected): Promise<void> {
  try {
    await collect(statement, await engine.rows(statement.sql, statement.hint), into);
  } catch (error) {
    const isBundle = statement.metrics.length > 1 && engine.isWorthSplitting(error);
    if (!isBundle) return fail(statement, engine.failureOf(error), into);
    for (const single of singleStatements(statement, sources, engine.dialect)) await run(engine, single, sources, into);
  }
}

/** What a check needs measured. */
export function metricsOf({ kind, params, where, minimumRows }: Check, memory: JsonValue): Metric[] {
  const metrics = checkKind(kind).metrics(params, where, memory);
  return minimumRows === undefined ? metrics : [rowsMetric(where), ...metrics];
}

function wantedBy(check: Check, memory: JsonValue): Wanted[] {
  return metricsOf(check, memory).map((metric) => ({ metric, per: check.per ?? null }));
}

/** Freshness of a sync, for one, looks at no table. */
export function looksAtTable(check: Check, memory: JsonValue): boolean {
  return checkKind(check.kind).readsColumns === true || metricsOf(check, memory).length > 0;
}

async function findReferences(
  engine: Engine,
  checks: readonly Check[],
  memoryOf: MemoryOf,
  failures: Map<string, Failure>,
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const check of checks) {
    for (const metric of metricsOf(check, memoryOf(check))) {
      if (!('reference' in metric) || found.has(metric.reference.table)) continue;
      try {
        found.set(metric.reference.table, engine.dialect.source(await engine.find(metric.reference.table)));
      } catch (error) {
        failures.set(check.key, engine.failureOf(error));
      }
    }
  }
  return found;
}

function missingColumns(checks: readonly Check[], columns: readonly TableColumn[]): Map<string, Failure> {
  const names = columns.map(({ name }) => name);
  const known = new Set(names);
  return new Map(
    checks.flatMap(({ key, kind, params, per, table }) => {
      const needed = [...checkKind(kind).columns(params), ...(per === undefined ? [] : [per])];
      const missing = needed.find((column) => !known.has(column));
      return missing === undefined ? [] : [[key, columnMissing(missing, table, names)] as const];
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
