/**
 * Dates and times as text that a database reads without shifting them: ISO 8601, real days of the Gregorian calendar in
 * the years 1 to 9999, fractions cut (not rounded) at microseconds. What isn't such a text gives null: 0000-00-00, 30
 * February, `24:00`, a leap second (databases would carry it into the next minute), numbers of seconds.
 */
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const TIME =
  /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:[.,](\d{1,12}))?)?(?: ?(Z|z|[+-](?:0\d|1[0-5])(?::?[0-5]\d)?))?$/;
const SEPARATOR = /^[Tt ]$/;
const DATE_LENGTH = 10;
const FRACTION_DIGITS = 6;

export function readDate(text: string): string | null {
  const match = DATE.exec(text);
  return match && isDay(Number(match[1]), Number(match[2]), Number(match[3])) ? text : null;
}

/** An instant; a text without a zone counts as UTC, as Airbyte's destinations read it. */
export function readInstant(text: string): string | null {
  const parts = readParts(text);
  return parts && `${parts.date}T${parts.time}${parts.zone ?? 'Z'}`;
}

/** A wall-clock date and time; a zone in the text is left out and the hands stay where they are. */
export function readLocalDateTime(text: string): string | null {
  const parts = readParts(text);
  return parts && `${parts.date}T${parts.time}`;
}

export function readTime(text: string, zone: 'with' | 'without'): string | null {
  const parts = readClock(text);
  if (parts === null) return null;
  return zone === 'with' ? `${parts.time}${parts.zone ?? 'Z'}` : parts.time;
}

function readParts(text: string): { date: string; time: string; zone: string | null } | null {
  const date = readDate(text.slice(0, DATE_LENGTH));
  if (date === null) return null;
  if (text.length === DATE_LENGTH) return { date, time: '00:00:00', zone: null };
  if (!SEPARATOR.test(text.charAt(DATE_LENGTH))) return null;
  const clock = readClock(text.slice(DATE_LENGTH + 1));
  return clock && { date, ...clock };
}

function readClock(text: string): { time: string; zone: string | null } | null {
  const match = TIME.exec(text);
  if (match === null) return null;
  const [, hour, minute, second = '00', fraction, zone] = match;
  const time = `${hour}:${minute}:${second}${fraction ? `.${fraction.slice(0, FRACTION_DIGITS)}` : ''}`;
  return { time, zone: zone ? zone.toUpperCase() : null };
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isDay(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= (month === 2 && leap ? 29 : (DAYS[month - 1] ?? 0));
}
