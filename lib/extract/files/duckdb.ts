import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import { streamedChunks } from '#lib/duckdb-chunks.ts';
import { literal } from '#lib/sql-text.ts';

/** DuckDB with one file to read and nothing else: no other path, no network, no extension, and no way to change that. */
export interface FileReader {
  /** Rows in the file's order, some thousand at a time. */
  rows(sql: string): AsyncGenerator<DuckDBValue[][]>;
  all(sql: string): Promise<DuckDBValue[][]>;
  close(): void;
}

const MEMORY = '512MB';
const THREADS = '2';

export async function openFileReader(file: string): Promise<FileReader> {
  // Loaded only here: its library is 60 MB, and most syncs read no files.
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', {
    threads: THREADS,
    memory_limit: MEMORY,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  await lockDown(connection, file);
  return {
    async *rows(sql) {
      for await (const chunk of streamedChunks(connection, sql)) yield chunk.getRows();
    },
    async all(sql) {
      return (await connection.runAndReadAll(sql)).getRows();
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

async function lockDown(connection: DuckDBConnection, file: string): Promise<void> {
  await connection.run("set temp_directory = ''; set timezone = 'UTC'");
  await connection.run(`set allowed_paths = [${literal(file)}]`);
  await connection.run('set enable_external_access = false');
  await connection.run('set lock_configuration = true');
}
