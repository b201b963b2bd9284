import { readFileSync } from 'node:fs';
import type { Point } from '#quality/anomaly/series.ts';

const HOUR_MS = 3_600_000;
/** Numbers beyond these are milliseconds, microseconds and nanoseconds since 1970; smaller ones are seconds. */
const MILLISECONDS_FROM = 1e11;
const MICROSECONDS_FROM = 1e14;
const NANOSECONDS_FROM = 1e17;
/** Below this, in seconds 1973, a number counts hours: what anonymous series are counted in. */
const SECONDS_FROM = 1e8;

/**
 * A `timestamp,value` CSV: a point for each of its rows, in their order. Times without a zone are UTC; one that can't be
 * read is one step after the one before. What is no number was not measured.
 */
export function readSeries(file: string): Point[] {
  const lines = readFileSync(file, 'utf8')
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/);
  const [head = '', ...rows] = lines.filter((line) => line.trim() !== '');
  const names = cellsOf(head).map((name) => name.toLowerCase());
  const timeAt = Math.max(0, names.indexOf('timestamp'));
  const valueAt = names.includes('value') ? names.indexOf('value') : 1;
  let [last, step] = [Number.NaN, 60_000];
  return rows.map((row) => {
    const cells = cellsOf(row);
    let at = readTime(cells[timeAt] ?? '');
    if (Number.isNaN(at)) at = Number.isNaN(last) ? 0 : last + step;
    else if (at > last) step = at - last;
    last = at;
    return { at, value: readValue(cells[valueAt] ?? '') };
  });
}

/** Commas within quotes divide nothing. */
function cellsOf(line: string): string[] {
  const cells = line.includes('"') ? (line.match(/("([^"]|"")*"|[^,"])*(,|$)/g) ?? []) : line.split(',');
  return cells.map((cell) =>
    cell
      .replace(/,$/, '')
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .trim(),
  );
}

function readValue(text: string): number | null {
  const value = text === '' ? Number.NaN : Number(text.replace(/^([+-]?\d{1,3})((,\d{3})+)(?=\.|$)/, dropCommas));
  return Number.isFinite(value) ? value : null;
}

function dropCommas(text: string): string {
  return text.replaceAll(',', '');
}

function readTime(text: string): number {
  if (/^-?\d+(\.\d+)?$/.test(text)) return readNumber(Number(text));
  const iso = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ]+([\d:.]+))?(?: ?(z|utc|gmt|[+-]\d{2}:?(?:\d{2})?))?$/i.exec(
    text,
  );
  if (!iso) return Date.parse(/(z|utc|gmt|[+-]\d{2}:?\d{2})$/i.test(text) ? text : `${text} UTC`);
  const [, year = '', month = '', day = '', time = '00:00', zone = 'Z'] = iso;
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  return Date.parse(`${date}T${timeOf(time)}${zoneOf(zone)}`);
}

function timeOf(time: string): string {
  const [hours = '0', minutes = '00', ...seconds] = time.split(':');
  return [hours.padStart(2, '0'), minutes, ...seconds].join(':');
}

function zoneOf(zone: string): string {
  const [, sign, hours, minutes = '00'] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone) ?? [];
  return sign ? `${sign}${hours}:${minutes || '00'}` : 'Z';
}

function readNumber(number: number): number {
  if (number > NANOSECONDS_FROM) return number / 1e6;
  if (number > MICROSECONDS_FROM) return number / 1e3;
  if (number > MILLISECONDS_FROM) return number;
  return number > SECONDS_FROM ? number * 1000 : (dayOf(number) ?? number * HOUR_MS);
}

/** `20260105` is a day. */
function dayOf(number: number): number | null {
  const [, year = '', month = '', day = ''] = /^((?:19|20)\d{2})(\d{2})(\d{2})$/.exec(String(number)) ?? [];
  const at = year === '' ? Number.NaN : Date.parse(`${year}-${month}-${day}`);
  return Number.isNaN(at) ? null : at;
}
