import { isJsonObject, type JsonObject } from '#lib/json.ts';
import type {
  AggregateMetric,
  Counts,
  CountsMetric,
  Measurements,
  Metric,
  PeriodsMetric,
  RecordsMetric,
  SketchMetric,
} from './metric.ts';
import { metricKey } from './metric.ts';

/** A metric whose counts add up. */
export type Tally = CountsMetric | SketchMetric | PeriodsMetric | RecordsMetric;

/** What the values of a column were counted into, metric by metric. */
export type Tallies = ReadonlyMap<string, Counts>;

/**
 * Buckets grow by this factor: every value lies within half a percent of its bucket's middle, whatever its size. Masson,
 * Rim, Lee: DDSketch, VLDB 2019; counts of buckets add up, and can be taken away again.
 */
const GROWTH = 1.01;
/** Added to the number of a bucket, so that it is positive and the sign of the value stays free to tell its side. */
const OFFSET = 100_000;
/** What is counted into more than so many is not kept. */
const MOST_KEPT = 5_000;
/** Hours of more than a year. */
export const MOST_PERIODS = 10_000;

export const SKETCH = { logGrowth: Math.log(GROWTH), offset: OFFSET } as const;

/** By what counts a metric can be told of parts that come and go; null for one that can't. */
export function tallyOf(metric: Metric): Tally | null {
  if (metric.type === 'counts' || metric.type === 'records') return metric;
  if (metric.type === 'gaps') return { ...metric, type: 'periods' };
  if (!isQuantile(metric)) return null;
  return { type: 'sketch', column: metric.column, ...(metric.where && { where: metric.where }) };
}

function isQuantile(metric: Metric): metric is AggregateMetric & { readonly column: string } {
  return metric.type === 'aggregate' && metric.name === 'quantile' && metric.column !== undefined;
}

/** Counts after a load; null where they can't be told. */
export function mergeTally(
  tally: Tally,
  { before, added, removed }: { before: Tallies; added: Tallies; removed: Tallies },
): Counts | null {
  const key = metricKey(tally);
  const start = before.get(key);
  if (start === undefined) return null;
  if (tally.type === 'records' && removed.has(key) && (start.get('looked_at') ?? 0) >= tally.limit) return null;
  const counts = new Map(start);
  for (const [value, n] of added.get(key) ?? []) counts.set(value, (counts.get(value) ?? 0) + n);
  for (const [value, n] of removed.get(key) ?? []) counts.set(value, (counts.get(value) ?? 0) - n);
  if ([...counts.values()].some((n) => n < 0)) return null;
  const left = [...counts]
    .filter(([, n]) => n > 0 || tally.type === 'records')
    .toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  return isComplete(tally, left.length) ? new Map(left) : null;
}

/** The most frequent values alone say nothing of the others. */
function isComplete(tally: Tally, size: number): boolean {
  if (tally.type === 'counts') return size < tally.limit;
  return tally.type === 'records' || size <= (tally.type === 'sketch' ? MOST_KEPT : MOST_PERIODS);
}

/** Periods without a row between the first and the last that have one. */
export function gapsIn(periods: Counts): number {
  const numbers = [...periods.keys()].map(Number);
  if (numbers.length === 0) return 0;
  const [first, last] = numbers.reduce(
    ([least, most], each) => [Math.min(least, each), Math.max(most, each)] as const,
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] as readonly [number, number],
  );
  return last - first + 1 - numbers.length;
}

/** Between which numbers a quantile lies, as SQL's percentile_cont interpolates it; null where there are no values. */
export function quantileWithin(counts: Counts, fraction: number): { low: number; middle: number; high: number } | null {
  const buckets = [...counts]
    .map(([bucket, n]) => ({ ...boundsOf(Number(bucket)), n }))
    .toSorted((a, b) => a.low - b.low);
  const rows = buckets.reduce((sum, { n }) => sum + n, 0);
  if (rows === 0 || buckets.some(({ low }) => Number.isNaN(low))) return null;
  const place = (rows - 1) * fraction;
  const [below, above] = [at(buckets, Math.floor(place)), at(buckets, Math.ceil(place))];
  const part = place - Math.floor(place);
  const [low, high] = [below.low + (above.low - below.low) * part, below.high + (above.high - below.high) * part];
  return { low, middle: (low + high) / 2, high };
}

interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** The values that a bucket may hold. */
function boundsOf(bucket: number): Bounds {
  if (bucket === 0) return { low: 0, high: 0 };
  const most = GROWTH ** (Math.abs(bucket) - OFFSET);
  return bucket > 0 ? { low: most / GROWTH, high: most } : { low: -most, high: -most / GROWTH };
}

function at(buckets: readonly (Bounds & { n: number })[], place: number): Bounds {
  let seen = 0;
  for (const bucket of buckets) {
    seen += bucket.n;
    if (place < seen) return bucket;
  }
  return buckets.at(-1) ?? { low: Number.NaN, high: Number.NaN };
}

/** What was counted to its end. */
export function talliesOf(measurements: Measurements, tallies: readonly Tally[]): Tallies {
  return new Map(
    tallies.flatMap((tally) => {
      const measured = measurements.get(metricKey(tally));
      const counts = measured && 'counts' in measured ? measured.counts : null;
      return counts && isComplete(tally, counts.size) ? [[metricKey(tally), counts] as const] : [];
    }),
  );
}

export function talliesFrom(stored: JsonObject): Tallies {
  return new Map(
    Object.entries(stored).flatMap(([key, counts]) =>
      isJsonObject(counts)
        ? [[key, new Map(Object.entries(counts).map(([value, n]) => [value, Number(n)]))] as const]
        : [],
    ),
  );
}

export function talliesToStore(tallies: Tallies): JsonObject {
  return Object.fromEntries([...tallies].map(([key, counts]) => [key, Object.fromEntries(counts)]));
}
