import { readFileSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, onTestFinished, test, vi } from 'vitest';
import { folderOf, read, testFolder } from '../fixtures/reading.ts';

/** A file that DuckDB writes, as `rows`. */
async function written(...statements: string[]) {
  const folder = testFolder();
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  for (const one of statements) await connection.run(one.replace(`'rows'`, `'${folder}/rows'`));
  connection.closeSync();
  instance.closeSync();
  return folderOf(readFileSync(`${folder}/rows`), { type: 'parquet' }, 'rows.parquet');
}

test('instants inside of nested values are in UTC, wherever the service runs', async () => {
  vi.stubEnv('TZ', 'Pacific/Auckland');
  onTestFinished(() => void vi.unstubAllEnvs());
  const { given, options } = await written(
    `copy (select {'at': timestamptz '2026-01-31 10:00:00+00'} as one, [timestamptz '2026-07-31 10:00:00+00'] as some)
     to 'rows' (format parquet)`,
  );
  const { records } = await read(given, options);
  expect(records).toEqual([{ one: { at: '2026-01-31 10:00:00+00' }, some: ['2026-07-31 10:00:00+00'] }]);
});

test('times that count nanoseconds keep all digits, and it is told that columns of times hold fewer', async () => {
  const { given, options } = await written(
    `copy (select * from (values
       (timestamp_ns '2026-01-31 10:00:00.123456789'), (timestamp_ns '2026-01-31 10:00:00.123456'),
       (timestamp_ns '2026-01-31 10:00:00.12'), (timestamp_ns '2026-01-31 10:00:00')) as v ("at")) to 'rows' (format parquet)`,
  );
  const { records, notices } = await read(given, options);
  expect(records.map(({ at }) => at)).toEqual([
    '2026-01-31T10:00:00.123456789',
    '2026-01-31T10:00:00.123456',
    '2026-01-31T10:00:00.120',
    '2026-01-31T10:00:00',
  ]);
  expect(notices).toEqual([
    'rows.parquet: at counts nanoseconds in 1 row. A column of times holds microseconds: what is below is cut off there.',
  ]);
});

test('numbers of more than 38 digits are told, as they come rounded', async () => {
  const { given, options } = folderOf(Buffer.from(DECIMAL_OF_76, 'base64'), { type: 'parquet' }, 'wide.parquet');
  const { notices } = await read(given, options);
  expect(notices).toEqual([
    'wide.parquet: d is written with up to 76 digits. More than 38 can’t be read exactly: its numbers are rounded to about 16.',
  ]);
});

test('a file that is encrypted is told as that', async () => {
  const { given, options } = await written(
    `set force_mbedtls_unsafe = 'true'`,
    `pragma add_parquet_key('key', '0123456789112345')`,
    `copy (select 1 as id) to 'rows' (format parquet, encryption_config {footer_key: 'key'})`,
  );
  await expect(read(given, options)).rejects.toMatchObject({
    code: 'file_broken',
    message: 'rows.parquet: is encrypted.',
    hint: 'Weir has no keys for Parquet: have it written without encryption.',
  });
});

/** `d`, a decimal(76, 0) of fifty nines, written by pyarrow. */
const DECIMAL_OF_76 =
  'UEFSMRUAFUwVQiwVAhUAFQYVBhwAAAAmGAIAAAACAQAZAVBEbDsV+ZJmh9LEBTT9tWP///////8VBBksNQAYBnNjaGVtYRUCABUOFUAVAhgBZCUKFQAVmAEsXBUAFZgBAAAAFgIZHBkcJgAcFQ4ZJQYAGRgBZBUCFgIWchZoJghJHBUAFQAVAgA8KQYZJgACAAAAFnIWAiYIFmgAKCBwYXJxdWV0LWNwcC1hcnJvdyB2ZXJzaW9uIDI2LjAuMRkcHAAAAIwAAABQQVIx';
