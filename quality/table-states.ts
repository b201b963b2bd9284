import type { JsonObject } from '#lib/json.ts';
import { type AggregateMetric, type Measured, type Measurements, type Metric, metricKey } from './metric.ts';

/** What a table held, metric by metric: null where it held no value. */
export type States = ReadonlyMap<string, number | null>;

const ADDITIVE = new Set(['rows', 'filled']);
const EXTREMES = { min: Math.min, shortest: Math.min, max: Math.max, newest: Math.max, longest: Math.max } as const;
/** What each moment needs besides itself. */
const NEEDS: Readonly<Record<string, readonly AggregateMetric['name'][]>> = {
  sum: ['filled'],
  mean: ['filled'],
  stddev: ['filled', 'mean'],
};

/** Whether what a table holds after a load follows from what it held and what came and went, without looking at all of it. */
export function isMergeable(metric: Metric): metric is AggregateMetric {
  if (metric.type !== 'aggregate') return false;
  return ADDITIVE.has(metric.name) || metric.name in EXTREMES || metric.name in NEEDS;
}

/** The metric with those that it can be merged by. */
export function closureOf(metric: AggregateMetric): AggregateMetric[] {
  return [metric, ...(NEEDS[metric.name] ?? []).map((name) => ({ ...metric, name }))];
}

/**
 * The value after a load. Null means that it can't be told: the row that held an extreme was taken out.
 * Moments merge as in T. F. Chan, G. H. Golub, R. J. LeVeque, Updating formulae and a pairwise algorithm for computing
 * sample variances, 1979.
 */
export function mergeState(
  metric: AggregateMetric,
  { before, added, removed }: { before: States; added: States; removed: States },
): { readonly value: number | null } | null {
  const { name } = metric;
  const of = (states: States, as: AggregateMetric['name']) => states.get(metricKey({ ...metric, name: as })) ?? null;
  if (ADDITIVE.has(name)) return { value: (of(before, name) ?? 0) + (of(added, name) ?? 0) - (of(removed, name) ?? 0) };
  if (name in EXTREMES)
    return extreme(EXTREMES[name as keyof typeof EXTREMES], of(before, name), of(added, name), of(removed, name));
  const momentsOf = (states: States): Moments => ({
    n: of(states, 'filled') ?? 0,
    mean: of(states, name === 'sum' ? 'sum' : 'mean') ?? 0,
    deviation: of(states, 'stddev') ?? 0,
  });
  if (name === 'sum') return sumAfter(momentsOf(before), momentsOf(added), momentsOf(removed));
  return momentAfter(name, momentsOf(before), momentsOf(added), momentsOf(removed));
}

/** What is left of a difference below this share is the rounding of its parts: equal values would seem to vary. */
const LOST_DIGITS = 1e-12;

interface Moments {
  readonly n: number;
  readonly mean: number;
  readonly deviation: number;
}

function sumAfter(before: Moments, added: Moments, removed: Moments) {
  const n = before.n + added.n - removed.n;
  return { value: n === 0 ? null : before.mean + added.mean - removed.mean };
}

function momentAfter(name: string, before: Moments, added: Moments, removed: Moments) {
  const whole = parts(before, added, 1);
  const { n, mean, squares } = parts({ ...whole, deviation: spread(whole) }, removed, -1);
  if (name === 'mean') return { value: n === 0 ? null : mean };
  return { value: n < 2 ? null : Math.sqrt(Math.max(0, squares) / (n - 1)) };
}

/** Two parts put together (sign 1), or one taken out of the other (sign −1). */
function parts(a: Moments, b: Moments, sign: 1 | -1) {
  const n = a.n + sign * b.n;
  if (n <= 0) return { n: 0, mean: 0, squares: 0 };
  const mean = (a.n * a.mean + sign * b.n * b.mean) / n;
  // Of a part taken out, the distance is that to what is left.
  const distance = sign === 1 ? b.mean - a.mean : b.mean - mean;
  const weight = sign === 1 ? (a.n * b.n) / n : (n * b.n) / a.n;
  const squares = squaresOf(a) + sign * (squaresOf(b) + distance ** 2 * weight);
  return { n, mean, squares: Math.abs(squares) <= LOST_DIGITS * squaresOf(a) ? 0 : squares };
}

function squaresOf({ n, deviation }: Moments): number {
  return n < 2 ? 0 : deviation ** 2 * (n - 1);
}

function spread({ n, squares }: { n: number; squares: number }): number {
  return n < 2 ? 0 : Math.sqrt(Math.max(0, squares) / (n - 1));
}

function extreme(
  pick: (a: number, b: number) => number,
  before: number | null,
  added: number | null,
  removed: number | null,
) {
  if (before !== null && removed !== null && pick(before, removed) === removed) return null;
  if (before === null || added === null) return { value: before ?? added };
  return { value: pick(before, added) };
}

/** The values of what was measured; what failed is left out. */
export function statesOf(measurements: Measurements): States {
  return new Map(
    [...measurements].flatMap(([key, measured]: [string, Measured]) =>
      'value' in measured ? [[key, measured.value]] : [],
    ),
  );
}

export function statesFrom(stored: JsonObject): States {
  return new Map(
    Object.entries(stored).flatMap(([key, value]) =>
      value === null || typeof value === 'number' ? [[key, value] as const] : [],
    ),
  );
}
