import { describe, expect, test } from 'vitest';
import {
  cutMiddle,
  describeSchedule,
  formatAge,
  formatBytes,
  formatBytesOf,
  formatCompact,
  formatCount,
  formatDuration,
  formatPercent,
  formatRelative,
  formatStamp,
  formatTime,
  freeName,
  initials,
  plural,
  zoneWord,
} from './format.ts';

const NOW = '2026-11-24T06:42:00Z';
const BERLIN = 'Europe/Berlin';

describe('numbers', () => {
  test('counts are grouped, missing is a dash, zero is zero', () => {
    expect([3912, 0, null].map(formatCount)).toEqual(['3,912', '0', '—']);
  });
  test('compact counts stay exact below a million', () => {
    expect([412_000, 18_420_000, 3.2e9].map(formatCompact)).toEqual(['412,000', '18.42 M', '3.20 bn']);
  });
  test('shares', () => {
    expect([0.614, 1, 0, 0.9997].map(formatPercent)).toEqual(['61.4%', '100%', '0%', '100%']);
  });
  test('bytes', () => {
    expect([0, 999, 150_000, 1_200_000, 5e15].map(formatBytes)).toEqual(['0 B', '999 B', '150 kB', '1.2 MB', '5 PB']);
  });
  test('plural', () => {
    expect([plural(1, 'sync'), plural(2, 'sync'), plural(3, 'retry', 'retries')]).toEqual([
      '1 sync',
      '2 syncs',
      '3 retries',
    ]);
  });
});

describe('time', () => {
  test('durations have two units', () => {
    const took = [96, 2200, 9990, 41_000, 59_999, 221_000, 184_000, 9_600_000, 540_000_000];
    expect(took.map(formatDuration)).toEqual([
      '96 ms',
      '2.2 s',
      '10 s',
      '41 s',
      '1m 00s',
      '3m 41s',
      '3m 04s',
      '2h 40m',
      '6d 6h',
    ]);
  });
  test('ages are cut, never rounded up', () => {
    expect([40_999, 719_000, 6_120_000, 540_000_000].map(formatAge)).toEqual(['40s', '11m', '1h 42m', '6d']);
  });
  test('relative to now, in both directions', () => {
    expect(formatRelative('2026-11-24T05:00:00Z', NOW)).toBe('1h 42m ago');
    expect(formatRelative('2026-11-24T06:59:00Z', NOW)).toBe('in 17m');
    expect(formatRelative(NOW, NOW)).toBe('now');
  });
  test('the date stands once it is not today, the year once it is not this', () => {
    expect(formatTime('2026-11-24T05:03:00Z', NOW, BERLIN)).toBe('06:03');
    expect(formatTime('2026-11-23T22:30:00Z', NOW, BERLIN)).toBe('23 Nov 23:30');
    expect(formatTime('2025-11-24T05:03:00Z', NOW, BERLIN)).toBe('24 Nov 2025 06:03');
  });
  test('a stamp carries zone and offset', () => {
    expect(formatStamp('2026-11-24T05:03:41Z', BERLIN)).toBe('Tue 24 Nov 2026 06:03:41, Europe/Berlin (UTC+1)');
  });
});

describe('words', () => {
  test('schedules', () => {
    const timeZone = BERLIN;
    expect(describeSchedule({ type: 'manual' })).toBe('only by hand');
    expect(describeSchedule({ type: 'hourly', every: 1, timeZone })).toBe('hourly');
    expect(describeSchedule({ type: 'hourly', every: 4, timeZone })).toBe('every 4 hours');
    expect(describeSchedule({ type: 'daily', at: '02:00', timeZone })).toBe('daily 02:00');
    expect(describeSchedule({ type: 'weekly', days: [1, 4], at: '06:00', timeZone })).toBe('Mon, Thu 06:00');
    const cron = (expression: string) => describeSchedule({ type: 'cron', expression, timeZone });
    expect(cron('0 */6 * * *')).toBe('every 6 hours');
    expect(cron('0 2 * * 1-5')).toBe('at 02:00, Mon–Fri');
    expect(cron('5 4 * * 0')).toBe('at 04:05 on Sun');
    expect(cron('0 0 12 ? * 2')).toBe('at 12:00 on Mon');
    expect(cron('nonsense')).toBe('nonsense');
    expect(zoneWord({ type: 'daily', at: '02:00', timeZone: 'America/New_York' })).toBe('New York');
    expect(zoneWord({ type: 'manual' })).toBe('');
  });
  test('bytes of what is known to come', () => {
    expect(formatBytesOf(120_000_000, 300_000_000)).toBe('120 MB of 300 MB (40%)');
    expect(formatBytesOf(120_000_000, null)).toBe('120 MB');
    expect(formatBytesOf(300_000_000, 300_000_000)).toBe('300 MB');
  });
  test('long names keep both ends', () => {
    expect(cutMiddle('warehouse_raw_orders', 11)).toBe('wareh…rders');
    expect(cutMiddle('short', 11)).toBe('short');
  });
  test('initials', () => {
    expect(['Data platform', 'ana@acme.com', 'Ana'].map(initials)).toEqual(['DP', 'AN', 'AN']);
  });
});

test('a name that is proposed is one that nobody has', () => {
  const others = [{ name: 'Shop' }, { name: 'Shop, 2' }];
  expect([freeName('Hub', others), freeName('Shop', others)]).toEqual(['Hub', 'Shop, 3']);
});
