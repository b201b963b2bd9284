import { expect, test } from 'vitest';
import { destinationKind } from './kinds.ts';

const linesOf = (type: string, config: object, relation: object) =>
  destinationKind(type).rowsAt(config as never, relation as never, 20);

test('psql is told the table whatever it and its database are called', () => {
  const config = { host: 'db.example.com', username: "o'neil", database: 'my data', password: { $sealed: 'x' } };
  const at = linesOf('postgres', config, { kind: 'postgres', schema: 'shop', table: 'Order "items"' });
  expect(at?.place).toBe('shop.Order "items"');
  expect(at?.lines[0]?.text).toBe(
    `psql -h db.example.com -p 5432 -U 'o'\\''neil' -d 'my data' -c 'select * from "shop"."Order ""items""" limit 20'`,
  );
});

test.each([
  [
    'one file',
    ['s3://lake/shop/orders/1.parquet'],
    "read_parquet('s3://lake/shop/orders/1.parquet')",
    's3://lake/shop/orders/',
  ],
  [
    'several of a folder that streams share',
    ['s3://lake/orders_1_0.csv.gz', 's3://lake/orders_1_1.csv.gz'],
    "read_csv('s3://lake/orders_1_*.csv.gz')",
    's3://lake/',
  ],
  [
    'folders of days',
    ['s3://lake/orders/day=2026-11-25/0.jsonl.gz', 's3://lake/orders/day=2026-11-26/0.jsonl.gz'],
    "read_json('s3://lake/orders/**/*.jsonl.gz')",
    's3://lake/orders/',
  ],
])('DuckDB is told the files: %s', (_what, files, reader, place) => {
  const config = { s3_bucket_name: 'lake', s3_bucket_region: 'eu-central-1', access_key_id: { $sealed: 'x' } };
  const at = linesOf('s3', config, { kind: 'parquet', files });
  expect(at?.place).toBe(place);
  expect(at?.lines[0]).toEqual({
    tool: 'DuckDB',
    text: `duckdb -c '${`create secret (type s3, provider credential_chain, region 'eu-central-1'); select * from ${reader} limit 20;`.replaceAll("'", "'\\''")}'`,
  });
});

test('a store of one’s own is named with its address', () => {
  const config = { s3_endpoint: 'http://minio:9000' };
  const at = linesOf('s3', config, { kind: 'parquet', files: ['s3://lake/a.parquet'] });
  expect(at?.lines[0]?.text).toContain("endpoint '\\''minio:9000'\\'', url_style '\\''path'\\'', use_ssl false");
});

test('what is no relation of the destination has no place', () => {
  expect(linesOf('postgres', {}, { kind: 'parquet', files: [] })).toBeNull();
  expect(linesOf('s3', {}, { kind: 'query', sql: 'select 1' })).toBeNull();
});
