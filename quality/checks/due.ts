import type { Issue } from '#lib/errors.ts';
import { nextDue, scheduleIssues } from '#lib/jobs/due-times.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';

const DAY_MS = 86_400_000;
/** How far back a due time is looked for: longer holidays than that are none. */
const DAYS_BACK = 40;
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** When new data is due: by a time of day, on some days of the week, not on holidays. */
export const dueSchema: JsonObject = {
  type: 'object',
  properties: {
    by: { type: 'string', pattern: '^[0-2][0-9]:[0-5][0-9]$', description: 'Time of day, such as "07:00".' },
    time_zone: { type: 'string', description: 'IANA name, such as Europe/Berlin; UTC unless told.' },
    weekdays: {
      type: 'array',
      items: { enum: WEEKDAYS },
      minItems: 1,
      uniqueItems: true,
      description: 'Days on which it is due; all of them unless told.',
    },
    holidays: {
      type: 'array',
      items: { type: 'string', pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' },
      maxItems: 1000,
      description: 'Dates on which it is not due.',
    },
    within_hours: {
      type: 'number',
      exclusiveMinimum: 0,
      description: 'How old the newest value may be at that time; 24 unless told.',
    },
  },
  required: ['by'],
  additionalProperties: false,
};

export function dueProblems(due: JsonValue | undefined): { path: string; message: string }[] {
  if (!isJsonObject(due)) return [];
  const issues: Issue[] = scheduleIssues(scheduleOf(due));
  return issues.map(({ path, message }) => ({ path: `due.${path === 'at' ? 'by' : 'time_zone'}`, message }));
}

/** The last time at or before `now` at which data was due; null if there was none in 40 days. */
export function lastDue(due: JsonObject, now: Date): Date | null {
  const schedule = scheduleOf(due);
  const holidays = new Set(Array.isArray(due.holidays) ? due.holidays.map(String) : []);
  const day = new Intl.DateTimeFormat('en-CA', { timeZone: schedule.timeZone, dateStyle: 'short' });
  let last: Date | null = null;
  let at = nextDue(schedule, new Date(now.getTime() - DAYS_BACK * DAY_MS));
  while (at !== null && at <= now) {
    if (!holidays.has(day.format(at))) last = at;
    at = nextDue(schedule, at);
  }
  return last;
}

function scheduleOf({ by, time_zone, weekdays }: JsonObject) {
  const days = Array.isArray(weekdays) ? weekdays.map((name) => WEEKDAYS.indexOf(String(name))) : [0, 1, 2, 3, 4, 5, 6];
  return { type: 'weekly' as const, days, at: String(by), timeZone: String(time_zone ?? 'UTC') };
}
