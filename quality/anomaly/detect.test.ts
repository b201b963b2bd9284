import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { detect, judgeNext } from './detect.ts';
import type { Options, Point } from './series.ts';

const DAY = 86_400_000;
const MONDAY = Date.UTC(2026, 0, 5);
const MONTHLY: Options = { falseAlarmsPerMonth: 1 };

function daily(values: readonly (number | null)[], from = MONDAY): Point[] {
  return values.map((value, day) => ({ at: from + day * DAY, value }));
}

/** Rows a day that vary by some percent, always the same ones. */
function rows(days: number, usual: (day: number) => number = () => 10_000, percent = 5): number[] {
  return Array.from({ length: days }, (_, day) => Math.round(usual(day) * (1 + (percent / 100) * wobble(day))));
}

/** Between −1.6 and 1.6, without a pattern. */
function wobble(day: number): number {
  return Math.sin(day * 12.9898) + 0.6 * Math.sin(day * 78.233 + 1);
}

/** What is said of one more day after these. */
function next(values: readonly number[], value: number, options = MONTHLY) {
  const points = daily([...values, value]);
  return judgeNext(points.slice(0, -1), points.at(-1) as Point, options);
}

describe('a judgement', () => {
  const series = fc.array(fc.option(fc.double({ noNaN: true }), { freq: 12 }), { maxLength: 40 });

  test('depends on its point and those before it alone', () => {
    const value = fc.option(fc.integer({ min: 0, max: 1000 }), { freq: 9 });
    const property = fc.property(fc.array(value, { maxLength: 60 }), fc.nat(60), (values, length) => {
      const points = daily(values);
      expect(detect(points, MONTHLY).slice(0, length)).toEqual(detect(points.slice(0, length), MONTHLY));
    });
    fc.assert(property, { numRuns: 40 });
  });

  test('stays as it was when a long series goes on, with and without a tolerance', () => {
    const hourly = rows(900, (hour) => 1_000 + 400 * Math.sin((hour * Math.PI) / 12), 4).map((value, hour) => ({
      at: MONDAY + hour * 3_600_000,
      value: hour % 211 === 0 ? null : hour === 500 ? 0 : value,
    }));
    for (const options of [MONTHLY, {}]) {
      const all = detect(hourly, options);
      for (const length of [150, 501, 777])
        expect(detect(hourly.slice(0, length), options)).toEqual(all.slice(0, length));
    }
  });

  test('is a score from 0 to 1 and a band around what was expected, whatever the numbers', () => {
    const property = fc.property(series, (values) => {
      for (const { score, band, isAnomaly } of detect(daily(values), MONTHLY)) {
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
        expect(isAnomaly).toBe(score >= 0.5);
        if (band) expect(band.low <= band.expected && band.expected <= band.high).toBe(true);
      }
    });
    fc.assert(property, { numRuns: 60 });
  });

  test('is the same in every unit', () => {
    const property = fc.property(fc.array(fc.integer({ min: 1, max: 500 }), { maxLength: 40 }), (values) => {
      const scores = (factor: number) => detect(daily(values.map((value) => value * factor))).map(({ score }) => score);
      for (const [index, score] of scores(1024).entries()) expect(score).toBeCloseTo(scores(1)[index] ?? 0, 5);
    });
    fc.assert(property, { numRuns: 15 });
  });

  test('is silent while there is too little history, and of what was not measured', () => {
    expect(detect(daily([1, 900, 3, 70, 5]), MONTHLY).every(({ score, band }) => score === 0 && band === null)).toBe(
      true,
    );
    const [judgement] = detect(daily([...rows(20), null]), MONTHLY).slice(-1);
    expect(judgement).toMatchObject({ score: 0, isAnomaly: false });
  });
});

