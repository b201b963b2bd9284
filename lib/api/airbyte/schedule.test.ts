import { expect, test } from 'vitest';
import { readConfigSchedule, readPublicSchedule, toConfigSchedule, toPublicSchedule } from './schedule.ts';

const cron = (expression: string, timeZone = 'UTC') => ({ type: 'cron', expression, timeZone }) as const;
const hourly = (every: number) => ({ type: 'hourly', every, timeZone: 'UTC' }) as const;

test.each([
  [{}, null],
  [{ scheduleType: 'manual' }, { type: 'manual' }],
  [{ schedule: { units: 24, timeUnit: 'hours' } }, hourly(24)],
  [{ scheduleType: 'basic', scheduleData: { basicSchedule: { units: 2, timeUnit: 'days' } } }, hourly(48)],
  [{ scheduleType: 'basic', scheduleData: { basicSchedule: { units: 1, timeUnit: 'months' } } }, hourly(720)],
  [{ scheduleType: 'basic', scheduleData: { basicSchedule: { units: 90, timeUnit: 'minutes' } } }, 'refused'],
  [{ scheduleType: 'basic', scheduleData: { basicSchedule: { units: 120, timeUnit: 'minutes' } } }, hourly(2)],
  [
    { scheduleType: 'basic', scheduleData: { basicSchedule: { units: 15, timeUnit: 'minutes' } } },
    cron('*/15 * * * *'),
  ],
  [{ scheduleType: 'basic', scheduleData: { basicSchedule: { units: 7, timeUnit: 'minutes' } } }, 'refused'],
  [{ scheduleType: 'cron', scheduleData: { cron: { cronExpression: '0 */6 * * *' } } }, cron('0 */6 * * *')],
  [
    {
      scheduleType: 'cron',
      scheduleData: { cron: { cronExpression: '0 0 2 ? * 2-6', cronTimeZone: 'Europe/Berlin' } },
    },
    cron('0 0 2 ? * 2-6', 'Europe/Berlin'),
  ],
  [{ scheduleType: 'cron', scheduleData: { cron: { cronExpression: 'every day' } } }, 'refused'],
  [{ scheduleType: 'cron', scheduleData: {} }, 'refused'],
])('a body of the Config API: %j', (body, expected) => {
  if (expected === 'refused') expect(() => readConfigSchedule(body)).toThrow();
  else expect(readConfigSchedule(body)?.schedule ?? null).toEqual(expected);
});

test('the public API takes Quartz, and what it shows itself', () => {
  expect(readPublicSchedule({ scheduleType: 'cron', cronExpression: '0 0 0 * * ?' })).toEqual(cron('0 0 0 * * ?'));
  expect(readPublicSchedule({ scheduleType: 'cron', cronExpression: '0 0 0 * * ? UTC' })).toEqual(cron('0 0 0 * * ?'));
  const shown = toPublicSchedule(cron('0 0 2 * * ?', 'Europe/Berlin'), { basic: null, cron: null });
  expect(shown).toEqual({ scheduleType: 'cron', cronExpression: '0 0 2 * * ? Europe/Berlin' });
  expect(readPublicSchedule(shown)).toEqual(cron('0 0 2 * * ?', 'Europe/Berlin'));
  expect(() => readPublicSchedule({ scheduleType: 'cron' })).toThrow();
});

test('an interval is read back in the words in which it was given, as long as it is still that interval', () => {
  const read = readConfigSchedule({ schedule: { units: 1, timeUnit: 'weeks' } });
  expect(toConfigSchedule(hourly(168), read?.basic ?? null)).toMatchObject({
    scheduleType: 'basic',
    scheduleData: { basicSchedule: { units: 1, timeUnit: 'weeks' } },
  });
  expect(toConfigSchedule(hourly(12), read?.basic ?? null)).toMatchObject({
    schedule: { units: 12, timeUnit: 'hours' },
  });
  expect(toPublicSchedule(hourly(24), { basic: null, cron: null })).toEqual({
    scheduleType: 'basic',
    basicTiming: 'Every 24 HOURS',
  });
});

test('times of day and of the week are shown as Quartz, where Sunday is 1', () => {
  const zone = 'UTC';
  expect(toConfigSchedule({ type: 'daily', at: '02:30', timeZone: zone }, null)).toMatchObject({
    scheduleData: { cron: { cronExpression: '0 30 2 * * ?' } },
  });
  expect(toConfigSchedule({ type: 'weekly', days: [0, 5], at: '06:00', timeZone: zone }, null)).toMatchObject({
    scheduleData: { cron: { cronExpression: '0 0 6 ? * 1,6' } },
  });
});
