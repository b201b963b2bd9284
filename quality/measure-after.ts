import type { Relation, StagedLoad } from '#lib/destinations/destination.ts';
import type { JsonObject } from '#lib/json.ts';
import type { Facts } from './checks/check-kind.ts';
import type { Dialect } from './dialect.ts';
import type { Engine } from './engine.ts';
import { evaluate } from './evaluate.ts';
import { type MemoryOf, measure, measureRelation, metricsOf, NO_TABLE, type TableMeasurements } from './measure.ts';
import {
  type AggregateMetric,
  type Counts,
  type Measured,
  type Metric,
  metricKey,
  type RepeatedMetric,
  rowsMetric,
} from './metric.ts';
import { conditionOf } from './plan.ts';
import type { Check } from './suite.ts';
import { closureOf, isMergeable, mergeState, type States, statesFrom, statesOf } from './table-states.ts';
import {
  gapsIn,
  mergeTally,
  quantileWithin,
  type Tallies,
  type Tally,
  talliesFrom,
  talliesOf,
  talliesToStore,
  tallyOf,
} from './tallies.ts';

export interface AfterOptions {
  readonly facts: (check: Check) => Facts;
  /** What the table held after its last publish, and which that was. */
  readonly known: { readonly publish: string; readonly states: JsonObject } | null;
  /** Where the table can't be looked at: whether a check that does not follow from what is known is measured of the load alone. */
  readonly alone?: (check: Check) => boolean;
}

export interface Measuring {
  readonly measured: TableMeasurements;
  /** Checks whose value is known to half a percent only, which does not change what they say. */
  readonly approximate: ReadonlySet<string>;
  /** Checks that were measured of the load alone. */
  readonly alone: ReadonlySet<string>;
  /** Checks that were not measured: the table would have to be looked at. */
  readonly unknown: ReadonlySet<string>;
  /** What the table will hold, for the next load, as far as it is known. */
  readonly states: JsonObject | null;
}

/**
 * Measures a table as publishing the stage would leave it. What merges with the table's stored state is measured over the
 * rows that come and go; only the rest looks at the whole table, where that can be looked at.
 */
export async function measureAfter(
  engine: Engine,
  staged: StagedLoad,
  checks: readonly Check[],
  { facts, known, alone = () => true }: AfterOptions,
): Promise<Measuring> {
  const memoryOf: MemoryOf = (check) => facts(check).memory;
  const before = knownBefore(staged, known);
  const cheap = before === null ? [] : checks.filter((check) => canMerge(check, memoryOf, staged, before));
  const merged = before === null ? NOTHING : await mergedValues(engine, staged, metricsIn(cheap, memoryOf), before);
  const told = cheap.filter((check) => isTold(check, merged, facts(check)));
  const left = checks.filter((check) => !told.includes(check));
  const keys = (some: readonly Check[]) => new Set(some.map(({ key }) => key));
  const far = staged.after === null ? left.filter((check) => metricsOf(check, memoryOf(check)).length > 0) : [];
  const unknown = far.filter((check) => !alone(check));
  const looked = await lookAtAll(
    engine,
    staged,
    left.filter((check) => !unknown.includes(check)),
    memoryOf,
  );
  const ofTable = new Map([...merged.values, ...(staged.after === null ? [] : looked.measured.measurements)]);
  return {
    measured: {
      ...looked.measured,
      measurements: new Map([...merged.values, ...looked.measured.measurements]),
    },
    approximate: keys(told.filter((check) => isNear(check, merged, memoryOf))),
    alone: keys(far.filter(alone)),
    unknown: keys(unknown),
    states:
      staged.after === null && before === null
        ? null
        : {
            ...Object.fromEntries(statesOf(ofTable)),
            ...talliesToStore(new Map([...merged.tallies, ...looked.tallies])),
          },
  };
}

