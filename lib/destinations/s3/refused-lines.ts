import { createReadStream } from 'node:fs';
import type { Refusal } from '#lib/records/index.ts';
import { member } from './layouts/layout.ts';
import { lineOf } from './local-stage.ts';
import { MAX_RECORD_TEXT, recordText } from './quarantine-files.ts';

/** Between the lines of rows, so that they share their file's checkpoints. */
const MARK = ',"_weir_table":"quarantine","_weir_refused":';
const NEWLINE = 10;
/** Member of such a line: which of the staged records it is. */
export const ASIDE = '_weir_aside';

/** A row that was put aside, as a line of the stage. Names no table, so that no file of rows holds it. */
export function refusedLine({ slice, name, page, came }: RefusedPlace, refusal: Refusal): string {
  const { row, code, reason, record } = refusal;
  const shown = { slice: name, page, row, code, reason, came: came.toISOString(), record: recordText(record) };
  return lineOf(slice, MARK + JSON.stringify(shown));
}

/** The slice by its number and its name, and when the row came. */
export interface RefusedPlace {
  readonly slice: number;
  readonly name: string;
  readonly page: number;
  readonly came: Date;
}

/** The same of a record that was staged: its rows don't count any more. */
export function asideLine(slice: number, came: Date, { id, reason, record }: AsideRow): string {
  const shown = {
    slice: String(slice),
    page: 0,
    row: 0,
    code: 'check_failed',
    reason,
    came: came.toISOString(),
    record: record.slice(0, MAX_RECORD_TEXT),
  };
  return lineOf(slice, member(ASIDE, id) + MARK + JSON.stringify(shown));
}

/** A staged record that is to be put aside. */
export interface AsideRow {
  readonly id: string;
  readonly reason: string;
  /** As JSON. */
  readonly record: string;
  /** When it came, where that is not the sync's instant. */
  readonly came?: Date;
}

/** The rows that were put aside, as JSON, of all slices but those. The stage is searched as bytes: nearly all of it is rows. */
export async function* refusedLines(rowsFile: string, leaveOut: readonly number[]): AsyncGenerator<string> {
  const left = new Set(leaveOut);
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(rowsFile, { highWaterMark: 1024 * 1024 })) {
    const bytes = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    for (const line of markedLines(bytes.subarray(0, end))) {
      const slice = Number(/^\{"_weir_slice":"(\d+)"/.exec(line)?.[1]);
      if (!left.has(slice)) yield line.slice(line.indexOf(MARK) + MARK.length, -1);
    }
    rest = bytes.subarray(end);
  }
}

/** Whether a line of the stage is one of these, and no row. */
export function isRefusedLine(line: Buffer): boolean {
  return line.includes(MARK);
}

/** Inside a value, quotes are escaped: only a member of the line looks like the mark. */
function markedLines(bytes: Buffer): string[] {
  const lines: string[] = [];
  for (let at = bytes.indexOf(MARK); at >= 0; ) {
    const start = bytes.lastIndexOf(NEWLINE, at) + 1;
    const end = bytes.indexOf(NEWLINE, at);
    lines.push(bytes.toString('utf8', start, end));
    at = bytes.indexOf(MARK, end);
  }
  return lines;
}
