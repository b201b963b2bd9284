import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Schedule } from '#lib/db/schema.ts';
import { dueAfter, nextDue, scheduleIssues } from './due-times.ts';

const cron = (expression: string, timeZone = 'UTC'): Schedule => ({ type: 'cron', expression, timeZone });
const daily = (at: string, timeZone = 'UTC'): Schedule => ({ type: 'daily', at, timeZone });
const at = (text: string) => new Date(text);

/** The next due times as ISO text without the seconds. */
function upcoming(schedule: Schedule, after: string, count: number): string[] {
  const times: string[] = [];
  for (let due = nextDue(schedule, at(after)); due && times.length < count; due = nextDue(schedule, due))
    times.push(due.toISOString().slice(0, 16));
  return times;
}

describe('each kind of schedule', () => {
  test('a manual one is never due', () => {
    expect(nextDue({ type: 'manual' }, at('2024-01-01T00:00:00Z'))).toBeNull();
    expect(dueAfter({ type: 'manual' }, at('2024-01-01T00:00:00Z'), at('2025-01-01T00:00:00Z'))).toBeNull();
  });

  test('an hourly one counts from where it is', () => {
    const schedule: Schedule = { type: 'hourly', every: 6, timeZone: 'UTC' };
    expect(upcoming(schedule, '2024-01-01T01:30:00Z', 2)).toEqual(['2024-01-01T07:30', '2024-01-01T13:30']);
  });

  test('a daily one is due at its time of day in its zone', () => {
    expect(upcoming(daily('02:00', 'Asia/Kathmandu'), '2024-01-01T00:00:00Z', 2)).toEqual([
      '2024-01-01T20:15',
      '2024-01-02T20:15',
    ]);
  });

  test('a due time itself is not due again', () => {
    expect(upcoming(daily('02:00'), '2024-01-01T02:00:00Z', 1)).toEqual(['2024-01-02T02:00']);
  });

  test('a weekly one on its days, 0 is Sunday', () => {
    const schedule: Schedule = { type: 'weekly', days: [0, 3], at: '23:30', timeZone: 'America/New_York' };
    expect(upcoming(schedule, '2024-01-01T00:00:00Z', 3)).toEqual([
      '2024-01-01T04:30',
      '2024-01-04T04:30',
      '2024-01-08T04:30',
    ]);
  });

  test('cron with five fields: either day suffices, Sunday is 0 and 7', () => {
    expect(upcoming(cron('0 12 13 * 5'), '2024-09-05T00:00:00Z', 3)).toEqual([
      '2024-09-06T12:00',
      '2024-09-13T12:00',
      '2024-09-20T12:00',
    ]);
    expect(upcoming(cron('0 0 * * 7'), '2024-01-01T00:00:00Z', 1)).toEqual(['2024-01-07T00:00']);
  });

  test('Quartz with six fields: seconds first, Sunday is 1, ? means any', () => {
    expect(upcoming(cron('0 30 8 ? * 1'), '2024-01-01T00:00:00Z', 1)).toEqual(['2024-01-07T08:30']);
    expect(upcoming(cron('0 0 9 ? * MON-FRI'), '2024-01-05T10:00:00Z', 1)).toEqual(['2024-01-08T09:00']);
    expect(upcoming(cron('0 0/20 * * * ?'), '2024-01-01T00:05:00Z', 3)).toEqual([
      '2024-01-01T00:20',
      '2024-01-01T00:40',
      '2024-01-01T01:00',
    ]);
  });

  test('the last day of the month, the last Friday, and the second Tuesday', () => {
    expect(upcoming(cron('0 0 12 L * ?'), '2024-02-01T00:00:00Z', 2)).toEqual(['2024-02-29T12:00', '2024-03-31T12:00']);
    expect(upcoming(cron('0 0 12 ? * 6L'), '2024-02-01T00:00:00Z', 1)).toEqual(['2024-02-23T12:00']);
    expect(upcoming(cron('0 0 12 ? * 3#2'), '2024-02-01T00:00:00Z', 1)).toEqual(['2024-02-13T12:00']);
  });
});

