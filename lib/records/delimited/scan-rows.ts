import type { Cell, CellType } from './cell-type.ts';
import { SCAN } from './compiled-scan.ts';

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
  /** Reads the whole rows of some bytes, and gives where the first one begins that is not whole. */
  scan(bytes: Uint8Array, isEnd: boolean, sink: RowSink): number;
}

/** The file is not what the straight path takes: fields too many or too few, quotes in the wrong place, line ends that change. */
export class NotStraight extends Error {
  override readonly name = 'NotStraight';
}

/** Their places are the numbers that `assembly/spellings.ts` knows them by. */
const TYPES: readonly CellType[] = ['text', 'integer', 'number', 'boolean', 'date', 'instant', 'local', 'time'];
const REQUIRED = 0x80;
/** A row's end is four bytes: one bit for those that need a closer look, and the place. */
const PLACE = 0x7fffffff;
const ROWS_AT_ONCE = 16_384;
/** A byte for each column, then the rows' ends, then the bytes. The assembly itself keeps nothing in memory. */
const COLUMNS_AT = 1024;
/** As many are looked at together: behind the last one there are others. */
const VECTOR_BYTES = 16;
const PAGE_BYTES = 65_536;

interface Assembly {
  readonly memory: WebAssembly.Memory;
  begin(delimiter: number, quote: number, columns: number, count: number): void;
  scan(from: number, to: number, isEnd: boolean, ends: number, most: number): number;
  behindRows(): number;
  lineEndBytes(): number;
}

let compiled: WebAssembly.Module | undefined;
/** One that nobody uses: of very many small files, each would take longer to be given room than to be looked at. */
let idle: Assembly | undefined;
const MOST_IDLE_BYTES = 2 * 1024 * 1024;

/**
 * Tells rows whose bytes can be loaded as they are from rows that can't. A row is plain when each field is either empty, or text, or
 * written in the one way that every reader takes for the same value of its column's type. Throws `NotStraight` at what is no such file.
 */
export function rowScan(cells: readonly Cell[], { delimiter, quote }: Dialect): RowScan {
  const assembly = takeAssembly();
  const endsAt = Math.ceil((COLUMNS_AT + cells.length) / 4) * 4;
  const bytesAt = endsAt + 4 * ROWS_AT_ONCE;
  makeRoom(assembly.memory, bytesAt);
  const columns = cells.map(({ type, required }) => TYPES.indexOf(type) | (required ? REQUIRED : 0));
  new Uint8Array(assembly.memory.buffer).set(columns, COLUMNS_AT);
  assembly.begin(delimiter, quote, COLUMNS_AT, cells.length);
  return {
    scan(bytes, isEnd, sink) {
      const to = bytesAt + bytes.length;
      makeRoom(assembly.memory, to + VECTOR_BYTES);
      const { buffer } = assembly.memory;
      new Uint8Array(buffer).set(bytes, bytesAt);
      let start = 0;
      for (let from = bytesAt; ; from = assembly.behindRows()) {
        const rows = assembly.scan(from, to, isEnd, endsAt, ROWS_AT_ONCE);
        if (rows < 0) throw new NotStraight();
        const lineEnd = assembly.lineEndBytes();
        for (const end of new Uint32Array(buffer, endsAt, rows)) {
          const at = (end & PLACE) - bytesAt;
          if (end > PLACE) sink.odd(start, at);
          else sink.plain(start, at);
          start = at + lineEnd;
        }
        if (rows < ROWS_AT_ONCE) break;
      }
      const used = assembly.behindRows() - bytesAt;
      if (isEnd && buffer.byteLength <= MOST_IDLE_BYTES) idle = assembly;
      return used;
    },
  };
}

function takeAssembly(): Assembly {
  const free = idle;
  idle = undefined;
  if (free) return free;
  compiled ??= new WebAssembly.Module(Buffer.from(SCAN, 'base64'));
  return new WebAssembly.Instance(compiled).exports as unknown as Assembly;
}

function makeRoom(memory: WebAssembly.Memory, bytes: number): void {
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
}
