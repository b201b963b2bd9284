import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import type { DelimitedFile } from '#lib/delimited-file.ts';
import { type Cell, type Column, NotStraight } from '#lib/records/index.ts';
import { identifier, literal } from '#lib/sql-text.ts';
import { RawIds } from '../raw-ids.ts';
import { type OddRow, OddRows, scanFile } from '../straight-rows.ts';
import { duckdbWords } from './duckdb-errors.ts';
import type { Following } from './early-uploads.ts';
import type { StagedTable } from './layouts/layout.ts';
import { type WriteRequest, type WrittenFile, writeFiles } from './write-files.ts';

/** A file with a longer row has to be read. DuckDB holds several buffers of twice that size. */
const MAX_LINE_BYTES = 4 * 1024 * 1024;
/** Of ids: twelve decimal digits, which are digits of a UUID too. Numbering the rows instead would keep DuckDB to one thread. */
const ID_SEQUENCE = 'ids';
const FIRST_ID = 100_000_000_000;
/** Words of DuckDB's: a value that it takes otherwise, or more folders than it can write at once. */
const READ_INSTEAD = /^(Conversion|Invalid Input|Out of Memory) Error/;
const MAKE_SEQUENCE = `create sequence ${ID_SEQUENCE} start ${FIRST_ID}`;

export interface StraightRequest extends Omit<WriteRequest, 'from' | 'prepare'> {
  readonly cells: readonly Cell[];
  /** Of the file's columns, in its order. */
  readonly columns: readonly Column[];
  /** Which of them the files are partitioned by. */
  readonly partitionColumn: string | null;
  readonly onProgress: (bytes: number, rows: number) => void;
  /** Looks after a table's files while they grow. */
  readonly follow: (table: StagedTable) => Following;
}

export interface StraightFiles {
  readonly files: readonly WrittenFile[];
  readonly rows: number;
  readonly odd: readonly OddRow[];
}

/**
 * Has DuckDB turn a delimited file into the files of a table, while its rows are looked at beside it. When some need a closer look, the
 * others are written once more without them. Null if the file has to be read.
 */
export async function writeStraight(file: DelimitedFile, request: StraightRequest): Promise<StraightFiles | null> {
  const odd = new OddRows(file);
  const spans: Span[] = [];
  const mayFollow = request.format.growsAtEnd && request.partition === null;
  const followed = mayFollow ? request.tables.map((table) => request.follow(table)) : [];
  const writing = writeFiles({ ...request, prepare: MAKE_SEQUENCE, from: () => rowsOf(file, request) }).catch(
    (error: Error) => error,
  );
  try {
    let rows = 0;
    const stop = (read: number) => request.onProgress(read, rows);
    for await (const count of looked(file, request, { odd, spans, stop })) rows = count;
    const written = await writing;
    for (const following of followed) await following.stop();
    if (odd.rows.length > 0) return await writeWithout(file, request, { odd, spans, rows });
    if (written instanceof Error) throw written;
    const total = written.reduce((sum, one) => sum + one.rows, 0);
    if (total !== rows) throw new NotStraight();
    for (const following of followed) await following.finish();
    return { files: written, rows, odd: [] };
  } catch (error) {
    await writing;
    for (const following of followed) await following.stop();
    await rm(request.folder, { recursive: true, force: true });
    request.signal.throwIfAborted();
    if (error instanceof NotStraight || READ_INSTEAD.test(duckdbWords(error))) return null;
    throw error;
  }
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Gives how many rows have been seen; where odd ones lie in the file goes into `spans`. */
function looked(
  file: DelimitedFile,
  { cells, signal }: StraightRequest,
  { odd, spans, stop }: { odd: OddRows; spans: Span[]; stop: (read: number) => void },
): AsyncGenerator<number> {
  let rows = 0;
  let found: Span[] = [];
  return scanFile(file, cells, signal, {
    begin: (piece) => ({
      plain: () => void rows++,
      odd(start, end) {
        odd.add(piece.subarray(start, end), ++rows);
        found.push({ start, end });
      },
    }),
    end({ at, length }) {
      spans.push(...found.map(({ start, end }) => ({ start: at + start, end: at + end })));
      found = [];
      stop(at + length);
      return rows;
    },
  });
}

/** The file without its odd rows, and that as files. DuckDB leaves out a last row that is too long: so the rows are counted. */
async function writeWithout(
  file: DelimitedFile,
  request: StraightRequest,
  { odd, spans, rows: seen }: { odd: OddRows; spans: readonly Span[]; rows: number },
): Promise<StraightFiles> {
  const path = `${request.folder}.csv`;
  try {
    await copyWithout(file, path, spans);
    const files = await writeFiles({
      ...request,
      prepare: MAKE_SEQUENCE,
      from: () => rowsOf({ ...file, path }, request),
    });
    const rows = files.reduce((sum, one) => sum + one.rows, 0);
    if (rows + odd.rows.length !== seen) throw new NotStraight();
    return { files, rows, odd: odd.rows };
  } finally {
    await rm(path, { force: true });
  }
}

async function copyWithout(file: DelimitedFile, target: string, spans: readonly Span[]): Promise<void> {
  const out = createWriteStream(target);
  let from = 0;
  for (const { start, end } of [...spans, { start: file.bytes, end: file.bytes }]) {
    if (start > from)
      for await (const piece of createReadStream(file.path, { start: from, end: start - 1 }))
        if (!out.write(piece)) await once(out, 'drain');
    from = await behindLineEnd(file, end);
  }
  out.end();
  await finished(out);
}

async function behindLineEnd({ path }: DelimitedFile, at: number): Promise<number> {
  await using handle = await open(path);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, at);
  if (bytesRead === 0) return at;
  return at + (buffer[0] === 13 ? 2 : 1);
}

/** Typed by DuckDB as it reads: the rows' spellings leave no choice. */
function rowsOf(file: DelimitedFile, { columns, format, partitionColumn }: StraightRequest): string {
  const { delimiter, quote, hasHeader } = file;
  const types = columns.map(({ name, type }) => `${literal(name)}: ${literal(format.readAs(type))}`);
  const settings = [
    `auto_detect = false, header = ${hasHeader}, delim = ${literal(delimiter)}`,
    `quote = ${literal(quote)}, escape = ${literal(quote)}, nullstr = '', allow_quoted_nulls = false`,
    `strict_mode = true, max_line_size = ${MAX_LINE_BYTES}, buffer_size = ${2 * MAX_LINE_BYTES}, columns = {${types.join(', ')}}`,
  ];
  const { prefix } = new RawIds();
  const added = [
    `${literal(prefix)} || nextval(${literal(ID_SEQUENCE)}) as _airbyte_raw_id`,
    `${partitionColumn === null ? 'null' : `${identifier(partitionColumn)}`}::varchar as _weir_at`,
  ];
  return `(select *, ${added.join(', ')} from read_csv(${literal(file.path)}, ${settings.join(', ')}))`;
}