/** The stored state counts only while its publish is the table's last; how many rows there are may be known besides. */
function knownBefore({ tableOf, tableRows, replaces }: StagedLoad, known: AfterOptions['known']): KnownStates | null {
  if (replaces) return null;
  const stored = known !== null && known.publish === tableOf ? knownFrom(known.states) : null;
  if (tableRows === null) return stored;
  const rows = [[metricKey(rowsMetric(undefined)), tableRows]] as const;
  return { tallies: stored?.tallies ?? new Map(), states: new Map([...(stored?.states ?? []), ...rows]) };
}

interface KnownStates {
  readonly states: States;
  readonly tallies: Tallies;
}

interface Merged {
  readonly values: ReadonlyMap<string, Measured>;
  readonly tallies: Tallies;
  /** Of quantiles: the smallest and the largest that they may be. */
  readonly within: ReadonlyMap<string, { readonly low: number; readonly high: number }>;
}

const NOTHING: Merged = { values: new Map(), tallies: new Map(), within: new Map() };

function knownFrom(stored: JsonObject): KnownStates {
  return { states: statesFrom(stored), tallies: talliesFrom(stored) };
}

/** Whether all that the check needs was merged, and what is known nearly only can't change what it says. */
function isTold(check: Check, merged: Merged, facts: Facts): boolean {
  const metrics = metricsOf(check, facts.memory);
  if (metrics.some((metric) => !merged.values.has(metricKey(metric)))) return false;
  const ends = (['low', 'high'] as const).map((end) => {
    const bounds = [...merged.within].map(([key, within]) => [key, { value: within[end] }] as const);
    const measurements = new Map<string, Measured>([...merged.values, ...bounds]);
    return evaluate(check, { ...NO_TABLE, measurements }, facts).outcome;
  });
  return !metrics.some((metric) => merged.within.has(metricKey(metric))) || ends[0] === ends[1];
}

function isNear(check: Check, { within }: Merged, memoryOf: MemoryOf): boolean {
  return metricsOf(check, memoryOf(check)).some((metric) => {
    const { low, high } = within.get(metricKey(metric)) ?? { low: 0, high: 0 };
    return low !== high;
  });
}

/** The whole table, and beside what the checks ask for what merging will need next time. */
async function lookAtAll(
  engine: Engine,
  staged: StagedLoad,
  checks: readonly Check[],
  memoryOf: MemoryOf,
): Promise<{ measured: TableMeasurements; tallies: Tallies }> {
  const relation = staged.after ?? staged.load;
  const measured = await measureRelation(engine, relation, checks, memoryOf);
  if (measured.sources === null || staged.after === null) return { measured, tallies: new Map() };
  const metrics = metricsIn(
    checks.filter(({ key, per }) => per === undefined && !measured.failures.has(key)),
    memoryOf,
  );
  const tallies = talliesIn(metrics);
  const needed = [...metrics.filter(isMergeable).flatMap(closureOf), ...tallies];
  const missing = needed.filter((metric) => !measured.measurements.has(metricKey(metric)));
  const wanted = missing.map((metric) => ({ metric, per: null }));
  const more = missing.length === 0 ? null : await measure(engine, measured.sources, wanted);
  const found = new Map([...measured.measurements, ...(more?.measurements ?? [])]);
  return { measured: { ...measured, measurements: found }, tallies: talliesOf(found, tallies) };
}

function metricsIn(checks: readonly Check[], memoryOf: MemoryOf): Metric[] {
  const all = checks.flatMap((check) => metricsOf(check, memoryOf(check)));
  return [...new Map(all.map((metric) => [metricKey(metric), metric])).values()];
}

function talliesIn(metrics: readonly Metric[]) {
  const all = metrics.flatMap((metric) => tallyOf(metric) ?? []);
  return [...new Map(all.map((tally) => [metricKey(tally), tally])).values()];
}

