import { readFileSync } from 'node:fs';
import type { Point } from '#quality/anomaly/series.ts';

/** A `timestamp,value` CSV. Times without a zone are UTC; numbers are seconds or milliseconds, or steps if they are small. */
export function readSeries(file: string): Point[] {
  const lines = readFileSync(file, 'utf8')
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/);
  const [head = '', ...rows] = lines.filter((line) => line.trim() !== '');
  const names = head.split(',').map(bare);
  const timeAt = Math.max(0, names.indexOf('timestamp'));
  const valueAt = names.includes('value') ? names.indexOf('value') : 1;
  let [last, step] = [Number.NaN, 60_000];
  return rows.map((row) => {
    const cells = row.split(',').map(bare);
    let at = readTime(cells[timeAt] ?? '');
    // A time that can't be read is one step after the one before.
    if (Number.isNaN(at)) at = Number.isNaN(last) ? 0 : last + step;
    else if (at > last) step = at - last;
    last = at;
    return { at, value: readValue(cells[valueAt] ?? '') };
  });
}

function bare(cell: string): string {
  return cell
    .trim()
    .replace(/^"(.*)"$/, '$1')
    .trim();
}

function readValue(text: string): number | null {
  const value = text === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : null;
}

function readTime(text: string): number {
  if (/^-?\d+(\.\d+)?$/.test(text)) return readNumber(Number(text));
  const iso = text.replaceAll('/', '-').replace(/^(\d{4}-\d{1,2}-\d{1,2}) +/, '$1T');
  const hasZone = /(z|[+-]\d{2}:?\d{2})$/i.test(iso) && iso.includes('T');
  const direct = Date.parse(hasZone || !iso.includes('T') ? iso : `${iso}Z`);
  return Number.isNaN(direct) ? Date.parse(`${text} UTC`) : direct;
}

/** Milliseconds, seconds since 1970, or, below 1973 in seconds, the number of an hour: what anonymous series are counted in. */
function readNumber(number: number): number {
  if (number > 1e11) return number;
  return number > 1e8 ? number * 1000 : number * 3_600_000;
}
