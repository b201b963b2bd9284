import type { Cell } from './cell-type.ts';
import { checkCell, plainEnd } from './check-cell.ts';

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
  const types = cells.map((cell) => cell.type);
  const required = cells.map((cell) => cell.required === true);
  const last = types.length - 1;
  let lineEnd = 0;
  /** Where a field without quotes can end: one look per byte instead of four. */
  const stops = new Uint8Array(256);
  for (const byte of [delimiter, quote, LF, CR]) stops[byte] = 1;
  /** The end of a quoted field that opened at `at`: the position after its closing quote; -1 if it does not close here. */
  const quotedEnd = (bytes: Buffer, at: number, length: number): number => {
    for (let from = at + 1; ; from += 2) {
      const close = bytes.indexOf(quote, from);
      if (close < 0 || close >= length) return -1;
      if (close + 1 >= length || bytes[close + 1] !== quote) return close + 1;
      from = close;
    }
  };
  return {
    scan(bytes, length, isEnd, sink) {
      // Every field ends here at the latest, which saves a comparison at each byte.
      bytes[length] = LF;
      let rowStart = 0;
      while (rowStart < length) {
        let at = rowStart;
        let isPlain = bytes[at] !== BACKSLASH;
        let column = 0;
        for (; ; column++) {
          const from = at;
          if (bytes[at] === quote) {
            at = quotedEnd(bytes, at, length);
            if (at < 0) {
              if (isEnd) throw new NotStraight();
              return rowStart;
            }
            const type = types[column];
            if (type !== 'text' && type !== undefined && !(at - from > 2 && checkCell(type, bytes, from + 1, at - 1)))
              isPlain = false;
            if (required[column] && (at - from <= 2 || at - from > LONG_KEY_BYTES)) isPlain = false;
          } else {
            const type = types[column];
            if (type !== 'text' && type !== undefined && stops[bytes[at] as number] === 0) {
              const end = plainEnd(type, bytes, at);
              if (end >= 0 && stops[bytes[end] as number] === 1) at = end;
              else isPlain = false;
            }
            while (stops[bytes[at] as number] === 0) at++;
            if (bytes[at] === quote) throw new NotStraight();
            if (required[column] && (at === from || at - from > LONG_KEY_BYTES)) isPlain = false;
          }
          if (at >= length || bytes[at] !== delimiter) break;
          at++;
        }
        if (at >= length && !isEnd) return rowStart;
        if (column !== last) throw new NotStraight();
        const rowEnd = at;
        if (at < length) {
          if (bytes[at] === CR) {
            if (at + 1 >= length && !isEnd) return rowStart;
            // What stands behind the last byte is no line feed of the file's.
            if (at + 1 >= length || bytes[at + 1] !== LF) throw new NotStraight();
            at += 2;
          } else if (bytes[at] === LF) at++;
          else throw new NotStraight();
          const end = at - rowEnd;
          if (lineEnd !== end) {
            if (lineEnd !== 0) throw new NotStraight();
            lineEnd = end;
          }
        }
        if (isPlain) sink.plain(rowStart, rowEnd);
        else sink.odd(rowStart, rowEnd);
        rowStart = at;
      }
      return rowStart;
    },
  };
}
