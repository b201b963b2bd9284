import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Relation } from '#lib/destinations/destination.ts';
import { type Failure, toFailure, WeirError } from '#lib/errors.ts';
import { literal } from '#lib/sql-text.ts';
import type { Engine } from '../engine.ts';
import { notNumbers } from '../not-numbers.ts';
import { duckdbDialect } from './dialect.ts';

const MEMORY = '512MB';
const THREADS = '2';
const TIMEOUT_MS = 10 * 60_000;

export interface ParquetOptions {
  /** Finds the files of a table as a suite names it, on this machine. @throws WeirError `table_missing` */
  readonly find: (table: string) => Promise<Extract<Relation, { kind: 'parquet' }>>;
  /** Tells without fetching anything whether a table is there. @throws WeirError `table_missing` */
  readonly assertThere?: (table: string) => Promise<void>;
  /** Where DuckDB may spill, and the only folder that it may touch besides those of `files`. */
  readonly folder: string;
  /** What is measured where it lies in other folders. */
  readonly files?: readonly string[];
  readonly signal: AbortSignal;
}

/** Gives `work` a DuckDB that reads the found files and nothing else: no other path, no network, no extension. */
export async function withParquet<T>(options: ParquetOptions, work: (engine: Engine) => Promise<T>): Promise<T> {
  // Loaded only here: its library is 60 MB, and most runs measure Postgres.
  const { DuckDBInstance, DuckDBTimestampTZValue } = await import('@duckdb/node-api');
  // As those of Postgres are: the driver would write them in the zone of this process.
  DuckDBTimestampTZValue.timezoneOffsetInMinutes = 0;
  const instance = await DuckDBInstance.create(':memory:', {
    threads: THREADS,
    memory_limit: MEMORY,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  const stop = () => connection.interrupt();
  options.signal.addEventListener('abort', stop, { once: true });
  try {
    return await work(parquetEngine(connection, options));
  } finally {
    options.signal.removeEventListener('abort', stop);
    connection.closeSync();
    instance.closeSync();
  }
}

function parquetEngine(
  connection: DuckDBConnection,
  { find, assertThere, folder, files = [], signal }: ParquetOptions,
): Engine {
  let isLocked = false;
  const folders = [...new Set([folder, ...files.map((file) => path.dirname(file))])].map((one) => literal(`${one}/`));
  const select = async (sql: string) => {
    // A condition can read no other file, whatever function it calls.
    if (!isLocked)
      await connection.run(
        `set temp_directory = ${literal(folder)}; set timezone = 'UTC'; set allowed_directories = [${folders.join(', ')}]; set enable_external_access = false; set lock_configuration = true`,
      );
    isLocked = true;
    return (await connection.runAndReadAll(sql)).getRowObjectsJson();
  };
  return {
    dialect: duckdbDialect,
    // One statement takes all threads already.
    statementsAtOnce: 1,
    find,
    async assertThere(table) {
      await (assertThere ?? find)(table);
    },
    async columnsOf(relation) {
      const columns = await select(`describe select * from ${duckdbDialect.source(relation)}`);
      return columns.map(({ column_name, column_type }) => ({ name: String(column_name), type: String(column_type) }));
    },
    async rows(sql) {
      signal.throwIfAborted();
      const timer = setTimeout(() => connection.interrupt(), TIMEOUT_MS);
      try {
        return await select(sql);
      } finally {
        clearTimeout(timer);
      }
    },
    failureOf(error) {
      // Stopped is not failed: it ends the run.
      signal.throwIfAborted();
      return readFailure(error);
    },
    isWorthSplitting: (error) => !/interrupt|out of memory/i.test(String(error)),
  };
}

/** What a thrown error means for a check. */
export function readFailure(error: unknown): Failure {
  if (error instanceof WeirError) return toFailure(error);
  const message = (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
  if (/interrupt/i.test(message)) {
    const hint = 'Narrow the check with where.';
    return { kind: 'transient', code: 'statement_timeout', message: 'Measuring took too long and was stopped.', hint };
  }
  const hint = 'Check the type of the column, and the condition of where.';
  const said = message.replace(/\.$/, '');
  return (
    notNumbers(message) ?? {
      kind: 'config',
      code: 'not_measurable',
      message: `DuckDB can’t measure this: ${said}.`,
      hint,
    }
  );
}
