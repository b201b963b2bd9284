import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, onTestFinished, test } from 'vitest';
import { duckdbDialect } from './dialect.ts';

test.each([
  ['rows.parquet', 'format parquet'],
  ['rows.jsonl', 'format json'],
  ['rows.jsonl.gz', 'format json, compression gzip'],
  ['rows.jsonl.zst', 'format json, compression zstd'],
  ['rows.csv', 'format csv, header'],
  ['rows.csv.gz', 'format csv, header, compression gzip'],
])('%s is read as what its name says', async (name, format) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-dialect-'));
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  onTestFinished(() => {
    connection.closeSync();
    instance.closeSync();
    rmSync(folder, { recursive: true, force: true });
  });
  const file = path.join(folder, name);
  await connection.run(`copy (select 1 as id, 'a' as name union all select 2, null) to '${file}' (${format})`);
  const source = duckdbDialect.source({ kind: 'parquet', files: [file] });
  const reader = await connection.runAndReadAll(`select count(*)::int, count(name)::int, max(id)::int from ${source}`);
  expect(reader.getRows()).toEqual([[2, 1, 2]]);
});
