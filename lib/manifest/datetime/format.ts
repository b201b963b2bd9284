import { type CivilTime, DateTime, dayOfYear, weekday } from './date-time.ts';

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** What the CDK writes and reads when nothing is said. */
export const DEFAULT_FORMAT = '%Y-%m-%dT%H:%M:%S.%f%z';

/** Formats that stand for the whole text. */
const EPOCHS: Record<string, { read: RegExp; micros: (text: string) => bigint; write: (micros: bigint) => string }> = {
  '%s': {
    read: /^[+-]?\d+$/,
    micros: (text) => BigInt(text) * 1_000_000n,
    write: (micros) => String(micros / 1_000_000n),
  },
  '%s_as_float': {
    read: /^[+-]?\d+(\.\d*)?([eE][+-]?\d{1,2})?$/,
    micros: decimalMicros,
    write: (micros) => {
      const seconds = Number(micros) / 1e6;
      return Number.isInteger(seconds) ? `${seconds}.0` : String(seconds);
    },
  },
  '%ms': {
    read: /^[+-]?\d+$/,
    micros: (text) => BigInt(text) * 1000n,
    write: (micros) => String(micros / 1000n),
  },
  '%epoch_microseconds': { read: /^[+-]?\d+$/, micros: (text) => BigInt(text), write: String },
};

/**
 * Reads a date after a strptime format, with the CDK's additions (`%s`, `%s_as_float`, `%ms`, `%epoch_microseconds` for the
 * whole text; `%_ms` inside one). Without a zone it is UTC.
 * @throws RangeError when the text does not fit
 */
export function parseDatetime(value: string | number | bigint, format: string): DateTime {
  const epoch = EPOCHS[format];
  if (!epoch) return strptime(String(value), format);
  const whole = typeof value === 'number' && format !== '%s_as_float' ? Math.trunc(value) : value;
  const text = String(whole)
    .trim()
    .replace(/(?<=\d)_(?=\d)/g, '');
  if (!epoch.read.test(text)) throw misfit(text, format);
  return new DateTime(epoch.micros(text));
}

/** Writes a date after a strftime format, with the same additions. */
export function formatDatetime(value: DateTime, format: string): string {
  const epoch = EPOCHS[format];
  return epoch ? epoch.write(value.micros) : strftime(value, format);
}

