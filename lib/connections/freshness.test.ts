import { expect, test } from 'vitest';
import type { Schedule } from '#lib/db/schema.ts';
import { defaultTargetMinutes } from './freshness.ts';

const monday = new Date('2026-11-23T12:00:00Z');
const timeZone = 'UTC';

test.each<[Schedule, number | null]>([
  [{ type: 'manual' }, null],
  [{ type: 'hourly', every: 6, timeZone }, 12 * 60],
  [{ type: 'daily', at: '02:00', timeZone }, 2 * 1440],
  [{ type: 'weekly', days: [1, 3, 5], at: '02:00', timeZone }, 2 * 3 * 1440],
  [{ type: 'weekly', days: [2], at: '02:00', timeZone }, 2 * 7 * 1440],
  [{ type: 'cron', expression: '0 */6 * * *', timeZone }, 12 * 60],
  [{ type: 'cron', expression: '0 2 * * 1-5', timeZone }, 2 * 3 * 1440],
])('%o may be twice its longest pause late', (schedule, minutes) => {
  expect(defaultTargetMinutes(schedule, monday)).toBe(minutes);
});
