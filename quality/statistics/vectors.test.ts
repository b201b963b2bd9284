import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BOTH_ENGINES } from '../fixtures/both-engines.ts';
import { checksOf, wantedOf } from '../fixtures/suite-of.ts';
import { measure } from '../measure.ts';
import { metricKey } from '../metric.ts';
import { chiSquare, chiSquareTail, stabilityIndex } from './compare-counts.ts';

interface Vectors {
  readonly source: string;
  readonly comparisons: readonly {
    before: number[];
    after: number[];
    psi: number;
    statistic: number;
    p: number;
    degrees: number;
    cramersV: number;
  }[];
  readonly tails: readonly { x: number; degrees: number; p: number }[];
  readonly samples: readonly {
    values: number[];
    mean: number;
    stddev: number | null;
    quantiles: Record<string, number>;
  }[];
}

/** Recorded by record-vectors.py, which names what it was recorded with. */
const vectors: Vectors = JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8'));

/** To so many parts of the value, or of one where it is small. */
function near(actual: number, expected: number, parts = 1e-9): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(parts * Math.max(1, Math.abs(expected)));
}

describe(`as ${vectors.source} say`, () => {
  test.each(vectors.comparisons)('$before.length bins', ({ before, after, ...expected }) => {
    const { statistic, p, degrees, cramersV } = chiSquare(before, after);
    expect(degrees).toBe(expected.degrees);
    near(statistic, expected.statistic);
    near(p, expected.p);
    near(cramersV, expected.cramersV);
    near(stabilityIndex(before, after), expected.psi);
  });

  test('the tail of chi-square, down to its smallest values', () => {
    for (const { x, degrees, p } of vectors.tails) {
      const actual = chiSquareTail(x, degrees);
      expect(Math.abs(actual - p)).toBeLessThanOrEqual(1e-9 * p + 1e-300);
    }
  });

  describe.each(BOTH_ENGINES)('over %s', (_name, open) => {
    test('mean, deviation and percentiles', async () => {
      const percents = [1, 5, 10, 25, 75, 90, 95, 99].map((percent) => `expected_p${percent}_range: [0, 1]`).join(', ');
      const checks = checksOf(
        `dataset: t\ndistribution: {column: v, expected_mean_range: [0, 1], expected_median_range: [0, 1], expected_stddev_range: [0, 1], ${percents}}`,
      );
      const tables = vectors.samples.map(({ values }, index) => [
        `sample_${index}`,
        `select cast(v as double precision) as v from (values ${values.map((value) => `(${value}::double precision)`).join(', ')}) as t (v)`,
      ]);
      const inEngine = await open(Object.fromEntries(tables));
      for (const [index, { mean, stddev, quantiles }] of vectors.samples.entries()) {
        const { measurements } = await inEngine(async (engine) => {
          const table = engine.dialect.source(await engine.find(`sample_${index}`));
          return measure(engine, { table, references: new Map() }, wantedOf(checks));
        });
        const found = wantedOf(checks).map(({ metric }) => measurements.get(metricKey(metric)));
        const numbers = found.map((measured) => (measured && 'value' in measured ? measured.value : undefined));
        const [first, second, third, ...rest] = numbers;
        near(Number(first), mean);
        near(Number(second), quantiles['0.5'] ?? Number.NaN);
        if (stddev === null) expect(third).toBeNull();
        else near(Number(third), stddev);
        for (const [at, fraction] of ['0.01', '0.05', '0.1', '0.25', '0.75', '0.9', '0.95', '0.99'].entries())
          near(Number(rest[at]), quantiles[fraction] ?? Number.NaN);
      }
    });
  });
});
