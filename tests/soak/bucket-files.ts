import { readFileSync } from 'node:fs';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { type JsonObject, parseJson } from '#lib/json.ts';
import { literal } from '#lib/sql-text.ts';
import { csvRecords } from './csv-records.ts';
import type { BucketPlace } from './scenario.ts';

const UNPACK: Readonly<Record<BucketPlace['compression'], (bytes: Buffer) => Buffer>> = {
  'No Compression': (bytes) => bytes,
  GZIP: gunzipSync,
  ZSTD: zstdDecompressSync,
};

/** The rows of a file as anybody's tools read them; all values are text but those of JSON lines. */
export async function rowsIn(file: string, { format, compression }: BucketPlace): Promise<JsonObject[]> {
  if (format === 'Parquet') return parquetRows(file);
  const text = UNPACK[compression](readFileSync(file)).toString('utf8');
  if (format === 'CSV') return csvRows(text);
  const lines = text.split('\n').filter(Boolean);
  return lines.map((line) => parseJson(line) as JsonObject);
}

async function parquetRows(file: string): Promise<JsonObject[]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    await connection.run("set TimeZone = 'UTC'");
    // As text: DuckDB would write numbers inside JSON anew, as doubles.
    const rows = `select columns(*)::varchar from read_parquet(${literal(file)}, hive_partitioning = false)`;
    return (await connection.runAndReadAll(rows)).getRowObjectsJson() as JsonObject[];
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function csvRows(text: string): JsonObject[] {
  const [names = [], ...rows] = csvRecords(text);
  return rows.map((row) => Object.fromEntries(names.map((name, index) => [name ?? '', row[index] ?? null])));
}
