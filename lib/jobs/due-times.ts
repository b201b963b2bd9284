import { Cron } from 'croner';
import type { Schedule } from '#lib/db/schema.ts';
import type { Issue } from '#lib/errors.ts';

const HOUR_MS = 3_600_000;
const MOST_HOURS = 24 * 366;
/** Quartz spells these, croner reads them otherwise or not at all: refused by name rather than run at another time. */
const UNSUPPORTED: readonly [refused: (expression: string) => boolean, why: string][] = [
  [(expression) => /L-\d/i.test(expression), 'L-n (days before the end of the month) is not supported'],
  [(expression) => /\d{4}\/\d/.test(expression), 'steps of years are not supported'],
  [
    (expression) => [...expression.matchAll(/(\d+)-(\d+)/g)].some(([, from, to]) => Number(from) > Number(to)),
    'a range must go upwards',
  ],
];

/**
 * The first instant after `after` at which the schedule is due; null for a manual one, or one that never comes.
 * A time of day that the clocks skip is due at the end of the gap; one that comes twice is due the first time.
 */
export function nextDue(schedule: Schedule, after: Date): Date | null {
  if (schedule.type === 'manual') return null;
  if (schedule.type === 'hourly') return new Date(after.getTime() + schedule.every * HOUR_MS);
  return cronOf(schedule).nextRun(after);
}

/** What follows the due time `due` once it is past: later than `now`, on the schedule's own grid, however many were missed. */
export function dueAfter(schedule: Schedule, due: Date, now: Date): Date | null {
  if (schedule.type !== 'hourly') return nextDue(schedule, now > due ? now : due);
  const step = schedule.every * HOUR_MS;
  const missed = Math.max(0, Math.floor((now.getTime() - due.getTime()) / step));
  return new Date(due.getTime() + (missed + 1) * step);
}

/** All that is wrong with a schedule, by field; one that has no due time after `now` too. */
export function scheduleIssues(schedule: Schedule, now: Date = new Date()): Issue[] {
  switch (schedule?.type) {
    case 'manual':
      return [];
    case 'hourly':
      return [...hourIssues(schedule.every), ...zoneIssues(schedule.timeZone)];
    case 'daily':
      return [...timeIssues(schedule.at), ...zoneIssues(schedule.timeZone)];
    case 'weekly':
      return [...dayIssues(schedule.days), ...timeIssues(schedule.at), ...zoneIssues(schedule.timeZone)];
    case 'cron':
      return [...zoneIssues(schedule.timeZone), ...cronIssues(schedule, now)];
    default:
      return [{ path: 'type', message: 'One of: manual, hourly, daily, weekly, cron.' }];
  }
}

function cronOf(schedule: Exclude<Schedule, { type: 'manual' | 'hourly' }>): Cron {
  const { timeZone } = schedule;
  if (schedule.type === 'cron') return new Cron(...croner(schedule.expression, timeZone));
  const [hour, minute] = schedule.at.split(':').map(Number);
  const days = schedule.type === 'weekly' ? schedule.days.join(',') : '*';
  return new Cron(`${minute} ${hour} * * ${days}`, { timezone: timeZone, paused: true });
}

/** Five fields are cron's; six or seven are Quartz' with its seconds first and Sunday as day 1. */
function croner(expression: string, timezone: string): [string, object] {
  const quartz = expression.trim().split(/\s+/).length > 5;
  const options = { timezone, paused: true };
  return [
    expression.trim(),
    quartz ? { ...options, alternativeWeekdays: true, sloppyRanges: true, domAndDow: true } : options,
  ];
}

function hourIssues(every: number): Issue[] {
  const whole = Number.isInteger(every) && every >= 1 && every <= MOST_HOURS;
  return whole ? [] : [{ path: 'every', message: `A whole number of hours, from 1 to ${MOST_HOURS}.` }];
}

function timeIssues(at: string): Issue[] {
  return /^([01]\d|2[0-3]):[0-5]\d$/.test(at) ? [] : [{ path: 'at', message: 'A time of day such as 02:00.' }];
}

function dayIssues(days: readonly number[]): Issue[] {
  const known =
    Array.isArray(days) && days.length > 0 && days.every((day) => Number.isInteger(day) && day >= 0 && day <= 6);
  return known ? [] : [{ path: 'days', message: 'At least one day, 0 (Sunday) to 6.' }];
}

function zoneIssues(timeZone: string): Issue[] {
  try {
    if (!timeZone) throw new RangeError();
    new Intl.DateTimeFormat('en', { timeZone });
    return [];
  } catch {
    return [
      {
        path: 'timeZone',
        message: `There is no time zone named ${timeZone}. Use a name such as Europe/Berlin or UTC.`,
      },
    ];
  }
}

function cronIssues(schedule: Extract<Schedule, { type: 'cron' }>, now: Date): Issue[] {
  const issue = (message: string) => [{ path: 'expression', message }];
  if (typeof schedule.expression !== 'string') return issue('A cron expression such as 0 2 * * *.');
  const refused = UNSUPPORTED.find(([isRefused]) => isRefused(schedule.expression));
  if (refused) return issue(`${schedule.expression}: ${refused[1]}.`);
  try {
    return nextDue({ ...schedule, timeZone: 'UTC' }, now) === null ? issue(`${schedule.expression} never comes.`) : [];
  } catch (error) {
    return issue(
      `${schedule.expression || 'Nothing'} is no cron expression: ${whyRefused(schedule.expression, error)}.`,
    );
  }
}

/** In the words of croner, but for a number of fields that no expression has. */
function whyRefused(expression: string, error: unknown): string {
  const fields = expression.split(/\s+/).filter(Boolean).length;
  if (!expression.includes('@') && (fields < 5 || fields > 7))
    return `it has ${fields} ${fields === 1 ? 'field' : 'fields'}; cron has five, Quartz six or seven with seconds first`;
  return (error as Error).message.replace(/^CronPattern: /, '').replace(/\.+$/, '');
}
