import { describe, expect, test } from 'vitest';
import type { Facts } from './checks/check-kind.ts';
import { evaluate } from './evaluate.ts';
import { checksOf, noFacts } from './fixtures/suite-of.ts';
import { metricsOf } from './measure.ts';
import { type Measured, metricKey } from './metric.ts';

const NOW = new Date('2026-05-04T12:00:00Z');
const FACTS = noFacts(NOW);

/** Outcome and message of one declared check, given the values of its metrics in their order. */
function verdict(declared: string, values: (number | null | Measured)[], facts: Partial<Facts> = {}) {
  const [check] = checksOf(`dataset: t\n${declared}`);
  if (!check) throw new Error('no check');
  const known = { ...FACTS, ...facts };
  const metrics = metricsOf(check, known.memory);
  const measured = values.map((value, index): [string, Measured] => [
    metricKey(metrics[index] as (typeof metrics)[number]),
    typeof value === 'object' && value !== null ? value : { value },
  ]);
  const { outcome, message } = evaluate(
    check,
    { sources: null, columns: [], measurements: new Map(measured), segments: new Map(), failures: new Map() },
    known,
  );
  return `${outcome}: ${message}`;
}

const hoursAgo = (hours: number) => NOW.getTime() / 1000 - hours * 3600;

test.each([
  ['completeness: [{column: email, threshold: 95}]', [1000, 614], 'fail: email is 61.4% filled, limit 95%'],
  ['completeness: [{column: email, threshold: 95}]', [1000, 950], 'pass: email is 95% filled, limit 95%'],
  ['completeness: [{column: email}]', [10_000_000, 9_999_999], 'fail: email is 99.99999% filled, limit 100%'],
  ['completeness: [{column: email, level: warn}]', [2, 1], 'warn: email is 50% filled, limit 100%'],
  ['completeness: [{column: email}]', [0, 0], 'pass: email: there are no rows'],
  ['completeness: [{column: email, max_missing: 3}]', [10, 6], 'fail: email is missing in 4 rows, limit 3 rows'],
  [
    'completeness: [{column: email, threshold: 90, warn: {threshold: 99}}]',
    [100, 95],
    'warn: email is 95% filled, limit 99%',
  ],
  [
    'completeness: [{column: email, threshold: 90, warn: {threshold: 99}}]',
    [100, 80],
    'fail: email is 80% filled, limit 90%',
  ],
  ['freshness: [{max_age_hours: 6, column: at}]', [hoursAgo(8.5)], 'fail: the newest at is 8h 30m old, limit 6h'],
  ['freshness: [{max_age_hours: 6, column: at}]', [hoursAgo(6)], 'pass: the newest at is 6h old, limit 6h'],
  ['freshness: [{max_age_hours: 6, column: at}]', [null], 'fail: at has no values, limit 6h'],
  ['volume: [{min_rows: 10000}]', [9999], 'fail: 9,999 rows, limit at least 10,000 rows'],
  ['volume: [{max_rows: 5}]', [6], 'fail: 6 rows, limit at most 5 rows'],
  ['uniqueness: [{unique_columns: [id]}]', [1], 'fail: id is repeated in 1 row, limit 0'],
  [
    'uniqueness: [{unique_columns: [a, b], max_duplicates_pct: 1}]',
    [1, 100],
    'pass: a + b is repeated in 1% of the rows, limit 1%',
  ],
  [
    'distribution: [{column: age, expected_mean_range: [25, 45]}]',
    [24.9999],
    'fail: the mean of age is 24.9999, limit 25 to 45',
  ],
  ['distribution: [{column: age, expected_max: 120}]', [120], 'pass: the maximum of age is 120, limit at most 120'],
])('%s, measured %j', (declared, values, expected) => {
  expect(verdict(declared, values)).toBe(expected);
});

test('volume is compared with the load before, up and down', () => {
  const declared = 'volume: [{max_change_pct: 20}]';
  expect(verdict(declared, [80], { previousRows: 100 })).toBe('pass: 80 rows, −20% against the load before, limit 20%');
  expect(verdict(declared, [79], { previousRows: 100 })).toBe('fail: 79 rows, −21% against the load before, limit 20%');
  expect(verdict(declared, [121], { previousRows: 100 })).toBe(
    'fail: 121 rows, +21% against the load before, limit 20%',
  );
  expect(verdict(declared, [5])).toBe('pass: 5 rows, limit within 20% of the load before');
  // The limit itself is within, whatever a binary fraction makes of it.
  for (const pct of Array.from({ length: 100 }, (_, index) => index + 1)) {
    const said = (rows: number) => verdict(`volume: [{max_change_pct: ${pct}}]`, [rows], { previousRows: 100 });
    expect([said(100 - pct), said(100 + pct)].map((text) => text.slice(0, 4))).toEqual(['pass', 'pass']);
    expect([said(99 - pct), said(101 + pct)].map((text) => text.slice(0, 4))).toEqual(['fail', 'fail']);
  }
});

test('freshness without a column is the age of the last published sync', () => {
  const declared = 'freshness: [{max_age_hours: 24}]';
  const lastPublishedAt = new Date('2026-05-03T11:00:00Z');
  expect(verdict(declared, [], { lastPublishedAt })).toBe('fail: the last published sync is 1d 1h old, limit 1d');
  expect(verdict(declared, [])).toBe('fail: nothing was published yet, limit 1d');
});

