import { WeirError } from '#lib/errors.ts';
import { addMonths, DateTime, weekday } from '#lib/manifest/datetime/date-time.ts';
import { Duration } from '#lib/manifest/datetime/duration.ts';

const WEEKDAYS = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'];

/** Moves the ends of slices to whole days, weeks or months. */
export interface Clamping {
  /** To the next boundary; a date on one stays on its day. */
  up(value: DateTime): DateTime;
  /** To the boundary before. */
  down(value: DateTime): DateTime;
  /** Between the end of what is read and that boundary, where the cursor has no granularity. */
  readonly unit: Duration;
}

/** @throws WeirError `bad_clamping` for a target or a weekday that does not exist */
export function clampingOf(target: string, day: unknown): Clamping {
  if (target === 'DAY') return { up: dayUp, down: midnight, unit: new Duration(0, 1_000_000n) };
  const unit = Duration.ofDays(1);
  if (target === 'MONTH') return { up: monthUp, down: (value) => firstOfMonth(midnight(value)), unit };
  if (target !== 'WEEK') throw badClamping(`clamping takes DAY, WEEK or MONTH, not ${target}.`);
  const index = WEEKDAYS.indexOf(String(day));
  if (index < 0) throw badClamping(`Clamping to weeks needs target_details with a weekday such as MONDAY, not ${day}.`);
  return { up: (value) => moved(midnight(value), daysTo(value, index)), down: (value) => weekDown(value, index), unit };
}

function midnight(value: DateTime): DateTime {
  return DateTime.fromCivil({ ...value.civil, hour: 0, minute: 0, second: 0, microsecond: 0 }, value.offset);
}

function dayUp(value: DateTime): DateTime {
  const start = midnight(value);
  return start.micros === value.micros ? start : moved(start, 1);
}

/** The first of a month stays on its day, whatever the time: so does the CDK. */
function monthUp(value: DateTime): DateTime {
  const start = midnight(value);
  if (start.civil.day === 1) return start;
  return DateTime.fromCivil(addMonths({ ...start.civil, day: 1 }, 1), start.offset);
}

function firstOfMonth(value: DateTime): DateTime {
  return DateTime.fromCivil({ ...value.civil, day: 1 }, value.offset);
}

function weekDown(value: DateTime, index: number): DateTime {
  const days = daysTo(value, index);
  return moved(midnight(value), days === 0 ? 0 : days - 7);
}

function daysTo(value: DateTime, index: number): number {
  return (index - weekday(value.civil) + 7) % 7;
}

function moved(value: DateTime, days: number): DateTime {
  return value.plus(Duration.ofDays(days));
}

function badClamping(message: string): WeirError {
  return new WeirError({ kind: 'config', code: 'bad_clamping', message, hint: 'Correct clamping in the manifest.' });
}
