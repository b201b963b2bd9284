import { readFileSync } from 'node:fs';
import type { Point } from '#quality/anomaly/series.ts';

const HOUR_MS = 3_600_000;
/** Numbers beyond these are milliseconds, microseconds and nanoseconds since 1970; smaller ones are seconds. */
const MILLISECONDS_FROM = 1e11;
const MICROSECONDS_FROM = 1e14;
const NANOSECONDS_FROM = 1e17;
/** Below this, in seconds 1973, a number counts hours: what anonymous series are counted in. */
const SECONDS_FROM = 1e8;
/** Words for a value that was not measured. */
const MISSING = /^(|-|na|n\/a|nan|null|none)$/i;

/** Said of a series once for each kind, at the first line where it is so. */
export interface Remark {
  readonly line: number;
  readonly message: string;
}

/** The points of a file, one for each of its rows. */
export function readSeries(file: string): readonly Point[] {
  return parseSeries(readFileSync(file, 'utf8')).points;
}

/**
 * A CSV with columns `timestamp` and `value`, or the first two; a header may be missing, blank lines are passed over. A point
 * for each row, in their order. Times without a zone are UTC; one that can't be read is one step after the one before.
 * What is no number was not measured.
 * @throws Error naming the line where the text is no such CSV
 */
export function parseSeries(text: string): { points: Point[]; remarks: Remark[] } {
  const rows = text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .flatMap((row, index) => (row.trim() === '' ? [] : [{ row, line: index + 1 }]));
  const [head] = rows;
  if (!head) return { points: [], remarks: [{ line: 1, message: 'the file is empty' }] };
  const separator = [',', ';', '\t'].find((each) => head.row.includes(each));
  if (!separator) throw new Error(`line ${head.line}: there is one column, expected “timestamp,value”`);
  const cells = rows.map(({ row, line }) => ({ line, cells: cellsOf(row, separator) }));
  const { timeAt, valueAt, hasHeader } = columnsOf(cells[0]?.cells ?? []);
  const reader = new RowReader();
  const points = cells
    .slice(hasHeader ? 1 : 0)
    .map((each) => reader.read(each.cells[timeAt] ?? '', each.cells[valueAt] ?? '', each.line));
  return { points, remarks: reader.remarks };
}

function columnsOf(head: readonly string[]) {
  const names = head.map((name) => name.toLowerCase());
  const hasHeader = names.includes('value') || readValue(head[1] ?? '') === null;
  const named = (name: string, otherwise: number) => (names.includes(name) ? names.indexOf(name) : otherwise);
  const timeAt = named('timestamp', 0);
  return { hasHeader, timeAt, valueAt: named('value', timeAt === 1 ? 0 : 1) };
}

/** Reads rows one after another: what is wrong with a time is made up for by the one before. */
class RowReader {
  readonly #first = new Map<string, Remark>();
  #last = Number.NaN;
  #step = 60_000;

  get remarks(): Remark[] {
    return [...this.#first.values()];
  }

  read(timeText: string, valueText: string, line: number): Point {
    let at = readTime(timeText);
    if (Number.isNaN(at)) {
      this.#remark('time', line, `“${timeText.slice(0, 40)}” is no time: taken as one step after the row before`);
      at = Number.isNaN(this.#last) ? 0 : this.#last + this.#step;
    } else if (at < this.#last)
      this.#remark('order', line, 'earlier than the row before: rows are judged in their order');
    else if (at > this.#last) this.#step = at - this.#last;
    this.#last = at;
    const value = readValue(valueText);
    if (value === null && !MISSING.test(valueText))
      this.#remark('value', line, `“${valueText.slice(0, 40)}” is no number: taken as not measured`);
    return { at, value };
  }

  #remark(kind: string, line: number, message: string): void {
    if (!this.#first.has(kind)) this.#first.set(kind, { line, message });
  }
}

/** Separators within quotes divide nothing. */
function cellsOf(line: string, separator: string): string[] {
  const quoted = new RegExp(`("([^"]|"")*"|[^${separator}"])*(${separator}|$)`, 'g');
  const cells = line.includes('"') ? (line.match(quoted) ?? []) : line.split(separator);
  return cells.map((cell) =>
    (cell.endsWith(separator) ? cell.slice(0, -1) : cell)
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