describe('when the clocks change', () => {
  test('a time in the gap is due once, at its end (Berlin, 31 March 2024)', () => {
    expect(upcoming(daily('02:30', 'Europe/Berlin'), '2024-03-30T12:00:00Z', 2)).toEqual([
      '2024-03-31T01:00',
      '2024-04-01T00:30',
    ]);
  });

  test('a time that comes twice is due the first time only (Berlin, 27 October 2024)', () => {
    expect(upcoming(daily('02:30', 'Europe/Berlin'), '2024-10-26T12:00:00Z', 2)).toEqual([
      '2024-10-27T00:30',
      '2024-10-28T01:30',
    ]);
  });

  test('every 15 minutes goes on through gap and fold without a hole', () => {
    for (const from of ['2024-03-31T00:00:00Z', '2024-10-26T23:00:00Z']) {
      const times = upcoming(cron('*/15 * * * *', 'Europe/Berlin'), from, 16).map((text) => at(`${text}Z`).getTime());
      const steps = times.slice(1).map((time, index) => (time - (times[index] ?? 0)) / 60_000);
      expect(new Set(steps)).toEqual(new Set([15]));
    }
  });

  test('midnight that does not exist is due when the day begins (Santiago, 8 September 2024)', () => {
    expect(upcoming(daily('00:00', 'America/Santiago'), '2024-09-07T12:00:00Z', 2)).toEqual([
      '2024-09-08T04:00',
      '2024-09-09T03:00',
    ]);
  });

  test('a change of half an hour (Lord Howe, 6 October 2024 and 7 April 2024)', () => {
    expect(upcoming(daily('02:15', 'Australia/Lord_Howe'), '2024-10-05T12:00:00Z', 2)).toEqual([
      '2024-10-05T15:30',
      '2024-10-06T15:15',
    ]);
    expect(upcoming(daily('01:45', 'Australia/Lord_Howe'), '2024-04-06T12:00:00Z', 2)).toEqual([
      '2024-04-06T14:45',
      '2024-04-07T15:15',
    ]);
  });
});

describe('what follows a due time', () => {
  const hourly: Schedule = { type: 'hourly', every: 6, timeZone: 'UTC' };

  test('is one time, however many were missed, and hours stay on their grid', () => {
    const due = at('2024-01-01T00:10:00Z');
    expect(dueAfter(hourly, due, at('2024-01-03T13:00:00Z'))?.toISOString()).toBe('2024-01-03T18:10:00.000Z');
    expect(dueAfter(hourly, due, due)?.toISOString()).toBe('2024-01-01T06:10:00.000Z');
    expect(dueAfter(hourly, due, at('2024-01-01T06:10:00Z'))?.toISOString()).toBe('2024-01-01T12:10:00.000Z');
  });

  test('is later than now for a time of day', () => {
    const due = at('2024-01-01T02:00:00Z');
    expect(dueAfter(daily('02:00'), due, at('2024-02-01T02:00:00Z'))?.toISOString()).toBe('2024-02-02T02:00:00.000Z');
    expect(dueAfter(daily('02:00'), due, due)?.toISOString()).toBe('2024-01-02T02:00:00.000Z');
  });
});

describe('what is wrong with a schedule', () => {
  const paths = (schedule: unknown) => scheduleIssues(schedule as Schedule).map(({ path }) => path);

  test.each([
    [{ type: 'manual' }],
    [{ type: 'hourly', every: 24, timeZone: 'Europe/Berlin' }],
    [daily('23:59')],
    [{ type: 'weekly', days: [0, 6], at: '00:00', timeZone: 'UTC' }],
    [cron('*/5 * * * *')],
    [cron('0 0 12 1/5 * ?')],
    [cron('0 0 12 ? * 2-6')],
    [cron('0 15 10 ? * 6L 2026-2028')],
    [cron('0 0 29 2 *')],
    [cron('@daily')],
  ])('%j is right', (schedule) => {
    expect(paths(schedule)).toEqual([]);
  });

  test.each([
    [{ type: 'sometimes' }, ['type']],
    [undefined, ['type']],
    [{ type: 'hourly', every: 0, timeZone: 'UTC' }, ['every']],
    [{ type: 'hourly', every: 1.5, timeZone: 'Mars/Base' }, ['every', 'timeZone']],
    [{ type: 'hourly', every: 8_785, timeZone: 'UTC' }, ['every']],
    [daily('24:00'), ['at']],
    [daily('2:00'), ['at']],
    [{ type: 'daily', timeZone: 'UTC' }, ['at']],
    [{ type: 'weekly', days: [], at: '02:00', timeZone: 'UTC' }, ['days']],
    [{ type: 'weekly', days: [7], at: '02:00', timeZone: '' }, ['days', 'timeZone']],
    [cron('0 0 30 2 *'), ['expression']],
    [cron('0 0 12 L-3 * ?'), ['expression']],
    [cron('0 22-6 * * *'), ['expression']],
    [cron('0 0 * * FRI-MON'), ['expression']],
    [cron('0 0 12 1 1 ? 2027/2'), ['expression']],
    [cron('0 0 12 1 1 ? 1999'), ['expression']],
    [cron('61 * * * *'), ['expression']],
    [cron('* * *'), ['expression']],
    [cron('not cron at all'), ['expression']],
    [cron(''), ['expression']],
    [{ type: 'cron', timeZone: 'UTC' }, ['expression']],
    [cron('0 0 * * *', 'Berlin'), ['timeZone']],
  ])('%j', (schedule, expected) => {
    expect(paths(schedule)).toEqual(expected);
  });

  test('says why an expression is refused', () => {
    expect(scheduleIssues(cron('0 0 30 2 *'))[0]?.message).toBe('0 0 30 2 * never comes.');
    expect(scheduleIssues(cron('0 0 12 L-3 * ?'))[0]?.message).toContain('L-n');
    expect(scheduleIssues(cron('0 22-6 * * *'))[0]?.message).toContain('upwards');
    expect(scheduleIssues(cron('0 2 * *'))[0]?.message).toBe(
      '0 2 * * is no cron expression: it has 4 fields; cron has five, Quartz six or seven with seconds first.',
    );
  });
});

