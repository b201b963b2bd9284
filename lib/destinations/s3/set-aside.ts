import { mkdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { streamedChunks } from '#lib/duckdb-chunks.ts';
import { identifier, literal } from '#lib/sql-text.ts';
import type { SetAside } from '../destination.ts';
import { type ReadColumn, typedRows } from '../local-files.ts';
import { duckdbError } from './duckdb-errors.ts';
import type { FileFormat } from './formats/format.ts';
import { CAME, type RecordLines } from './layouts/layout.ts';
import type { StraightPart } from './local-stage.ts';
import type { AsideRow } from './refused-lines.ts';

const MEMORY_LIMIT = '512MB';
const THREADS = '2';

export interface AsideRequest {
  readonly rows: readonly SetAside[];
  /** The files of the stream's own table, as they would be published. */
  readonly files: readonly string[];
  /** Their columns, where they don't say them themselves. */
  readonly columns: readonly ReadColumn[];
  readonly records: RecordLines;
  /** Staged lines that hold records: the whole of FROM and WHERE. */
  readonly lines: string;
  /** Each of them says when its record came. */
  readonly came: boolean;
  /** Parts that were made without lines. */
  readonly straight: readonly StraightPart[];
  readonly format: FileFormat;
  /** The stage's folder: nothing else can be read or written. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Takes each record that is put aside, with its slice. */
  readonly onRow: (slice: number, row: AsideRow) => Promise<void>;
}

/**
 * Finds the staged records whose rows meet a condition, and gives each with its reason; one that meets several goes with the first. Parts
 * that were made without lines are written anew without them, into folders beside the old ones.
 */
export async function findAside(request: AsideRequest): Promise<{ moved: number; straight: StraightPart[] }> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: MEMORY_LIMIT, threads: THREADS });
  const connection = await instance.connect();
  const stop = () => connection.interrupt();
  request.signal.addEventListener('abort', stop, { once: true });
  try {
    await connection.run(
      `set TimeZone = 'UTC'; set preserve_insertion_order = false; set temp_directory = ${literal(`${request.folder}/aside.tmp`)}; set allowed_directories = [${literal(`${request.folder}/`)}]; set enable_external_access = false; set lock_configuration = true`,
    );
    if ((await findMeeting(connection, request)) === 0) return { moved: 0, straight: [...request.straight] };
    let moved = await giveLines(connection, request);
    const straight: StraightPart[] = [];
    for (const part of request.straight) {
      const count = await giveStraight(connection, request, part);
      straight.push(count === 0 ? part : await without(connection, request, part));
      moved += count;
    }
    return { moved, straight };
  } catch (error) {
    request.signal.throwIfAborted();
    throw duckdbError(error, 'Rows could not be put aside');
  } finally {
    request.signal.removeEventListener('abort', stop);
    connection.closeSync();
    instance.closeSync();
    await rm(`${request.folder}/aside.tmp`, { recursive: true, force: true });
  }
}

async function findMeeting(
  connection: DuckDBConnection,
  { rows, files, columns, records }: AsideRequest,
): Promise<number> {
  await connection.run('create table aside (_weir_id varchar primary key, _weir_reason varchar)');
  for (const { condition, reason } of rows) {
    // Prepared: a condition can't become a second statement.
    const found = await connection.prepare(
      `insert or ignore into aside select ${identifier(records.id)}::varchar, ${literal(reason)} from ${typedRows(files, columns)} where ${condition}`,
    );
    await found.run();
    found.destroySync();
  }
  const counted = await connection.runAndReadAll('select count(*) from aside');
  return Number(counted.getRows()[0]?.[0] ?? 0);
}

/** Each record among the lines that is to go. */
function giveLines(
  connection: DuckDBConnection,
  { lines, came, records, signal, onRow }: AsideRequest,
): Promise<number> {
  const { table, id } = records;
  const columns = [...new Set([...table.columns.map(({ name }) => name), ...table.extra])];
  const texts = columns.map((name) => `l.${identifier(name)}`);
  const cameAt = came ? `l.${CAME}` : 'null';
  const select = `select l._weir_slice, l.${identifier(id)}, a._weir_reason, ${cameAt}, ${texts.join(', ')}
    from (select * from ${lines}) l join aside a on a._weir_id = l.${identifier(id)}`;
  return giveRows(connection, { select, signal }, ([slice, named, reason, at, ...values]) => {
    const record = records.record((column) => values[columns.indexOf(column)] ?? null);
    return onRow(Number(slice), { id: named ?? '', reason: reason ?? '', record, ...(at && { came: new Date(at) }) });
  });
}

async function giveStraight(
  connection: DuckDBConnection,
  { records, format, signal, onRow }: AsideRequest,
  part: StraightPart,
): Promise<number> {
  let moved = 0;
  for (const { file } of part.files) {
    const held = await columnsIn(connection, file);
    const columns = records.table.columns.map(({ name }) => name).filter((name) => held.has(name));
    const id = format.textOf(records.id);
    const texts = [id, 'a._weir_reason', ...columns.map((name) => format.textOf(name))];
    const select = `select ${texts.join(', ')} from ${format.rowsOf(file)} join aside a on a._weir_id = ${id}`;
    moved += await giveRows(connection, { select, signal }, ([named, reason, ...values]) => {
      const record = records.record((column) => values[columns.indexOf(column)] ?? null);
      return onRow(part.slice, { id: named ?? '', reason: reason ?? '', record });
    });
  }
  return moved;
}

async function giveRows(
  connection: DuckDBConnection,
  { select, signal }: { select: string; signal: AbortSignal },
  each: (row: readonly (string | null)[]) => Promise<void>,
): Promise<number> {
  let count = 0;
  for await (const chunk of streamedChunks(connection, select, signal)) {
    for (const row of chunk.getRows() as (string | null)[][]) await each(row);
    count += chunk.rowCount;
  }
  return count;
}

async function columnsIn(connection: DuckDBConnection, file: string): Promise<Set<string>> {
  const described = await connection.runAndReadAll(`describe select * from ${typedRows([file])}`);
  return new Set(described.getRowObjectsJson().map(({ column_name }) => String(column_name)));
}

/** The part's files once more, as they lie, without what goes. */
async function without(
  connection: DuckDBConnection,
  { format, folder, records }: AsideRequest,
  part: StraightPart,
): Promise<StraightPart> {
  const into = `${part.folder}-kept`;
  await rm(path.join(folder, into), { recursive: true, force: true });
  // How files are written, whatever is in them.
  const { options } = format.copy([{ name: 'a', sql: 'a' }], '', null);
  const files: StraightPart['files'][number][] = [];
  for (const one of part.files) {
    const file = path.join(folder, into, path.relative(path.join(folder, part.folder), one.file));
    await mkdir(path.dirname(file), { recursive: true });
    const kept = `select * from ${format.rowsOf(one.file)} where ${format.textOf(records.id)} not in (select _weir_id from aside)`;
    const written = await connection.runAndReadAll(`copy (${kept}) to ${literal(file)} (${options.join(', ')})`);
    const rows = Number(written.getRows()[0]?.[0] ?? 0);
    files.push({ ...one, file, rows, bytes: (await stat(file)).size });
  }
  return { ...part, folder: into, files };
}
