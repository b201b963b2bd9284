import type { JsonObject } from '#lib/json.ts';
import type { Refusal } from '#lib/records/index.ts';
import type { LaidLines, LayoutWriter, PlaceOf } from './layout.ts';

const MB = 1024 * 1024;
/** DuckDB holds a line several times over while it makes files of it, within what it may take of the machine's memory. */
const MOST_MB = 32;
const MOST_BYTES_OF_A_SIGN = 3;

/** As the layout lays them; records whose lines would be too long to be read again are refused. */
export function shortLines(layout: LayoutWriter, records: readonly JsonObject[], place: PlaceOf): LaidLines {
  const laid = layout.lines(records, place);
  const longest = laid.lines.reduce((most, line) => Math.max(most, bytesOf(line)), 0);
  if (longest <= MOST_MB * MB) return laid;
  const [record] = records;
  if (records.length === 1 && record) return { ...laid, lines: [], refusals: [tooLong(record, longest)] };
  const each = records.map((one, index) => shortLines(layout, [one], (part) => place(part, index + 1)));
  return {
    lines: each.flatMap(({ lines }) => lines),
    refusals: each.flatMap(({ refusals }, index) => refusals.map((refusal) => ({ ...refusal, row: index + 1 }))),
    leftOut: new Set(each.flatMap(({ leftOut = [] }) => [...leftOut])),
  };
}

/** No more than that; exact where it matters. */
function bytesOf(line: string): number {
  const most = line.length * MOST_BYTES_OF_A_SIGN;
  return most <= MOST_MB * MB ? most : Buffer.byteLength(line);
}

function tooLong(record: JsonObject, bytes: number): Refusal {
  const reason = `The record has ${Math.ceil(bytes / MB)} MB; files of a bucket are made of records of up to ${MOST_MB} MB.`;
  return { row: 1, record, code: 'bad_value', reason };
}
