import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, onTestFinished, test } from 'vitest';
import { createGuard } from '#lib/address-guard.ts';
import { readS3Config } from '#lib/destinations/s3/config.ts';
import { openObjectStore } from '#lib/destinations/s3/object-store.ts';
import { createLog } from '#lib/log.ts';
import { testStore } from '#tests/harness/s3-store.ts';
import { checkTables } from '../check-tables.ts';
import { noFacts } from '../fixtures/suite-of.ts';
import { parseSuite } from '../parse-suite.ts';
import { type PublishedFiles, withBucket } from './bucket.ts';

const FACTS = () => noFacts();

test('checks the published files of a stream in a bucket, found by its name', async () => {
  const bucket = await bucketWith({
    'shop/orders/1.parquet': 'select 1 as id',
    'shop/orders/2.parquet': 'select 1 as id, 7 as extra',
  });
  const published: PublishedFiles[] = [
    {
      prefix: 'shop_',
      namespace: '',
      name: 'orders',
      files: [bucket.address('shop/orders/1.parquet'), bucket.address('shop/orders/2.parquet')],
    },
  ];
  const { suite } = parseSuite(`dataset: shop_orders
volume: [{min_rows: 2}, {table: orders, min_rows: 3}, {table: shop_order, min_rows: 1}]
uniqueness: [{unique_columns: [id]}]
completeness: [{column: extra, max_missing: 1}]`);
  const results = await withBucket({ ...bucket, published }, (engine) =>
    checkTables(engine, suite?.checks ?? [], FACTS),
  );
  expect(results.map(({ outcome, message }) => `${outcome}: ${message}`)).toEqual([
    'pass: 2 rows, limit at least 2 rows',
    'fail: 2 rows, limit at least 3 rows',
    'error: No stream named shop_order was published to this destination. Did you mean shop_orders? Correct the name in the suite, or let its connection sync first.',
    'fail: id is repeated in 1 row, limit 0',
    'pass: extra is missing in 1 row, limit 1 row',
  ]);
});

test('a file that is too large for a look is not fetched', async () => {
  const bucket = await bucketWith({ 'shop/a/1.parquet': 'select 1 as id' });
  const published: PublishedFiles[] = [
    { prefix: '', namespace: '', name: 'a', files: [bucket.address('shop/a/1.parquet')] },
  ];
  let read = 0;
  const look = (mostBytes: number) =>
    withBucket({ ...bucket, published, mostBytes, onRead: ({ bytes }) => (read += bytes) }, async (engine) =>
      engine.rows(`select * from ${engine.dialect.source(await engine.find('a'))}`),
    );
  await expect(look(10)).rejects.toMatchObject({ code: 'file_too_large' });
  expect(read).toBe(0);
  expect(await look(1_000_000)).toEqual([{ id: 1 }]);
});

test('tells what it has read', async () => {
  const bucket = await bucketWith({ 'shop/a/1.parquet': 'select 1 as id', 'shop/a/2.parquet': 'select 2 as id' });
  const files = [bucket.address('shop/a/1.parquet'), bucket.address('shop/a/2.parquet')];
  const published: PublishedFiles[] = [{ prefix: '', namespace: '', name: 'a', files }];
  const { suite } = parseSuite('dataset: a\nvolume: [{min_rows: 2}]');
  let read = 0;
  const onRead = ({ bytes }: { bytes: number }) => {
    read += bytes;
  };
  const [result] = await withBucket({ ...bucket, published, onRead }, (engine) =>
    checkTables(engine, suite?.checks ?? [], FACTS),
  );
  expect(result?.message).toBe('2 rows, limit at least 2 rows');
  expect(read).toBeGreaterThan(100);
});

async function bucketWith(files: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'weir-bucket-'));
  const server = await testStore();
  onTestFinished(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });
  const config = {
    ...server.config,
    s3_bucket_path: 'shop',
    format: { format_type: 'Parquet', compression_codec: 'GZIP' },
  };
  const options = {
    type: 's3',
    config,
    guard: createGuard({ allowed: [{ host: server.host, port: server.port }] }),
    signal: new AbortController().signal,
    log: createLog('test', 'silent'),
    clock: () => new Date(),
  };
  const store = await openObjectStore({ ...options, workDir: folder }, readS3Config(config));
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  for (const [key, select] of Object.entries(files)) {
    const file = path.join(folder, 'made.parquet');
    await connection.run(`copy (${select}) to '${file}' (format parquet)`);
    await store.upload(key, file, {});
  }
  connection.closeSync();
  instance.closeSync();
  store.close();
  return { ...options, address: (key: string) => `s3://${server.bucket}/${key}` };
}