describe('in any zone', () => {
  const zones = [
    'UTC',
    'Europe/Berlin',
    'America/Santiago',
    'Australia/Lord_Howe',
    'America/New_York',
    'Asia/Kathmandu',
    'Pacific/Apia',
    'Africa/Casablanca',
    'America/St_Johns',
    'Asia/Gaza',
    'Antarctica/Troll',
  ];
  const instant = fc.date({ min: at('2020-01-01T00:00:00Z'), max: at('2030-12-31T00:00:00Z'), noInvalidDate: true });
  const minute = fc.integer({ min: 0, max: 59 });
  const hour = fc.integer({ min: 0, max: 23 });
  const two = (value: number) => String(value).padStart(2, '0');
  const schedules = fc
    .record({
      zone: fc.constantFrom(...zones),
      minute,
      hour,
      days: fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1 }),
    })
    .chain(({ zone, minute, hour, days }) =>
      fc.constantFrom<Schedule>(
        daily(`${two(hour)}:${two(minute)}`, zone),
        { type: 'weekly', days, at: `${two(hour)}:${two(minute)}`, timeZone: zone },
        { type: 'hourly', every: hour + 1, timeZone: zone },
        cron(`${minute} * * * *`, zone),
        cron(`*/15 ${hour} * * *`, zone),
        cron(`0 ${minute} ${hour} ? * ${days.map((day) => day + 1).join(',')}`, zone),
      ),
    );

  test('the next due time is later, and none lies between', () => {
    fc.assert(
      fc.property(schedules, instant, fc.double({ min: 0, max: 1, noNaN: true }), (schedule, after, share) => {
        const due = nextDue(schedule, after);
        expect(due?.getTime()).toBeGreaterThan(after.getTime());
        if (!due || schedule.type === 'hourly') return;
        const between = new Date(after.getTime() + Math.floor((due.getTime() - 1 - after.getTime()) * share));
        expect(nextDue(schedule, between)).toEqual(due);
      }),
      { numRuns: 2_000 },
    );
  });

  test('every day has its due time, once', () => {
    const local = (time: Date, timeZone: string) => time.toLocaleDateString('sv-SE', { timeZone });
    fc.assert(
      fc.property(fc.constantFrom(...zones), instant, hour, minute, (zone, start, h, m) => {
        const schedule = daily(`${two(h)}:${two(m)}`, zone);
        let due = nextDue(schedule, start) as Date;
        for (let day = 0; day < 10; day++) {
          const next = nextDue(schedule, due) as Date;
          const days = (Date.parse(local(next, zone)) - Date.parse(local(due, zone))) / 86_400_000;
          expect([schedule, due, next, days]).toEqual([schedule, due, next, 1]);
          due = next;
        }
      }),
      { numRuns: 300 },
    );
  });

  test('catching up never gives a time that is past, and loses none after now', () => {
    fc.assert(
      fc.property(schedules, instant, fc.integer({ min: 0, max: 90 * 86_400_000 }), (schedule, start, late) => {
        const due = nextDue(schedule, start) as Date;
        const now = new Date(due.getTime() + late);
        const next = dueAfter(schedule, due, now) as Date;
        expect(next.getTime()).toBeGreaterThan(now.getTime());
        let expected = due;
        while (expected <= now) expected = nextDue(schedule, expected) as Date;
        expect(next).toEqual(expected);
      }),
      { numRuns: 100 },
    );
  });
});
