import type { JsonValue } from '#lib/json.ts';
import type { Facts, Point } from './checks/check-kind.ts';
import { checkKind } from './checks/index.ts';
import type { Engine, Row, TableColumn } from './engine.ts';
import { evaluate } from './evaluate.ts';
import { historyColumn } from './history-column.ts';
import { metricsOf, NO_TABLE } from './measure.ts';
import {
  type AggregateMetric,
  type Counts,
  type Measured,
  type Metric,
  metricKey,
  type Period,
  rowsMetric,
  type SketchMetric,
} from './metric.ts';
import { aggregateSql, bucketSql, conditionOf, periodSql } from './plan.ts';
import type { NewResult } from './result-store.ts';
import type { Check, HistoryRules } from './suite.ts';
import { closureOf, isMergeable, mergeState, type States } from './table-states.ts';
import { quantileWithin, tallyOf } from './tallies.ts';

const PERIOD_MS: Readonly<Record<Exclude<Period, 'month' | 'minute'>, number>> = {
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
};
/** Weeks are counted from the Monday before 1970. */
const WEEK_SHIFT_MS = 3 * 86_400_000;

/** Buckets of columns of which percentiles are wanted, over all periods: beyond, percentiles are left out. */
const MOST_BUCKETS = 200_000;

/**
 * What each check would have measured at the end of past periods, had it been there: one grouped scan, whose parts are put
 * together from the oldest on, and one more for each column of which percentiles are wanted. Only for checks of which parts
 * can be put together. A row counts from the time in its column on.
 */
export async function backfill(
  engine: Engine,
  table: string,
  checks: readonly Check[],
  { history, facts }: { history: HistoryRules; facts: (check: Check) => Facts },
): Promise<NewResult[]> {
  const past = await findPast(engine, table, history, checks.map(facts)[0]?.now);
  if (past === null) return [];
  const known = new Set(past.columns.map(({ name }) => name));
  const able = checks.filter((check) =>
    checkKind(check.kind)
      .columns(check.params)
      .every((name) => known.has(name)),
  );
  const wanted = distinct(able.flatMap((check) => metricsOf(check, null)));
  const metrics = distinct([rowsMetric(undefined), ...wanted.filter(isMergeable).flatMap(closureOf)]);
  const sketches = distinct(wanted.flatMap(sketchOf));
  const rows = await engine.rows(periodsSql(engine, past, metrics));
  const tallies = new Map<string, ReadonlyMap<number, Counts>>();
  for (const sketch of sketches) tallies.set(metricKey(sketch), await bucketsByPeriod(engine, past, sketch));
  return resultsOver(rows, { past, metrics, tallies, able, facts });
}

function sketchOf(metric: Metric): SketchMetric[] {
  const tally = isMergeable(metric) ? null : tallyOf(metric);
  return tally?.type === 'sketch' ? [tally] : [];
}

/** Whether what the check measures sums up, per table and not per segment. */
export function canBackfill(check: Check): boolean {
  const metrics = metricsOf(check, null);
  const sumsUp = (metric: Metric) => isMergeable(metric) || sketchOf(metric).length > 0;
  return check.per === undefined && metrics.length > 0 && check.kind !== 'drift' && metrics.every(sumsUp);
}

interface Past extends HistoryRules {
  readonly column: string;
  readonly source: string;
  readonly columns: readonly TableColumn[];
  readonly now: Date;
}

/** Null where the table has no column that tells of it. */
async function findPast(engine: Engine, table: string, history: HistoryRules, now = new Date()): Promise<Past | null> {
  const relation = await engine.find(table).catch((error) => {
    // Checks may be written before their table is loaded.
    if (history.isAsked) throw error;
    return null;
  });
  if (relation === null) return null;
  const columns = await engine.columnsOf(relation);
  const column = history.column ?? historyColumn(columns);
  return column === null ? null : { ...history, column, columns, now, source: engine.dialect.source(relation) };
}

interface Parts {
  readonly past: Past;
  readonly metrics: readonly AggregateMetric[];
  /** By sketch and period. */
  readonly tallies: ReadonlyMap<string, ReadonlyMap<number, Counts>>;
  readonly able: readonly Check[];
  readonly facts: (check: Check) => Facts;
}

