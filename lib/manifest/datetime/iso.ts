import { DateTime } from './date-time.ts';

const ISO =
  /^(\d{4})(?:-?(\d{2})(?:-?(\d{2}))?)?(?:[T ](\d{2})(?::?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?$/i;

/** An ISO 8601 date or date and time, as Python's dateutil reads it; null where it does not. Naive stays naive. */
export function parseIso(text: string): DateTime | null {
  const match = ISO.exec(text.trim());
  if (match === null) return null;
  const [, year, month = '1', day = '1', hour = '0', minute = '0', second = '0', fraction = '', zone] = match;
  const civil = {
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    microsecond: Number(fraction.slice(0, 6).padEnd(6, '0')),
  };
  try {
    return DateTime.fromCivil(civil, zone === undefined ? null : zoneSeconds(zone));
  } catch {
    return null;
  }
}

/** Python's isoformat: the fraction only when there is one, the offset with a colon. */
export function isoText(value: DateTime, separator: 'T' | ' ' = 'T'): string {
  const { year, month, day, hour, minute, second, microsecond } = value.civil;
  const two = (number: number) => String(number).padStart(2, '0');
  const fraction = microsecond === 0 ? '' : `.${String(microsecond).padStart(6, '0')}`;
  const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
  return `${date}${separator}${two(hour)}:${two(minute)}:${two(second)}${fraction}${offset(value.offset)}`;
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
  const seconds = Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2, 4) || 0) * 60;
  return zone.startsWith('-') ? -seconds : seconds;
}
