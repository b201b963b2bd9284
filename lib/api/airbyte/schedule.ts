import type { Schedule } from '#lib/db/schema.ts';
import { WeirError } from '#lib/errors.ts';
import { scheduleIssues } from '#lib/jobs/due-times.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import { invalid, objectOf } from './call.ts';

/** Hours of each unit; a month is thirty days, as for Airbyte. */
const HOURS: Record<string, number> = { hours: 1, days: 24, weeks: 168, months: 720 };
const MINUTES_OF_HOUR = 60;

/** An interval as Airbyte's clients give it, kept to be read back in the same words. */
export interface BasicSchedule {
  readonly timeUnit: string;
  readonly units: number;
}

/** A schedule in the words of the client that set it, as long as they still say what it does. */
export interface ClientWords {
  readonly basic: BasicSchedule | null;
  /** The public API's `cronExpression`, with its zone or without: Terraform compares it with what it wrote. */
  readonly cron: string | null;
}

/** The schedule of a Config API body: `scheduleType` and `scheduleData`, or the older `schedule`. Null when none is named. */
export function readConfigSchedule(body: JsonObject): { schedule: Schedule; basic: BasicSchedule | null } | null {
  const data = objectOf(body.scheduleData);
  const legacy = isJsonObject(body.schedule) ? body.schedule : undefined;
  const basic = isJsonObject(data.basicSchedule) ? data.basicSchedule : legacy;
  const cron = isJsonObject(data.cron) ? data.cron : undefined;
  const type = body.scheduleType ?? (cron ? 'cron' : basic ? 'basic' : undefined);
  if (type === undefined || type === null) return null;
  if (type === 'manual') return { schedule: { type: 'manual' }, basic: null };
  if (type === 'cron') {
    const schedule = cronSchedule(String(cron?.cronExpression ?? ''), String(cron?.cronTimeZone ?? 'UTC'));
    return { schedule, basic: null };
  }
  if (type === 'basic' && basic) return readBasic(basic);
  throw invalid([{ path: 'scheduleType', message: 'One of: manual, basic, cron, with its data in scheduleData.' }]);
}

/** The public API's `{scheduleType, cronExpression}`. */
export function readPublicSchedule(value: JsonObject): Schedule {
  if (value.scheduleType === 'manual') return { type: 'manual' };
  if (value.scheduleType === 'cron' && typeof value.cronExpression === 'string' && value.cronExpression.trim())
    return cronSchedule(value.cronExpression, 'UTC');
  throw new WeirError({
    kind: 'config',
    code: 'invalid_cron',
    message: 'The schedule takes scheduleType manual, or cron with a cronExpression.',
  });
}

/** `scheduleType` and what belongs to it, as the Config API shows it. `kept` is the interval in the client's own words. */
export function toConfigSchedule(schedule: Schedule, kept: BasicSchedule | null): JsonObject {
  if (schedule.type === 'manual') return { scheduleType: 'manual' };
  const { basic, cron } = wordsOf(schedule, kept);
  if (basic) return { scheduleType: 'basic', scheduleData: { basicSchedule: { ...basic } }, schedule: { ...basic } };
  const { expression, timeZone } = cron;
  return { scheduleType: 'cron', scheduleData: { cron: { cronExpression: expression, cronTimeZone: timeZone } } };
}

export function toPublicSchedule(schedule: Schedule, kept: ClientWords): JsonObject {
  if (schedule.type === 'manual') return { scheduleType: 'manual' };
  if (kept.cron !== null && isSame(cronOfWords(kept.cron), schedule))
    return { scheduleType: 'cron', cronExpression: kept.cron };
  const { basic, cron } = wordsOf(schedule, kept.basic);
  if (basic) return { scheduleType: 'basic', basicTiming: `Every ${basic.units} ${basic.timeUnit.toUpperCase()}` };
  const { expression, timeZone } = cron;
  return { scheduleType: 'cron', cronExpression: `${expression} ${timeZone}` };
}

function readBasic(value: JsonObject): { schedule: Schedule; basic: BasicSchedule } {
  const basic = { timeUnit: String(value.timeUnit), units: Number(value.units) };
  const schedule = intervalOf(basic);
  if (schedule) return { schedule, basic };
  throw invalid([
    {
      path: 'scheduleData.basicSchedule',
      message:
        'timeUnit is minutes, hours, days, weeks or months, and units a whole number; minutes must divide an hour.',
    },
  ]);
}

/** Null for what can't be kept: 7 minutes would not fall on the same times every hour. */
function intervalOf({ timeUnit, units }: BasicSchedule): Schedule | null {
  if (!Number.isInteger(units) || units < 1) return null;
  const hours = HOURS[timeUnit];
  if (hours !== undefined) return { type: 'hourly', every: units * hours, timeZone: 'UTC' };
  if (timeUnit !== 'minutes') return null;
  if (units % MINUTES_OF_HOUR === 0) return { type: 'hourly', every: units / MINUTES_OF_HOUR, timeZone: 'UTC' };
  if (MINUTES_OF_HOUR % units !== 0) return null;
  return { type: 'cron', expression: `*/${units} * * * *`, timeZone: 'UTC' };
}

type Words = { basic: BasicSchedule; cron?: undefined } | { basic?: undefined; cron: CronWords };
interface CronWords {
  readonly expression: string;
  readonly timeZone: string;
}

/** An interval or cron; the client's own words as long as they still say what the schedule does. */
function wordsOf(schedule: Exclude<Schedule, { type: 'manual' }>, kept: BasicSchedule | null): Words {
  if (kept && isSame(intervalOf(kept), schedule)) return { basic: kept };
  if (schedule.type === 'hourly') return { basic: { timeUnit: 'hours', units: schedule.every } };
  return { cron: cronOf(schedule) };
}

/** Times of day and of the week in Quartz' spelling, where Sunday is 1; cron as it was written. */
function cronOf(schedule: Exclude<Schedule, { type: 'manual' | 'hourly' }>): CronWords {
  const { timeZone } = schedule;
  if (schedule.type === 'cron') return { expression: schedule.expression, timeZone };
  const [hour = 0, minute = 0] = schedule.at.split(':').map(Number);
  if (schedule.type === 'daily') return { expression: `0 ${minute} ${hour} * * ?`, timeZone };
  return { expression: `0 ${minute} ${hour} ? * ${schedule.days.map((day) => day + 1).join(',')}`, timeZone };
}

/** A trailing zone, as the API itself shows it, is part of the schedule and not of the expression. */
function cronOfWords(text: string, zone = 'UTC'): Schedule {
  const [, expression = '', trailing] = /^(.*?)(?:\s+([A-Za-z]+(?:\/[\w+-]+)+|UTC|GMT))?$/.exec(text.trim()) ?? [];
  return { type: 'cron', expression, timeZone: trailing ?? zone };
}

function isSame(one: Schedule | null, other: Schedule): boolean {
  return (
    one !== null &&
    one.type === other.type &&
    JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort())
  );
}

function cronSchedule(text: string, zone: string): Schedule {
  const schedule = cronOfWords(text, zone);
  const issues = scheduleIssues(schedule);
  if (issues.length === 0) return schedule;
  throw new WeirError({
    kind: 'config',
    code: 'invalid_cron',
    message: 'The schedule can’t be kept.',
    issues: issues.map(({ path, message }) => ({ path: `schedule.${path}`, message })),
  });
}
