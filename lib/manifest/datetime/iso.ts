import { civilMicros, DateTime, daysInMonth, MICROS_PER_DAY, weekday } from './date-time.ts';

const DATE =
  /^(?<year>\d{4})(?:-(?<month>\d{2})(?:-(?<day>\d{2}))?|(?<month2>\d{2})(?<day2>\d{2})|-?(?:W(?<week>\d{2})(?:-?(?<weekday>[1-7]))?|(?<yearDay>\d{3})))?$/;
const TIME =
  /^(\d{2})(?::(\d{2})(?::(\d{2})(?:[.,](\d+))?)?|(\d{2})(?:(\d{2})(?:[.,](\d+))?)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?$/i;
/** A date is what comes before the first of these; ISO 8601's T may be any one character, as in Python. */
const DATE_LENGTH = /^(?:\d{4}-?W\d{2}(?:-?\d)?|\d{4}-\d{2}-\d{2}|\d{8}|\d{4}-\d{3}|\d{7}|\d{4}-\d{2}|\d{4})(?!\d)/;

/** An ISO 8601 date or date and time, as Python's dateutil reads it, or null. Weeks and days of the year too. Naive stays naive. */
export function parseIso(text: string): DateTime | null {
  const trimmed = text.trim();
  const date = DATE_LENGTH.exec(trimmed)?.[0];
  if (date === undefined) return null;
  const day = DATE.exec(date)?.groups;
  const rest = trimmed.slice(date.length);
  const time = rest === '' ? ['', '0'] : TIME.exec(rest.slice(1));
  if (!day || !time || /^[-\d]/.test(rest)) return null;
  try {
    return instant(dayNumber(day), time as RegExpExecArray);
  } catch {
    return null;
  }
}

/** Midnight of the day, in microseconds. */
function dayNumber({
  year,
  month,
  month2,
  day,
  day2,
  week,
  weekday: inWeek,
  yearDay,
}: Record<string, string | undefined>): bigint {
  const start = { year: Number(year), month: 1, day: 1, hour: 0, minute: 0, second: 0, microsecond: 0 };
  if (week !== undefined) {
    const fourth = { ...start, day: 4 };
    const days = (Number(week) - 1) * 7 + Number(inWeek ?? 1) - 1 - weekday(fourth);
    if (Number(week) < 1 || Number(week) > 53) throw new RangeError('no such week');
    return civilMicros(fourth) + BigInt(days) * MICROS_PER_DAY;
  }
  if (yearDay !== undefined) {
    const leap = daysInMonth(start.year, 2) === 29;
    if (Number(yearDay) < 1 || Number(yearDay) > (leap ? 366 : 365)) throw new RangeError('no such day');
    return civilMicros(start) + BigInt(Number(yearDay) - 1) * MICROS_PER_DAY;
  }
  return civilMicros({ ...start, month: Number(month ?? month2 ?? 1), day: Number(day ?? day2 ?? 1) });
}

function instant(
  midnight: bigint,
  [, hour, minute, second, fraction, minute2, second2, fraction2, zone]: RegExpExecArray,
): DateTime {
  const [hours, minutes, seconds] = [hour, minute ?? minute2, second ?? second2].map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
  ];
  const micros = Number((fraction ?? fraction2 ?? '').slice(0, 6).padEnd(6, '0'));
  const isMidnight = hours === 24 && minutes === 0 && seconds === 0 && micros === 0;
  if ((hours > 23 && !isMidnight) || minutes > 59 || seconds > 59) throw new RangeError('time is out of range');
  const offset = zone === undefined ? null : zoneSeconds(zone);
  const wall = midnight + BigInt(hours * 3600 + minutes * 60 + seconds) * 1_000_000n + BigInt(micros);
  return new DateTime(wall - BigInt(offset ?? 0) * 1_000_000n, offset);
}

/** Python's isoformat: the fraction only when there is one, the offset with a colon; `precision` is its `timespec`. */
export function isoText(value: DateTime, separator = 'T', precision = 'auto'): string {
  const { year, month, day, hour, minute, second, microsecond } = value.civil;
  const two = (number: number) => String(number).padStart(2, '0');
  const micros = String(microsecond).padStart(6, '0');
  const fraction = {
    auto: microsecond === 0 ? '' : `.${micros}`,
    microseconds: `.${micros}`,
    milliseconds: `.${micros.slice(0, 3)}`,
  };
  const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
  const clock = [two(hour), two(minute), two(second)].slice(0, { hours: 1, minutes: 2 }[precision] ?? 3).join(':');
  return `${date}${separator}${clock}${fraction[precision as 'auto'] ?? ''}${offset(value.offset)}`;
}

function offset(seconds: number | null): string {
  if (seconds === null) return '';
  const minutes = Math.floor(Math.abs(seconds) / 60);
  const two = (number: number) => String(number).padStart(2, '0');
  return `${seconds < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function zoneSeconds(zone: string): number {
  if (/^z$/i.test(zone)) return 0;
  const digits = zone.slice(1).replace(':', '');
  const [hours, minutes] = [Number(digits.slice(0, 2)), Number(digits.slice(2, 4) || 0)];
  if (hours > 23 || minutes > 59) throw new RangeError('no such offset');
  const seconds = hours * 3600 + minutes * 60;
  return zone.startsWith('-') ? -seconds : seconds;
}
