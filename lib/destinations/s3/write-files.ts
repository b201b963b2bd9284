import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { identifier, literal } from '#lib/sql-text.ts';
import type { ReadColumn } from '../local-files.ts';
import type { Granularity } from './config.ts';
import { duckdbError } from './duckdb-errors.ts';
import type { FileFormat, OutputColumn } from './formats/format.ts';
import { PARQUET_TYPES } from './formats/parquet-types.ts';
import { CAME, type FileFacts, type StagedTable } from './layouts/layout.ts';
import { ASIDE } from './refused-lines.ts';

const MEMORY_LIMIT = '512MB';
const MIN_LINE_BYTES = 16 * 1024 * 1024;
/** A file that has grown so large is followed by another. */
const FILE_BYTES = '200MB';
const NO_PARTITION = '__HIVE_DEFAULT_PARTITION__';
const FORMATS: Readonly<Record<Granularity, string>> = {
  year: '%Y',
  month: '%Y-%m',
  day: '%Y-%m-%d',
  hour: '%Y-%m-%d-%H',
};

export interface WriteRequest {
  /** What a table's rows are read from: the whole of FROM and WHERE. */
  readonly from: (table: StagedTable) => string;
  /** A statement that it needs first. */
  readonly prepare?: string;
  /** Made for the files and holding nothing else; one folder per table inside. */
  readonly folder: string;
  readonly tables: readonly StagedTable[];
  readonly format: FileFormat;
  readonly facts: FileFacts;
  /** Folders by date, as readers know a column: `created_at_day=2026-11-25`. Null for none. */
  readonly partition: { readonly name: string; readonly granularity: Granularity } | null;
  readonly signal: AbortSignal;
}

export interface WrittenFile {
  readonly table: StagedTable;
  readonly file: string;
  /** `created_at_day=2026-11-25`; empty without partitions. */
  readonly partition: string;
  readonly rows: number;
  readonly bytes: number;
}

/** Turns rows into the files of each table; a table without rows has one empty file. DuckDB is loaded here and not before. */
export async function writeFiles(request: WriteRequest): Promise<WrittenFile[]> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  await rm(request.folder, { recursive: true, force: true });
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: MEMORY_LIMIT, threads: '2' });
  const connection = await instance.connect();
  const stop = () => connection.interrupt();
  request.signal.addEventListener('abort', stop, { once: true });
  try {
    await connection.run("set preserve_insertion_order = false; set TimeZone = 'UTC'");
    await connection.run(`set temp_directory = ${literal(`${request.folder}.tmp`)}`);
    if (request.prepare) await connection.run(request.prepare);
    const written: WrittenFile[] = [];
    for (const table of request.tables) written.push(...(await writeTable(connection, request, table)));
    return written;
  } catch (error) {
    request.signal.throwIfAborted();
    const [main] = request.tables;
    throw duckdbError(error, `The files of ${main?.name ?? 'a table'} could not be made`);
  } finally {
    request.signal.removeEventListener('abort', stop);
    connection.closeSync();
    instance.closeSync();
    await rm(`${request.folder}.tmp`, { recursive: true, force: true });
  }
}

/** Where the files of a table come to be. */
export function folderOf(folder: string, { id }: StagedTable): string {
  return path.join(folder, String(id));
}

async function writeTable(
  connection: DuckDBConnection,
  request: WriteRequest,
  table: StagedTable,
): Promise<WrittenFile[]> {
  const folder = folderOf(request.folder, table);
  await mkdir(folder, { recursive: true });
  const copy = async (partition: WriteRequest['partition']) =>
    countOf(connection, copyStatement({ ...request, partition }, table, folder));
  request.signal.throwIfAborted();
  let rows = await copy(request.partition);
  if (rows === 0 && request.partition !== null) rows = await copy(null);
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(request.format.extension));
  const files: WrittenFile[] = [];
  for (const name of names.toSorted()) {
    const file = path.join(folder, name);
    const count = `select count(*) from ${request.format.rowsOf(file)}`;
    files.push({
      ...{ table, file, partition: path.dirname(name) === '.' ? '' : path.dirname(name) },
      rows: names.length === 1 ? rows : await countOf(connection, count),
      bytes: (await stat(file)).size,
    });
  }
  return files;
}

async function countOf(connection: DuckDBConnection, statement: string): Promise<number> {
  return Number((await connection.runAndReadAll(statement)).getRows()[0]?.[0] ?? 0);
}

export function copyStatement(
  { format, partition, from, facts }: Pick<WriteRequest, 'format' | 'partition' | 'from' | 'facts'>,
  table: StagedTable,
  folder: string,
): string {
  const folderColumn = partition && partitionColumn(partition);
  const { query, options } = format.copy(columnsOf(table, format, facts), from(table), folderColumn);
  const all = [
    ...options,
    ...(partition ? [] : [`file_size_bytes '${FILE_BYTES}'`]),
    `file_extension ${literal(format.extension)}`,
    'overwrite true',
  ];
  return `copy (${query}) to ${literal(folder)} (${all.join(', ')})`;
}

/** The columns of a table's files for those who read them; none where the files say them themselves. */
export function readColumns(table: StagedTable, format: FileFormat, facts: FileFacts): readonly ReadColumn[] {
  return format.saysTypes ? [] : columnsOf(table, format, facts).map(({ name, type }) => ({ name, type }));
}

/** In their order. */
function columnsOf(table: StagedTable, format: FileFormat, facts: FileFacts): readonly OutputColumn[] {
  const values = table.columns.map(({ name, type }) => ({
    name,
    sql: format.value(identifier(name), type, table.exact.has(name)),
    type: PARQUET_TYPES[type],
  }));
  return table.select(format, values, facts);
}

export interface LinesRequest {
  readonly leaveOut: readonly number[];
  readonly longestLine: number;
  /** The column that names a record, where some were put aside after they were staged. */
  readonly aside: string | null;
  /** Each line says when its record came. */
  readonly came: boolean;
}

/** Staged lines as DuckDB reads them. Every value is text, and cast afterwards: no type is guessed. */
export function stagedLines(
  rowsFile: string,
  { leaveOut, longestLine, aside, came }: LinesRequest,
): WriteRequest['from'] {
  const lines = (names: Iterable<string>) => {
    const types = [...names].map((name) => `${literal(name)}: 'VARCHAR'`);
    return `read_json(${literal(rowsFile)}, format = 'newline_delimited', columns = {${types.join(', ')}},
      maximum_object_size = ${Math.max(MIN_LINE_BYTES, longestLine * 2)})`;
  };
  const closed =
    leaveOut.length > 0 ? ` and _weir_slice not in (${leaveOut.map((id) => `'${Math.trunc(id)}'`).join(', ')})` : '';
  const kept =
    aside === null
      ? ''
      : ` and ${identifier(aside)} not in (select ${ASIDE} from ${lines([ASIDE])} where ${ASIDE} is not null)`;
  return (table) => {
    const names = new Set([...table.columns.map((column) => column.name), ...table.extra]);
    const own = ['_weir_slice', '_weir_table', '_weir_at', ...(came ? [CAME] : [])];
    return `${lines([...names, ...own])} where _weir_table = '${table.id}'${closed}${kept}`;
  };
}

function partitionColumn({ name, granularity }: NonNullable<WriteRequest['partition']>): OutputColumn {
  const instant = 'make_timestamp(epoch_us(try_cast(_weir_at as timestamptz)))';
  const value = `strftime(${instant}, ${literal(FORMATS[granularity])})`;
  return { name: `${name}_${granularity}`, sql: `coalesce(${value}, ${literal(NO_PARTITION)})`, type: 'varchar' };
}
