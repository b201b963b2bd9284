import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import type { DelimitedFile } from '#lib/delimited-file.ts';
import type { JsonObject } from '#lib/json.ts';
import { type Cell, type Column, cellType, NotStraight, type RowSink, rowScan } from '#lib/records/index.ts';

const PIECE_BYTES = 512 * 1024;
/** A row that is cut between two pieces is mostly shorter. */
const REST_BYTES = 64 * 1024;
/** As long as a row that DuckDB reads. */
const MAX_ROW_BYTES = 16 * 1024 * 1024;
/** With more rows that need a closer look, the whole file gets it. */
const MAX_ODD_ROWS = 20_000;

/** Some whole rows of a file: where they begin in it, and their bytes. */
export interface Piece {
  readonly at: number;
  readonly length: number;
}

/**
 * For each column of the file what its fields must look like, if the file may go straight into these columns; null if not. `required`
 * names the columns whose empty fields need a closer look. Of files with one column, readers take empty lines for different things.
 */
export function straightCells(
  file: DelimitedFile,
  columnOf: (field: string) => Column | undefined,
  required: readonly string[] = [],
): Cell[] | null {
  if (file.columns.length < 2) return null;
  const cells: Cell[] = [];
  for (const { field, type } of file.columns) {
    const column = columnOf(field);
    const cell = column ? cellType(type, column.type) : null;
    if (cell === null) return null;
    cells.push({ type: cell, required: required.includes(field) });
  }
  return cells;
}

/**
 * Reads a file piece by piece: `begin` is given the bytes, which hold something else after `end`, then the sink its rows; what `end`
 * gives is passed on. Positions of the sink are positions in the bytes. Throws `NotStraight` where the file turns out to be none that can be taken so.
 */
export async function* scanFile<T>(
  file: DelimitedFile,
  cells: readonly Cell[],
  signal: AbortSignal,
  work: { begin(piece: Buffer): RowSink; end(piece: Piece): T },
): AsyncGenerator<T> {
  const scan = rowScan(cells, { delimiter: file.delimiter.charCodeAt(0), quote: file.quote.charCodeAt(0) });
  let rest: Buffer = Buffer.alloc(0);
  let at = file.start;
  for await (const { bytes, from, to, isEnd } of piecesOf(file)) {
    signal.throwIfAborted();
    const piece = joined(rest, bytes, from, to);
    const used = scan.scan(piece, isEnd, work.begin(piece));
    const whole = piece.subarray(0, used);
    if (!isUtf8(whole) || whole.includes(0) || piece.length - used > MAX_ROW_BYTES) throw new NotStraight();
    yield work.end({ length: used, at });
    at += used;
    rest = Buffer.from(piece.subarray(used));
  }
}

interface ReadPiece {
  readonly bytes: Buffer;
  readonly from: number;
  readonly to: number;
  readonly isEnd: boolean;
}

/** The file's bytes; while some are looked at, the next ones are read. Before a piece is some room for a part of a row. */
async function* piecesOf({ path, start }: DelimitedFile): AsyncGenerator<ReadPiece> {
  await using handle = await open(path);
  // The same two for all pieces, and small ones for small files: others would keep the garbage collector busy.
  const left = (await handle.stat()).size - start;
  const pieceBytes = Math.max(1, Math.min(PIECE_BYTES, left));
  const restBytes = left > PIECE_BYTES ? REST_BYTES : 0;
  let bytes = Buffer.allocUnsafeSlow(restBytes + pieceBytes);
  let next = Buffer.allocUnsafeSlow(bytes.length);
  const read = (target: Buffer, position: number) => {
    const reading = handle.read(target, restBytes, pieceBytes, position);
    // Told where it is awaited, if anybody still does: who stops early leaves one behind.
    reading.catch(() => undefined);
    return reading;
  };
  let position = start;
  let reading = read(bytes, position);
  for (let isEnd = false; !isEnd; [bytes, next] = [next, bytes]) {
    const { bytesRead } = await reading;
    position += bytesRead;
    isEnd = bytesRead === 0;
    if (!isEnd) reading = read(next, position);
    yield { bytes, from: restBytes, to: restBytes + bytesRead, isEnd };
  }
}

/** What was left of the piece before, and the next one. */
function joined(rest: Buffer, bytes: Buffer, from: number, to: number): Buffer {
  if (rest.length > from) return Buffer.concat([rest, bytes.subarray(from, to)]);
  rest.copy(bytes, from - rest.length);
  return bytes.subarray(from - rest.length, to);
}

/** A row that needs a closer look, as a record, with its number among the rows of its file. */
export interface OddRow {
  readonly number: number;
  readonly record: JsonObject;
}

export class OddRows {
  readonly rows: OddRow[] = [];
  readonly #file: DelimitedFile;

  constructor(file: DelimitedFile) {
    this.#file = file;
  }

  add(row: Buffer, number: number): void {
    if (this.rows.length >= MAX_ODD_ROWS) throw new NotStraight();
    this.rows.push({ number, record: this.#file.record(row) });
  }
}
