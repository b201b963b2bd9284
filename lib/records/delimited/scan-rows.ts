import type { Cell } from './cell-type.ts';
import { plainEnd, SPELLINGS, TEXT } from './check-cell.ts';

/** How a delimited file is written: single bytes, as `charCodeAt` gives them. */
export interface Dialect {
  readonly delimiter: number;
  readonly quote: number;
}

/** What a destination does with the rows that a scan tells apart. */
export interface RowSink {
  /** A row that every reader takes for the same; without its line end. */
  plain(start: number, end: number): void;
  /** A row of the right number of fields with a value that needs a closer look; without its line end. */
  odd(start: number, end: number): void;
}

export interface RowScan {
  /** Reads whole rows of `bytes`, and gives where the first one begins that is not whole. The byte behind `length` is overwritten. */
  scan(bytes: Buffer, length: number, isEnd: boolean, sink: RowSink): number;
}

/** The file is not what the straight path takes: fields too many or too few, quotes in the wrong place, line ends that change. */
export class NotStraight extends Error {
  override readonly name = 'NotStraight';
}

/** Keys of that length may be too long for an index. */
const LONG_KEY_BYTES = 500;
const LF = 10;
const CR = 13;
const BACKSLASH = 92;

/**
 * Tells rows whose bytes can be loaded as they are from rows that can't. A row is plain when each field is either empty, or text, or
 * written in the one way that every reader takes for the same value of its column's type. Throws `NotStraight` at what is no such file.
 */
export function rowScan(cells: readonly Cell[], { delimiter, quote }: Dialect): RowScan {
  const types = Uint8Array.from(cells, ({ type }) => SPELLINGS.indexOf(type));
  const required = Uint8Array.from(cells, (cell) => (cell.required ? 1 : 0));
  const last = cells.length - 1;
  const behindLineEnd = lineEnds();
  /** Where a field without quotes can end: one look per byte instead of four. */
  const stops = new Uint8Array(256);
  for (const byte of [delimiter, quote, LF, CR]) stops[byte] = 1;
  // One function for what is done for each byte and each field: to call others takes half as long again.
  const scan: RowScan['scan'] = (bytes, length, isEnd, sink) => {
    // Every field ends here at the latest, which saves a comparison at each byte.
    bytes[length] = LF;
    let rowStart = 0;
    while (rowStart < length) {
      let at = rowStart;
      let isPlain = bytes[at] !== BACKSLASH;
      for (let column = 0; ; column++, at++) {
        if (column > last) throw new NotStraight();
        const from = at;
        const type = types[column] as number;
        if (bytes[at] === quote) {
          at = quotedEnd(bytes, at, length, quote);
          if (at < 0 && isEnd) throw new NotStraight();
          if (at < 0) return rowStart;
          if (type !== TEXT && !(at - from > 2 && plainEnd(type, bytes, from + 1) === at - 1)) isPlain = false;
          if (required[column] === 1 && at - from <= 2) isPlain = false;
        } else {
          if (type !== TEXT && stops[bytes[at] as number] === 0) {
            const end = plainEnd(type, bytes, at);
            if (end >= 0 && stops[bytes[end] as number] === 1) at = end;
            else isPlain = false;
          }
          while (stops[bytes[at] as number] === 0) at++;
          if (bytes[at] === quote) throw new NotStraight();
          if (required[column] === 1 && at === from) isPlain = false;
        }
        if (required[column] === 1 && at - from > LONG_KEY_BYTES) isPlain = false;
        if (at < length && bytes[at] === delimiter) continue;
        if (column !== last && (at < length || isEnd)) throw new NotStraight();
        break;
      }
      const next = behindLineEnd(bytes, at, length, isEnd);
      if (next < 0) return rowStart;
      if (isPlain) sink.plain(rowStart, at);
      else sink.odd(rowStart, at);
      rowStart = next;
    }
    return rowStart;
  };
  return { scan };
}

/** Gives what stands behind the line end at a position; -1 if it is cut. A file has one kind of them. */
function lineEnds(): (bytes: Buffer, at: number, length: number, isEnd: boolean) => number {
  let usual = 0;
  return (bytes, at, length, isEnd) => {
    if (at >= length) return isEnd ? at : -1;
    if (bytes[at] === CR && at + 1 >= length && !isEnd) return -1;
    const end = at + (bytes[at] === CR ? 2 : 1);
    // What stands behind the last byte is no line feed of the file's.
    if (end > length || bytes[end - 1] !== LF || (usual !== 0 && end - at !== usual)) throw new NotStraight();
    usual = end - at;
    return end;
  };
}

/** The end of a quoted field that opened at `at`: the position after its closing quote; -1 if it does not close here. */
function quotedEnd(bytes: Buffer, at: number, length: number, quote: number): number {
  for (let from = at + 1; ; from += 2) {
    const close = bytes.indexOf(quote, from);
    if (close < 0 || close >= length) return -1;
    if (close + 1 >= length || bytes[close + 1] !== quote) return close + 1;
    from = close;
  }
}
