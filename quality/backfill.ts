import type { JsonValue } from '#lib/json.ts';
import type { Facts } from './checks/check-kind.ts';
import type { Engine, Row } from './engine.ts';
import { evaluate } from './evaluate.ts';
import { metricsOf } from './measure.ts';
import { type AggregateMetric, type Measured, metricKey, type Period } from './metric.ts';
import { aggregateSql, conditionOf, periodSql } from './plan.ts';
import type { NewResult } from './store.ts';
import type { Check, HistoryRules } from './suite.ts';
import { closureOf, isMergeable, mergeState, type States } from './table-states.ts';

const PERIOD_MS: Readonly<Record<Exclude<Period, 'month' | 'minute'>, number>> = {
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
};
/** Weeks are counted from the Monday before 1970. */
const WEEK_SHIFT_MS = 3 * 86_400_000;

/**
 * What each check would have measured at the end of past periods, had it been there: one grouped scan, whose parts are put
 * together from the oldest on. Only for checks of which parts can be put together. A row counts from the time in its column on.
 */
export async function backfill(
  engine: Engine,
  source: string,
  checks: readonly Check[],
  { history, facts }: { history: HistoryRules; facts: Facts },
): Promise<NewResult[]> {
  const able = checks.filter((check) => canBackfill(check));
  const metrics = distinct(able.flatMap((check) => metricsOf(check, null).filter(isMergeable).flatMap(closureOf)));
  if (able.length === 0) return [];
  const rows = await engine.rows(periodsSql(engine, source, metrics, history, facts.now));
  const results: NewResult[] = [];
  let before: States = new Map();
  for (const [index, row] of rows.entries()) {
    before = after(before, statesIn(row, metrics), metrics);
    const at = endOf(Number(row.p), history.every);
    // The first part holds all that is older, and the last period is not over.
    if (index > 0 && at <= facts.now)
      results.push(...able.map((check) => resultAt(check, before, { ...facts, now: at }, at)));
  }
  return results;
}

/** What sums up, per table and not per segment, and does not depend on what was before it. */
function canBackfill(check: Check): boolean {
  const metrics = metricsOf(check, null);
  return check.per === undefined && metrics.length > 0 && metrics.every(isMergeable);
}

function distinct(metrics: readonly AggregateMetric[]): AggregateMetric[] {
  return [...new Map(metrics.map((metric) => [metricKey(metric), metric])).values()];
}

function periodsSql(
  engine: Engine,
  source: string,
  metrics: readonly AggregateMetric[],
  { column, every, periods }: HistoryRules,
  now: Date,
): string {
  const { dialect } = engine;
  const name = dialect.quote(column);
  const oldest = numberAt(now, every) - periods - 1;
  const values = metrics.map((metric, index) => `${aggregateSql(metric, dialect)} as m${index}`);
  return `select greatest(${periodSql(name, every, dialect)}, ${oldest}) as p, ${values.join(', ')} from ${source}${conditionOf([`${name} is not null`])} group by 1 order by 1`;
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

function resultAt(check: Check, states: States, facts: Facts, at: Date): NewResult {
  const measurements = new Map<string, Measured>([...states].map(([key, value]) => [key, { value }]));
  const measured = { sources: null, columns: [], measurements, segments: new Map(), failures: new Map() };
  return { ...evaluate(check, measured, facts), memory: null as JsonValue, measuredAt: at };
}

function numberAt(time: Date, every: HistoryRules['every']): number {
  return Math.floor((time.getTime() + (every === 'week' ? WEEK_SHIFT_MS : 0)) / PERIOD_MS[every]);
}

function endOf(period: number, every: HistoryRules['every']): Date {
  return new Date((period + 1) * PERIOD_MS[every] - (every === 'week' ? WEEK_SHIFT_MS : 0));
}
