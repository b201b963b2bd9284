import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createGuard } from '#lib/address-guard.ts';
import { testDatabase } from '#tests/harness/database.ts';
import { withParquet } from './duckdb/engine.ts';
import type { Engine } from './engine.ts';
import { configOf } from './fixtures/postgres-config.ts';
import { measure } from './measure.ts';
import { type Counts, metricKey, type SketchMetric } from './metric.ts';
import { withPostgres } from './postgres/engine.ts';
import { mergeTally, quantileWithin } from './tallies.ts';

const SKETCH: SketchMetric = { type: 'sketch', column: 'x' };
const KEY = metricKey(SKETCH);
const FRACTIONS = [0, 0.01, 0.25, 0.5, 0.95, 1];

/** As a database would count them. */
function sketchOf(values: readonly number[]): Counts {
  const counts = new Map<string, number>();
  for (const value of values) {
    const bucket =
      value === 0 ? 0 : Math.sign(value) * (Math.ceil(Math.log(Math.abs(value)) / Math.log(1.01)) + 100_000);
    counts.set(String(bucket), (counts.get(String(bucket)) ?? 0) + 1);
  }
  return counts;
}

function exactly(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * fraction;
  const [below, above] = [sorted[Math.floor(place)] ?? 0, sorted[Math.ceil(place)] ?? 0];
  return below + (above - below) * (place - Math.floor(place));
}

const size = fc.double({ min: 1e-300, max: 1e300, noNaN: true });
const value = fc.oneof(
  fc.constant(0),
  size,
  size.map((each) => -each),
  fc.integer({ min: -9, max: 9 }),
);

test('a percentile lies within the bounds that its buckets give, and those are one percent wide', () => {
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 60 }), fc.constantFrom(...FRACTIONS), (values, fraction) => {
      const { low, high } = quantileWithin(sketchOf(values), fraction) ?? { low: Number.NaN, high: Number.NaN };
      const exact = exactly(values, fraction);
      const slack = 1e-9 * Math.max(...values.map(Math.abs));
      expect(low).toBeLessThanOrEqual(exact + slack);
      expect(high).toBeGreaterThanOrEqual(exact - slack);
    }),
  );
  const { low, middle, high } = quantileWithin(sketchOf([500]), 0.5) ?? { low: 0, middle: 0, high: 0 };
  expect((high - low) / middle).toBeCloseTo(0.01, 3);
  expect(quantileWithin(new Map(), 0.5)).toBeNull();
});

test('parts that come and go leave what counting the whole gives', () => {
  fc.assert(
    fc.property(fc.array(value), fc.array(value), fc.nat(20), (before, added, gone) => {
      const removed = before.slice(0, gone);
      const of = (values: readonly number[]) => new Map([[KEY, sketchOf(values)]]);
      const merged = mergeTally(SKETCH, { before: of(before), added: of(added), removed: of(removed) });
      expect(new Map(merged)).toEqual(sketchOf([...before.slice(gone), ...added]));
    }),
  );
});

test('what was never there can’t be taken away: then the table has to be looked at', () => {
  const parts = { before: new Map([[KEY, sketchOf([1])]]), added: new Map(), removed: new Map([[KEY, sketchOf([7])]]) };
  expect(mergeTally(SKETCH, parts)).toBeNull();
});

test('Postgres and DuckDB count into the same buckets', async () => {
  const values = [0, 1, 1, -1, 3.5, -250, 1e-9, 7e12, 40];
  const select = `select * from (values ${values.map((each) => `(${each})`).join(', ')}, (null)) as v (x)`;
  const sketch = async (engine: Engine, table: string) => {
    const { measurements } = await measure(engine, { table, references: new Map() }, [{ metric: SKETCH, per: null }]);
    const found = measurements.get(KEY);
    return found && 'counts' in found ? found.counts : found;
  };
  const { url } = await testDatabase();
  const signal = new AbortController().signal;
  const guard = createGuard({ allowed: 'any' });
  const inPostgres = await withPostgres(configOf(url), { guard, signal }, (engine) =>
    sketch(engine, `(${select}) as t`),
  );
  const none = () => Promise.reject(new Error('no table'));
  const inDuckDb = await withParquet({ find: none, folder: '/tmp', signal }, (engine) =>
    sketch(engine, `(${select}) as t`),
  );
  expect(inPostgres).toEqual(sketchOf(values));
  expect(inDuckDb).toEqual(sketchOf(values));
});