function canMerge(check: Check, memoryOf: MemoryOf, staged: StagedLoad, before: KnownStates): boolean {
  if (check.per !== undefined || (staged.removed !== null && staged.removed.kind === 'parquet')) return false;
  const metrics = metricsOf(check, memoryOf(check));
  return (
    metrics.length > 0 &&
    metrics.every((metric) => {
      if (isMergeable(metric)) return closureOf(metric).every((each) => before.states.has(metricKey(each)));
      const tally = tallyOf(metric);
      if (tally !== null) return before.tallies.has(metricKey(tally));
      return metric.type === 'repeated' && staged.table?.kind === 'postgres' && before.states.has(metricKey(metric));
    })
  );
}

async function mergedValues(
  engine: Engine,
  staged: StagedLoad,
  metrics: readonly Metric[],
  before: KnownStates,
): Promise<Merged> {
  const closure = metrics.filter(isMergeable).flatMap(closureOf);
  const kept = talliesIn(metrics);
  const added = await partOf(engine, staged.added, closure, kept);
  const removed = await partOf(engine, staged.removed, closure, kept);
  const values = new Map<string, Measured>();
  for (const metric of closure) {
    const value = mergeState(metric, { before: before.states, added: added.states, removed: removed.states });
    if (value !== null) values.set(metricKey(metric), value);
  }
  for (const metric of metrics) {
    if (metric.type === 'repeated')
      values.set(metricKey(metric), await repeatedAfter(engine, staged, metric, before.states));
  }
  const tallies = new Map<string, Counts>();
  for (const tally of kept) {
    const parts = { before: before.tallies, added: added.tallies, removed: removed.tallies };
    const counts = added.isWhole && removed.isWhole ? mergeTally(tally, parts) : null;
    if (counts !== null) tallies.set(metricKey(tally), counts);
  }
  return { values: new Map([...values, ...counted(metrics, tallies)]), tallies, within: quantiles(metrics, tallies) };
}

/** What the counts say of the metrics that are told by them. */
function counted(metrics: readonly Metric[], tallies: Tallies): [string, Measured][] {
  return metrics.flatMap((metric): [string, Measured][] => {
    const counts = countsFor(metric, tallies);
    if (counts === null) return [];
    if (metric.type === 'counts' || metric.type === 'records') return [[metricKey(metric), { counts }]];
    if (metric.type === 'gaps') return [[metricKey(metric), { value: gapsIn(counts) }]];
    const found = quantileWithin(counts, fractionOf(metric));
    // Values that are no numbers have no place among the others: looking at the table says so.
    return found === null && counts.size > 0 ? [] : [[metricKey(metric), { value: found?.middle ?? null }]];
  });
}

function quantiles(metrics: readonly Metric[], tallies: Tallies): Merged['within'] {
  return new Map(
    metrics.flatMap((metric) => {
      const counts = metric.type === 'aggregate' ? countsFor(metric, tallies) : null;
      const within = counts && quantileWithin(counts, fractionOf(metric));
      return within ? [[metricKey(metric), within] as const] : [];
    }),
  );
}

function countsFor(metric: Metric, tallies: Tallies): Counts | null {
  const tally = tallyOf(metric);
  return tally === null ? null : (tallies.get(metricKey(tally)) ?? null);
}

function fractionOf(metric: Metric): number {
  return metric.type === 'aggregate' ? (metric.fraction ?? 0.5) : 0.5;
}

interface Part extends KnownStates {
  /** Nothing of it could not be measured. */
  readonly isWhole: boolean;
}

async function partOf(
  engine: Engine,
  relation: Relation | null,
  metrics: readonly AggregateMetric[],
  tallies: readonly Tally[],
): Promise<Part> {
  if (relation === null || metrics.length + tallies.length === 0)
    return { states: new Map(), tallies: new Map(), isWhole: true };
  const sources = { table: engine.dialect.source(relation), references: new Map() };
  const wanted = [...metrics, ...tallies].map((metric) => ({ metric, per: null }));
  const { measurements } = await measure(engine, sources, wanted);
  const found = talliesOf(measurements, tallies);
  return { states: statesOf(measurements), tallies: found, isWhole: found.size === tallies.length };
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