describe('what is caught', () => {
  test('an outage after two weeks, on its first day and on its second', () => {
    const days = rows(14, undefined, 15);
    expect(next(days, 0).isAnomaly).toBe(true);
    expect(next([...days, 0], 0).isAnomaly).toBe(true);
    expect(next(days, 10_300).isAnomaly).toBe(false);
  });

  test('any change of what never varied, and no repetition of it', () => {
    expect(next(Array(14).fill(500), 0).isAnomaly).toBe(true);
    expect(next(Array(14).fill(500), 500).score).toBeLessThan(0.5);
    expect(next(Array(14).fill(0), 40).isAnomaly).toBe(true);
  });

  test('a weekday without rows, where weekends are low', () => {
    const days = rows(30, (day) => (day % 7 >= 5 ? 2_000 : 10_000));
    expect(next(days.slice(0, 30), 0)).toMatchObject({ isAnomaly: true, season: 'weekday' });
    // The 27th of the days is a Saturday.
    expect(next(days.slice(0, 26), 2_050).isAnomaly).toBe(false);
    expect(next(days.slice(0, 26), 10_000).isAnomaly).toBe(true);
  });

  test('what is unlike all before, after a spell of spikes taught not to mind them', () => {
    const values = rows(700, (day) => (day % 50 === 20 ? 30_000 : 10_000));
    const judged = detect(daily([...values, 90_000]));
    const spikes = judged.filter((_, day) => day > 400 && day < 700 && day % 50 === 20);
    expect(spikes.every(({ isAnomaly }) => !isAnomaly)).toBe(true);
    expect(judged.at(-1)?.score).toBeGreaterThan(Math.max(...spikes.map(({ score }) => score)));
  });

  test('a total that stops growing', () => {
    const total = rows(30, undefined, 4).map(
      (_, day, all) => 5e6 + all.slice(0, day + 1).reduce((sum, each) => sum + each, 0),
    );
    const last = total.at(-1) ?? 0;
    expect(next(total, last + 10_000)).toMatchObject({ isAnomaly: false, lens: 'steps' });
    expect(next(total, last).isAnomaly).toBe(true);
  });

  test('only what the direction asks for', () => {
    const days = rows(20);
    expect(next(days, 30_000, { ...MONTHLY, direction: 'drop' }).isAnomaly).toBe(false);
    expect(next(days, 1_000, { ...MONTHLY, direction: 'drop' }).isAnomaly).toBe(true);
  });

  test('once: what follows is the same anomaly, until it is the rule', () => {
    const judged = detect(daily([...rows(28), ...rows(30, () => 3_000)]), MONTHLY).slice(28);
    expect(judged.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(judged[5]?.isAnomaly).toBe(true);
    expect(judged.slice(-8).some(({ isAnomaly }) => isAnomaly)).toBe(false);
  });
});

describe('what is excused', () => {
  test('rows that came a day late: the gap is an anomaly, their arrival none', () => {
    const days = [...rows(28), 0, 20_100];
    expect(detect(daily(days), MONTHLY).slice(-2)).toMatchObject([
      { isAnomaly: true },
      { isAnomaly: false, excuse: 'catch-up' },
    ]);
  });

  test('a holiday, but no outage on it', () => {
    const isHoliday = (at: number) => at === MONDAY + 24 * DAY;
    const days = rows(24);
    expect(next(days, 1_800, { ...MONTHLY, isHoliday })).toMatchObject({ isAnomaly: false, excuse: 'holiday' });
    expect(next(days, 0, { ...MONTHLY, isHoliday }).isAnomaly).toBe(true);
    expect(next(days, 1_800).isAnomaly).toBe(true);
  });

  test('the end of a month that was always so', () => {
    const isMonthEnd = (day: number) => new Date(MONDAY + (day + 1) * DAY).getUTCDate() === 1;
    const days = rows(177, (day) => (isMonthEnd(day) ? 40_000 : 10_000));
    const judged = detect(daily(days), MONTHLY);
    const ends = judged.filter((_, day) => isMonthEnd(day));
    expect(ends.slice(0, 2).map(({ isAnomaly }) => isAnomaly)).toEqual([true, true]);
    expect(ends.slice(-2).map(({ isAnomaly }) => isAnomaly)).toEqual([false, false]);
  });
});

describe('feedback', () => {
  const days = rows(28);

  test('“expected” moves the models at once', () => {
    const known = (feedback?: 'expected') => [
      ...daily(days),
      { at: MONDAY + 28 * DAY, value: 3_000, ...(feedback && { feedback }) },
    ];
    const point = { at: MONDAY + 29 * DAY, value: 3_050 };
    expect(judgeNext(known(), point, MONTHLY).isAnomaly).toBe(true);
    expect(judgeNext(known('expected'), point, MONTHLY).isAnomaly).toBe(false);
  });

  test('an open incident is never learned from, however long it lasts', () => {
    const low = Array.from({ length: 40 }, (_, day) => ({
      at: MONDAY + (28 + day) * DAY,
      value: 3_000,
      feedback: 'excluded' as const,
    }));
    const point = (value: number) => ({ at: MONDAY + 68 * DAY, value });
    expect(judgeNext([...daily(days), ...low], point(3_000), MONTHLY).isAnomaly).toBe(true);
    expect(judgeNext([...daily(days), ...low], point(10_100), MONTHLY).isAnomaly).toBe(false);
  });
});
