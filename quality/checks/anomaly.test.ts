import { describe, expect, test } from 'vitest';
import { evaluate } from '../evaluate.ts';
import { checksOf, noFacts } from '../fixtures/suite-of.ts';
import { metricsOf } from '../measure.ts';
import { metricKey, rowsMetric } from '../metric.ts';
import { parseSuite } from '../parse-suite.ts';
import type { Check } from '../suite.ts';
import type { Point } from './check-kind.ts';

const DAY = 86_400_000;
const MONDAY = Date.UTC(2026, 0, 5);

function history(values: readonly number[]): Point[] {
  return values.map((value, day) => ({ at: new Date(MONDAY + day * DAY), value }));
}

/** What a check of the rows of a table says on the day after these. */
function said(declared: string, before: readonly Point[], rows: number | null) {
  const [check] = checksOf(`dataset: orders\nanomaly: ${declared}`) as [Check];
  const [metric] = metricsOf(check, null);
  const key = metricKey(metric ?? rowsMetric(undefined));
  const measured = {
    measurements: new Map([[key, { value: rows }]]),
    segments: new Map(),
    failures: new Map(),
    columns: [],
    sources: null,
  };
  const facts = { ...noFacts(new Date(MONDAY + before.length * DAY)), history: before };
  return evaluate(check, measured, facts);
}

const TWO_WEEKS = [980, 1010, 1030, 960, 1000, 1020, 990, 1005, 970, 1040, 1000, 985, 1015, 995];

describe('an anomaly check', () => {
  test('fails on what its history does not lead one to expect, and says what would have been usual', () => {
    const result = said('{metric: rows}', history(TWO_WEEKS), 120);
    expect(result).toMatchObject({ outcome: 'fail', value: 120, title: 'orders: anomaly, unusual number of rows' });
    expect(result.low).toBeGreaterThan(700);
    expect(result.high).toBeLessThan(1300);
    expect(result.expected).toBeGreaterThan(950);
    expect(result.message).toMatch(/^the number of rows is 120, expected [\d,.]+, usual /);
    expect(said('{metric: rows}', history(TWO_WEEKS), 1001)).toMatchObject({ outcome: 'pass' });
  });

  test('judges nothing before there is a history', () => {
    const result = said('{metric: rows}', history([5, 900, 3]), 1);
    expect(result).toMatchObject({ outcome: 'pass', low: null, expected: null });
    expect(result.message).toBe('the number of rows: learning: 6 measurements, 3 so far');
  });

  test('goes by the direction, and takes what people called expected', () => {
    expect(said('{metric: rows, direction: drop}', history(TWO_WEEKS), 9_000)).toMatchObject({
      outcome: 'pass',
      high: null,
    });
    const moved: Point[] = [...history([...TWO_WEEKS, 500])].map((point, day) =>
      day === 14 ? { ...point, feedback: 'expected' } : point,
    );
    expect(said('{metric: rows}', moved, 505)).toMatchObject({ outcome: 'pass' });
  });

  test('does not pass over a measurement that has vanished', () => {
    const result = said('{metric: mean, column: amount}', history(TWO_WEEKS), null);
    expect(result).toMatchObject({ outcome: 'error' });
    expect(result.message).toMatch(/^The mean of amount has no values to measure/);
    expect(said('{metric: mean, column: amount}', [], null)).toMatchObject({ outcome: 'pass' });
  });

  test('names every problem of its declaration', () => {
    const { issues } = parseSuite('dataset: t\nanomaly: [{metric: mean}, {metric: rows, time_zone: Mars}]');
    expect(issues.map(({ message }) => message)).toEqual([
      'column is missing: mean is measured of a column.',
      'Mars is no time zone. Use an IANA name such as Europe/Berlin.',
    ]);
  });
});
