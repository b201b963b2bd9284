import { expect, test } from 'vitest';
import { customer } from '../../fixtures/customers.ts';
import { makeBucket } from '../fixtures/bucket.ts';
import { oneSync } from '../fixtures/one-sync.ts';

const CODECS = ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'ZSTD', 'BROTLI', 'LZ4'];
/** More than one row group of a megabyte, and less than one of the usual size. */
const ROWS = 10_000;
const records = Array.from({ length: ROWS }, (_, id) => ({
  ...customer(id, 1 + (id % 28), `customer ${(id * 7_919) % ROWS} ${'of some length '.repeat(12)}${id}`),
}));
const LETTERS = records.reduce((sum, { name }) => sum + String(name).length, 0);

test('Parquet: each codec holds every row in groups of each size, as readers find them', {
  timeout: 120_000,
}, async () => {
  const bucket = await makeBucket();
  const groups = new Map<string, number>();
  const loads = [...CODECS.map((codec) => ({ codec, block_size_mb: 1 })), { codec: 'ZSTD', block_size_mb: 128 }];
  for (const { codec, block_size_mb } of loads) {
    const table = `${codec}_${block_size_mb}`.toLowerCase();
    const format = { format_type: 'Parquet', compression_codec: codec, block_size_mb };
    await oneSync(bucket, { format }, records, { table, fence: groups.size + 1 });
    const files = `'$FOLDER/*.parquet'`;
    const [found] = await bucket.query(
      `airbyte-data/${table}/`,
      `select count(*)::int as rows, count(distinct id)::int as ids, sum(length(name))::int as letters,
         (select count(distinct row_group_id)::int from parquet_metadata(${files})) as groups,
         (select string_agg(distinct compression, ' ') from parquet_metadata(${files})) as codecs
       from read_parquet(${files})`,
    );
    expect(found).toMatchObject({
      rows: ROWS,
      ids: ROWS,
      letters: LETTERS,
      codecs: codec === 'LZ4' ? 'LZ4_RAW' : codec,
    });
    groups.set(table, Number(found?.groups));
  }
  for (const [table, count] of groups) expect(count > 1, table).toBe(table.endsWith('_1'));
});