test('what could not be measured is an error and no breach', () => {
  const failure = { kind: 'config', code: 'not_measurable', message: 'No.' } as const;
  expect(verdict('distribution: [{column: a, expected_min: 1}]', [{ failure }])).toBe('error: No.');
  expect(verdict('distribution: [{column: a, expected_min: 1}]', [null])).toMatch(/^error: a has no values to measure/);
});

test.each([
  ['range: [{column: a, min: 0, max_failing_pct: 10, warn: {max_failing_pct: 1}}]', [100, 5], 'warn', '5% of the rows'],
  ['range: [{column: a, min: 0, max_failing: 10, warn: {max_failing: 0}}]', [100, 11], 'fail', '11 rows, limit 10'],
  ['volume: [{min_rows: 100, warn: {min_rows: 1000}}]', [500], 'warn', 'limit at least 1,000 rows'],
  [
    'uniqueness: [{unique_columns: [id], max_duplicates_pct: 5, warn: {max_duplicates_pct: 1}}]',
    [2, 100],
    'warn',
    '2%',
  ],
  ['freshness: [{max_age_hours: 24, column: at, warn: {max_age_hours: 6}}]', [hoursAgo(8)], 'warn', 'limit 6h'],
  ['gaps: [{column: at, every: day, max_gaps: 3, warn: {max_gaps: 0}}]', [2], 'warn', 'limit 0'],
  [
    'distribution: [{column: a, expected_mean_range: [0, 100], warn: {expected_mean_range: [40, 60]}}]',
    [70],
    'warn',
    'limit 40 to 60',
  ],
  ['completeness: [{column: a, level: quarantine}]', [10, 9], 'warn', '90% filled'],
])('two levels on one measurement: %s', (declared, values, outcome, part) => {
  const said = verdict(declared, values);
  expect(said).toMatch(new RegExp(`^${outcome}: `));
  expect(said).toContain(part);
});

test('volume against the same weekday, or the median of the loads before', () => {
  // The day under test is a Monday; the Sunday before was quiet.
  const history = [100, 60, 104, 98, 102, 99, 101, 61].map((value, index) => ({
    at: new Date(NOW.getTime() - (8 - index) * 86_400_000 + 3_600_000),
    value,
  }));
  const monday = 'volume: [{max_change_pct: 20, against: same_weekday}]';
  expect(verdict(monday, [62], { history })).toBe('pass: 62 rows, +3.3% against the same weekday before, limit 20%');
  expect(verdict('volume: [{max_change_pct: 20}]', [101], { history })).toContain('fail: 101 rows, +65.6%');
  expect(verdict('volume: [{max_change_pct: 20, against: median}]', [101], { history })).toBe(
    'pass: 101 rows, +1.5% against the median of 14 loads, limit 20%',
  );
});

describe('freshness by a schedule', () => {
  const at = (now: string, newest: string, due: string) =>
    verdict(`freshness: [{column: at, due: ${due}}]`, [Date.parse(newest) / 1000], { now: new Date(now) }).split(
      ':',
    )[0];
  const seven = '{by: "07:00", time_zone: Europe/Berlin, weekdays: [mon, tue, wed, thu, fri], within_hours: 10}';

  test('is asked for from the time of day on, in its zone', () => {
    // 2026-05-04 is a Monday; 07:00 in Berlin is 05:00 UTC in summer and 06:00 in winter.
    expect(at('2026-05-05T04:59:00Z', '2026-05-04T04:00:00Z', seven)).toBe('pass');
    expect(at('2026-05-05T05:01:00Z', '2026-05-04T04:00:00Z', seven)).toBe('fail');
    expect(at('2026-05-05T05:01:00Z', '2026-05-05T03:00:00Z', seven)).toBe('pass');
    expect(at('2026-01-06T05:30:00Z', '2026-01-05T04:00:00Z', seven)).toBe('pass');
    expect(at('2026-01-06T06:30:00Z', '2026-01-05T04:00:00Z', seven)).toBe('fail');
  });

  test('not on other days of the week, nor on holidays', () => {
    // Friday's data is enough until Monday at seven.
    expect(at('2026-05-10T20:00:00Z', '2026-05-08T04:00:00Z', seven)).toBe('pass');
    expect(at('2026-05-11T05:30:00Z', '2026-05-08T04:00:00Z', seven)).toBe('fail');
    const holiday = seven.replace('within', 'holidays: [2026-05-11], within');
    expect(at('2026-05-11T05:30:00Z', '2026-05-08T04:00:00Z', holiday)).toBe('pass');
    expect(at('2026-05-12T05:30:00Z', '2026-05-08T04:00:00Z', holiday)).toBe('fail');
  });
});

test('owner, tags and name go with the result; what names nobody takes the suite’s owner', () => {
  const [named, plain] = checksOf(
    'dataset: t\nowner: data\nvolume: [{min_rows: 1, name: Rows, owner: ada, tags: [core, sla]}, {max_rows: 9}]',
  );
  expect([named?.title, named?.owner, named?.tags]).toEqual(['Rows', 'ada', ['core', 'sla']]);
  expect([plain?.title, plain?.owner, plain?.tags]).toEqual(['t: volume, rows', 'data', []]);
});