function resultsOver(rows: readonly Row[], { past, metrics, tallies, able, facts }: Parts): NewResult[] {
  const results: NewResult[] = [];
  const told = new Map<string, readonly Point[]>();
  let before: States = new Map();
  const counts = new Map([...tallies.keys()].map((key) => [key, new Map<string, number>()]));
  for (const [index, row] of rows.entries()) {
    before = after(before, statesIn(row, metrics), metrics);
    for (const [key, byPeriod] of tallies) {
      const sums = counts.get(key);
      for (const [bucket, n] of byPeriod.get(Number(row.p)) ?? []) sums?.set(bucket, (sums.get(bucket) ?? 0) + n);
    }
    const at = endOf(Number(row.p), past.every);
    // The first part holds all that is older, and the last period is not over.
    if (index === 0 || at > past.now) continue;
    for (const check of able) {
      const history = told.get(check.key) ?? [];
      const result = resultAt(check, before, { ...facts(check), now: at, history: historyFor(check, history) }, counts);
      if (result.value !== null) told.set(check.key, [...history, { at, value: result.value }]);
      results.push(result);
    }
  }
  // What could not be counted to its end says nothing, and a row of errors is no past.
  return results.filter(({ outcome }) => outcome !== 'error');
}

/** Changes are held against the period before; what was unusual is looked up in the look-back, all at once. */
function historyFor({ kind }: Check, told: readonly Point[]): readonly Point[] {
  return kind === 'anomaly' ? [] : told;
}

function distinct<T extends Metric>(metrics: readonly T[]): T[] {
  return [...new Map(metrics.map((metric) => [metricKey(metric), metric])).values()];
}

function periodsSql(engine: Engine, past: Past, metrics: readonly AggregateMetric[]): string {
  const values = metrics.map((metric, index) => `${aggregateSql(metric, engine.dialect)} as m${index}`);
  const { select, from } = byPeriod(engine, past);
  return `${select}, ${values.join(', ')} ${from} group by 1 order by 1`;
}

async function bucketsByPeriod(
  engine: Engine,
  past: Past,
  { column, where }: SketchMetric,
): Promise<Map<number, Counts>> {
  const { select, from } = byPeriod(engine, past, [`${engine.dialect.quote(column)} is not null`], where);
  const sql = `${select}, ${bucketSql(column, engine.dialect)} as value, count(*) as n ${from} group by 1, 2 limit ${MOST_BUCKETS}`;
  const rows = await engine.rows(sql);
  const periods = new Map<number, Map<string, number>>();
  if (rows.length === MOST_BUCKETS) return periods;
  for (const { p, value, n } of rows) {
    const counts = periods.get(Number(p)) ?? new Map<string, number>();
    periods.set(Number(p), counts.set(String(value), Number(n)));
  }
  return periods;
}

/** Period by period; all that is older than those asked for is one more. */
function byPeriod(engine: Engine, { column, every, periods, source, now }: Past, more: string[] = [], where?: string) {
  const name = engine.dialect.quote(column);
  const oldest = numberAt(now, every) - periods - 1;
  return {
    select: `select greatest(${periodSql(name, every, engine.dialect)}, ${oldest}) as p`,
    from: `from ${source}${conditionOf([`${name} is not null`, ...more], where)}`,
  };
}

function statesIn(row: Row, metrics: readonly AggregateMetric[]): States {
  return new Map(
    metrics.map((metric, index) => {
      const value = row[`m${index}`];
      return [metricKey(metric), value === null || value === undefined ? null : Number(value)];
    }),
  );
}

function after(before: States, added: States, metrics: readonly AggregateMetric[]): States {
  const merged = metrics.flatMap((metric) => {
    const state = mergeState(metric, { before, added, removed: new Map() });
    return state === null ? [] : [[metricKey(metric), state.value] as const];
  });
  return new Map(merged);
}

function resultAt(
  check: Check,
  states: States,
  facts: Facts,
  counts: ReadonlyMap<string, ReadonlyMap<string, number>>,
): NewResult {
  const measurements = new Map<string, Measured>([...states].map(([key, value]) => [key, { value }]));
  for (const metric of metricsOf(check, null)) {
    if (metric.type !== 'aggregate') continue;
    const tally = tallyOf(metric);
    const found = tally && quantileWithin(counts.get(metricKey(tally)) ?? new Map(), metric.fraction ?? 0.5);
    if (found) measurements.set(metricKey(metric), { value: found.middle });
  }
  return { ...evaluate(check, { ...NO_TABLE, measurements }, facts), memory: null as JsonValue, measuredAt: facts.now };
}

function numberAt(time: Date, every: HistoryRules['every']): number {
  return Math.floor((time.getTime() + (every === 'week' ? WEEK_SHIFT_MS : 0)) / PERIOD_MS[every]);
}

function endOf(period: number, every: HistoryRules['every']): Date {
  return new Date((period + 1) * PERIOD_MS[every] - (every === 'week' ? WEEK_SHIFT_MS : 0));
}