export function strftime(value: DateTime, format: string): string {
  const c = value.civil;
  return format.replace(/%(_ms|([-_0^#])?([a-zA-Z%]))/g, (whole, directive: string, flag, letter) => {
    const text = (WRITE[directive] ?? WRITE[letter ?? ''])?.(c, value);
    if (text === undefined) return whole;
    if (flag === '^') return text.toUpperCase();
    if (flag === '#') return letter === 'Z' || letter === 'p' ? text.toLowerCase() : text.toUpperCase();
    if (flag === '-') return text.replace(/^[0 ]+(?=\d)/, '');
    return flag === '_' ? text.replace(/^0+(?=\d)/, (zeros) => ' '.repeat(zeros.length)) : text;
  });
}

type Write = (civil: CivilTime, value: DateTime) => string;
const two = (number: number) => String(number).padStart(2, '0');

const WRITE: Record<string, Write> = {
  Y: (c) => String(c.year).padStart(4, '0'),
  y: (c) => two(c.year % 100),
  m: (c) => two(c.month),
  d: (c) => two(c.day),
  e: (c) => String(c.day).padStart(2, ' '),
  H: (c) => two(c.hour),
  I: (c) => two(c.hour % 12 || 12),
  p: (c) => (c.hour < 12 ? 'AM' : 'PM'),
  M: (c) => two(c.minute),
  S: (c) => two(c.second),
  f: (c) => String(c.microsecond).padStart(6, '0'),
  _ms: (c) => String(Math.floor(c.microsecond / 1000)).padStart(3, '0'),
  j: (c) => String(dayOfYear(c)).padStart(3, '0'),
  a: (c) => (DAYS[weekday(c)] ?? '').slice(0, 3),
  A: (c) => DAYS[weekday(c)] ?? '',
  w: (c) => String((weekday(c) + 1) % 7),
  u: (c) => String(weekday(c) + 1),
  b: (c) => (MONTHS[c.month - 1] ?? '').slice(0, 3),
  B: (c) => MONTHS[c.month - 1] ?? '',
  F: (c) => `${String(c.year).padStart(4, '0')}-${two(c.month)}-${two(c.day)}`,
  T: (c) => `${two(c.hour)}:${two(c.minute)}:${two(c.second)}`,
  D: (c) => `${two(c.month)}/${two(c.day)}/${two(c.year % 100)}`,
  R: (c) => `${two(c.hour)}:${two(c.minute)}`,
  U: (c) => two(Math.floor((dayOfYear(c) + 6 - ((weekday(c) + 1) % 7)) / 7)),
  W: (c) => two(Math.floor((dayOfYear(c) + 6 - weekday(c)) / 7)),
  V: (c) => two(isoWeek(c).week),
  G: (c) => String(isoWeek(c).year),
  g: (c) => two(isoWeek(c).year % 100),
  C: (c) => two(Math.floor(c.year / 100)),
  h: (c) => (MONTHS[c.month - 1] ?? '').slice(0, 3),
  k: (c) => String(c.hour).padStart(2, ' '),
  l: (c) => String(c.hour % 12 || 12).padStart(2, ' '),
  P: (c) => (c.hour < 12 ? 'am' : 'pm'),
  n: () => '\n',
  t: () => '\t',
  c: (_c, value) => strftime(value, '%a %b %e %H:%M:%S %Y'),
  r: (_c, value) => strftime(value, '%I:%M:%S %p'),
  x: (_c, value) => strftime(value, '%m/%d/%y'),
  X: (_c, value) => strftime(value, '%H:%M:%S'),
  s: (_c, value) => String(floor(value.micros, 1_000_000n)),
  z: (_c, value) => (value.offset === null ? '' : offsetText(value.offset)),
  Z: (_c, value) => (value.offset === null ? '' : value.offset === 0 ? 'UTC' : `UTC${offsetText(value.offset, ':')}`),
  '%': () => '%',
};

/** ISO 8601's week: the one with the year's first Thursday is the first. */
function isoWeek(c: CivilTime): { year: number; week: number } {
  const week = Math.floor((dayOfYear(c) - weekday(c) + 9) / 7);
  if (week < 1) return isoWeek({ ...c, year: c.year - 1, month: 12, day: 31 });
  const isNext = week === 53 && c.month === 12 && c.day - weekday(c) >= 29;
  return isNext ? { year: c.year + 1, week: 1 } : { year: c.year, week };
}

export function offsetText(offset: number, separator = ''): string {
  const minutes = Math.floor(Math.abs(offset) / 60);
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${separator}${two(minutes % 60)}`;
}

interface Parts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  microsecond: number;
  pm: boolean | null;
  yearDay: number | null;
  offset: number | null;
}

type Read = readonly [pattern: string, take: (parts: Parts, text: string) => void];
const micro = set('microsecond', (text) => Number(text.padEnd(6, '0')));
const monthNames = `${MONTHS.join('|')}|${MONTHS.map((name) => name.slice(0, 3)).join('|')}`;
const dayNames = `${DAYS.join('|')}|${DAYS.map((name) => name.slice(0, 3)).join('|')}`;
const monthNumber = (text: string) =>
  MONTHS.findIndex((name) => name.toLowerCase().startsWith(text.toLowerCase().slice(0, 3))) + 1;

function set<Name extends keyof Parts>(name: Name, read: (text: string) => Parts[Name]): Read[1] {
  return (parts, text) => {
    parts[name] = read(text);
  };
}

const READ: Record<string, Read> = {
  Y: ['\\d{4}', set('year', (t) => Number(t))],
  y: ['\\d{2}', set('year', (t) => Number(t) + (Number(t) < 69 ? 2000 : 1900))],
  m: ['1[0-2]|0[1-9]|[1-9]', set('month', (t) => Number(t))],
  d: ['3[01]|[12]\\d|0[1-9]|[1-9]| [1-9]', set('day', (t) => Number(t))],
  H: ['2[0-3]|[01]\\d|\\d', set('hour', (t) => Number(t))],
  I: ['1[0-2]|0[1-9]|[1-9]', set('hour', (t) => Number(t))],
  p: ['[AaPp][Mm]', set('pm', (t) => /p/i.test(t))],
  M: ['[0-5]\\d|\\d', set('minute', (t) => Number(t))],
  S: ['6[01]|[0-5]\\d|\\d', set('second', (t) => Number(t))],
  f: ['\\d{1,6}', micro],
  _ms: ['\\d{1,6}', micro],
  j: ['36[0-6]|3[0-5]\\d|[12]\\d\\d|0?[1-9]\\d|0{0,2}[1-9]', set('yearDay', (t) => Number(t))],
  b: [monthNames, set('month', (t) => monthNumber(t))],
  B: [monthNames, set('month', (t) => monthNumber(t))],
  a: [dayNames, () => undefined],
  A: [dayNames, () => undefined],
  w: ['[0-6]', () => undefined],
  u: ['[1-7]', () => undefined],
  z: ['Z|[+-](?:[01]\\d|2[0-3]):?[0-5]\\d(?::?[0-5]\\d)?', set('offset', (t) => offsetSeconds(t))],
  Z: ['UTC|GMT|Z', set('offset', () => 0)],
};

interface Reader {
  readonly pattern: RegExp;
  readonly takes: readonly Read[1][];
}

const readers = new Map<string, Reader>();
const MOST_READERS = 500;

function strptime(text: string, format: string): DateTime {
  const { pattern, takes } = readerOf(format);
  const match = pattern.exec(text);
  if (match === null) throw misfit(text, format);
  const parts: Parts = {
    year: 1900,
    month: 1,
    day: 1,
    hour: 0,
    minute: 0,
    second: 0,
    microsecond: 0,
    pm: null,
    yearDay: null,
    offset: null,
  };
  for (const [index, take] of takes.entries()) take(parts, match[index + 1] ?? '');
  if (parts.pm !== null) parts.hour = (parts.hour % 12) + (parts.pm ? 12 : 0);
  try {
    const start = DateTime.fromCivil(parts, parts.offset ?? 0);
    return parts.yearDay === null
      ? start
      : new DateTime(start.micros + BigInt(parts.yearDay - 1) * 86_400_000_000n, start.offset);
  } catch {
    throw misfit(text, format);
  }
}

function readerOf(format: string): Reader {
  const known = readers.get(format);
  if (known) return known;
  const takes: Read[1][] = [];
  const source = format.replace(/%(_ms|[a-zA-Z%])|\s+|[^%\s]/g, (part, directive: string | undefined) => {
    if (directive === '%') return '%';
    if (directive === undefined) return /^\s/.test(part) ? '\\s+' : part.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
    const read = READ[directive];
    if (!read) throw new RangeError(`'%${directive}' is a bad directive in format '${format}'`);
    takes.push(read[1]);
    return `(${read[0]})`;
  });
  const reader = { pattern: new RegExp(`^${source}$`, 'i'), takes };
  if (readers.size >= MOST_READERS) readers.clear();
  readers.set(format, reader);
  return reader;
}

function offsetSeconds(text: string): number {
  if (text.toUpperCase() === 'Z') return 0;
  const digits = text.slice(1).replaceAll(':', '');
  const seconds = Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2, 4)) * 60 + Number(digits.slice(4, 6) || 0);
  return text.startsWith('-') ? -seconds : seconds;
}

function decimalMicros(text: string): bigint {
  if (/e/i.test(text)) return BigInt(Math.round(Number(text) * 1e6));
  const [whole = '0', fraction = ''] = text.split('.');
  const micros = BigInt(whole) * 1_000_000n;
  const rest = BigInt(fraction.slice(0, 6).padEnd(6, '0'));
  return text.startsWith('-') ? micros - rest : micros + rest;
}

function floor(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}

function misfit(text: string, format: string): RangeError {
  return new RangeError(`time data ${JSON.stringify(text)} does not match format ${JSON.stringify(format)}`);
}
