import type { Relation, StagedLoad } from '#lib/destinations/destination.ts';
import type { JsonObject } from '#lib/json.ts';
import type { Dialect } from './dialect.ts';
import type { Engine } from './engine.ts';
import { type MemoryOf, measure, measureRelation, metricsOf, type TableMeasurements } from './measure.ts';
import { type AggregateMetric, type Measured, type Metric, metricKey, type RepeatedMetric } from './metric.ts';
import { conditionOf } from './plan.ts';
import type { Check } from './suite.ts';
import { closureOf, isMergeable, mergeState, type States, statesFrom, statesOf } from './table-states.ts';

export interface AfterOptions {
  readonly memoryOf: MemoryOf;
  /** What the table held after its last publish, with the sync that wrote it. */
  readonly known: { readonly syncId: number; readonly states: JsonObject } | null;
}

export interface Measuring {
  readonly measured: TableMeasurements;
  /** What the table will hold, for the next load; null where that is not known of all of it. */
  readonly states: JsonObject | null;
}

/**
 * Measures a table as publishing the stage would leave it. What merges with the table's stored state is measured over the
 * rows that come and go; only the rest looks at the whole table.
 */
export async function measureAfter(
  engine: Engine,
  staged: StagedLoad,
  checks: readonly Check[],
  { memoryOf, known }: AfterOptions,
): Promise<Measuring> {
  const before =
    known !== null && staged.tableOf === known.syncId && !staged.replaces ? statesFrom(known.states) : null;
  const cheap = before === null ? [] : checks.filter((check) => canMerge(check, memoryOf, staged, before));
  const others = checks.filter((check) => !cheap.includes(check));
  const merged =
    before === null
      ? new Map<string, Measured>()
      : await mergedValues(engine, staged, metricsIn(cheap, memoryOf), before);
  const rescan = cheap.filter((check) =>
    metricsOf(check, memoryOf(check)).some((metric) => !merged.has(metricKey(metric))),
  );
  const looked = await lookAtAll(engine, staged, [...others, ...rescan], memoryOf);
  const measured = { ...looked, measurements: new Map([...merged, ...looked.measurements]) };
  const complete = staged.after !== null || before !== null;
  return {
    measured,
    states: complete ? Object.fromEntries([...(before ?? []), ...statesOf(measured.measurements)]) : null,
  };
}

/** The whole table, and beside what the checks ask for what merging will need next time. */
async function lookAtAll(
  engine: Engine,
  staged: StagedLoad,
  checks: readonly Check[],
  memoryOf: MemoryOf,
): Promise<TableMeasurements> {
  const relation = staged.after ?? staged.load;
  const measured = await measureRelation(engine, relation, checks, memoryOf);
  if (measured.sources === null || staged.after === null) return measured;
  const needed = metricsIn(checks, memoryOf).filter(isMergeable).flatMap(closureOf);
  const missing = needed.filter((metric) => !measured.measurements.has(metricKey(metric)));
  if (missing.length === 0) return measured;
  const more = await measure(
    engine,
    measured.sources,
    missing.map((metric) => ({ metric, per: null })),
  );
  return { ...measured, measurements: new Map([...measured.measurements, ...more.measurements]) };
}

function metricsIn(checks: readonly Check[], memoryOf: MemoryOf): Metric[] {
  const all = checks.flatMap((check) => metricsOf(check, memoryOf(check)));
  return [...new Map(all.map((metric) => [metricKey(metric), metric])).values()];
}

function canMerge(check: Check, memoryOf: MemoryOf, staged: StagedLoad, before: States): boolean {
  if (check.per !== undefined || (staged.removed !== null && staged.removed.kind === 'parquet')) return false;
  const metrics = metricsOf(check, memoryOf(check));
  return (
    metrics.length > 0 &&
    metrics.every((metric) => {
      if (isMergeable(metric)) return closureOf(metric).every((each) => before.has(metricKey(each)));
      return metric.type === 'repeated' && staged.table?.kind === 'postgres' && before.has(metricKey(metric));
    })
  );
}

async function mergedValues(
  engine: Engine,
  staged: StagedLoad,
  metrics: readonly Metric[],
  before: States,
): Promise<Map<string, Measured>> {
  const mergeable = metrics.filter(isMergeable);
  const closure = mergeable.flatMap(closureOf);
  const [added, removed] = [
    await statesIn(engine, staged.added, closure),
    await statesIn(engine, staged.removed, closure),
  ];
  const values = new Map<string, Measured>();
  for (const metric of closure) {
    const value = mergeState(metric, { before, added, removed });
    if (value !== null) values.set(metricKey(metric), value);
  }
  for (const metric of metrics) {
    if (metric.type === 'repeated') values.set(metricKey(metric), await repeatedAfter(engine, staged, metric, before));
  }
  return values;
}

async function statesIn(
  engine: Engine,
  relation: Relation | null,
  metrics: readonly AggregateMetric[],
): Promise<States> {
  if (relation === null || metrics.length === 0) return new Map();
  const sources = { table: engine.dialect.source(relation), references: new Map() };
  const { measurements } = await measure(
    engine,
    sources,
    metrics.map((metric) => ({ metric, per: null })),
  );
  return statesOf(measurements);
}

/** Only keys that come or go can change how often they occur. */
async function repeatedAfter(
  engine: Engine,
  staged: StagedLoad,
  metric: RepeatedMetric,
  before: States,
): Promise<Measured> {
  if (isUnique(staged, metric)) return { value: 0 };
  try {
    const [row] = await engine.rows(repeatedChange(staged, metric, engine.dialect));
    return { value: (before.get(metricKey(metric)) ?? 0) + Number(row?.change ?? 0) };
  } catch (error) {
    return { failure: engine.failureOf(error) };
  }
}

/** Publishing itself keeps these columns unique. */
function isUnique({ uniqueKey }: StagedLoad, { columns }: RepeatedMetric): boolean {
  return uniqueKey?.every((column) => columns.includes(column)) === true;
}

function repeatedChange(
  { table, added, removed }: StagedLoad,
  { columns, where }: RepeatedMetric,
  dialect: Dialect,
): string {
  const names = columns.map(dialect.quote);
  const keys = names.join(', ');
  const condition = conditionOf(
    names.map((name) => `${name} is not null`),
    where,
  );
  const counted = (relation: Relation | null, more = '') =>
    relation === null
      ? `select ${keys}, 0 as n from come where false`
      : `select ${keys}, count(*) as n from ${dialect.source(relation)}${condition}${more} group by ${keys}`;
  const change =
    'sum(greatest(coalesce(t.n, 0) + coalesce(c.n, 0) - coalesce(g.n, 0) - 1, 0) - greatest(coalesce(t.n, 0) - 1, 0))';
  return `with come as (${counted(added)}), go as (${counted(removed)}),
    changed as (select ${keys} from come union select ${keys} from go),
    there as (${counted(table, ` and (${keys}) in (select ${keys} from changed)`)})
    select coalesce(${change}, 0) as change from changed
      left join there t using (${keys}) left join come c using (${keys}) left join go g using (${keys})`;
}
