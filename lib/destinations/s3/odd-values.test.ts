import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { DelimitedFile } from '#lib/delimited-file.ts';
import { type JsonObject, parseJson } from '#lib/json.ts';
import { attemptOf, customers, load } from '../fixtures/customers.ts';
import { makeBucket } from './fixtures/bucket.ts';
import { oneSync } from './fixtures/one-sync.ts';

// Values that are not written as most are.

async function csvFile(names: string[], rows: number, row: (id: number) => string[]): Promise<DelimitedFile> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-dates-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'rows.csv');
  const header = `${names.join(',')}\n`;
  const lines = Array.from({ length: rows }, (_, id) => `${row(id).join(',')}\n`);
  writeFileSync(file, header + lines.join(''));
  return {
    ...{ path: file, bytes: statSync(file).size, start: header.length, hasHeader: true, delimiter: ',', quote: '"' },
    columns: names.map((field) => ({ field, type: field === 'id' ? 'integer' : 'string' })),
    record: (text) => ({ text: text.toString() }),
  };
}

const PLAIN = { compression_type: 'No Compression' };

test('JSON lines hold every digit of numbers that came as text in another spelling', async () => {
  const bucket = await makeBucket();
  const spellings = [
    '+12345678901234567890123',
    '00012345678901234567890',
    '.5',
    '-.5',
    '5.',
    '-0012.50',
    '1E+3',
    '0',
    '+0.10',
  ];
  const stream = {
    ...customers('append').stream,
    jsonSchema: { properties: { id: { type: 'integer' }, n: { type: 'number' } } },
  };
  const records = spellings.map((n, id) => ({ id, n }));
  await oneSync(bucket, { format: { format_type: 'JSONL', compression: PLAIN } }, records, { stream });
  const [key = ''] = await bucket.keys('airbyte-data/');
  const lines = (await (await bucket.store()).get(key)).split('\n');
  const found = lines.flatMap((line) => /"id":(\d+),"n":([^,}]+)/.exec(line)?.slice(1) ?? []);
  expect(
    Object.fromEntries(Array.from({ length: found.length / 2 }, (_, at) => [found[2 * at], found[2 * at + 1]])),
  ).toEqual({
    ...{ 0: '12345678901234567890123', 1: '12345678901234567890', 2: '0.5', 3: '-0.5', 4: '5', 5: '-12.50' },
    ...{ 6: '1E+3', 7: '0', 8: '0.10' },
  });
});

describe('folders by date', () => {
  test.each([
    ['CSV', 'direct', 200, 90],
    ['Parquet', 'basic', 40, 10],
  ])('%s, %s: %d folders of %d columns', async (type, layout, days, columns) => {
    const bucket = await makeBucket();
    const config = { layout, format: { format_type: type, compression: PLAIN }, partition_column: 'updated_at' };
    const dayOf = (at: number) => new Date(Date.UTC(2019, 0, at + 1)).toISOString();
    const fields = Object.fromEntries(Array.from({ length: columns }, (_, at) => [`field_${at}`, `value of ${at}`]));
    const records = Array.from({ length: 2 * days }, (_, id) => ({ id, updated_at: dayOf(id % days), ...fields }));
    const { published } = await oneSync(bucket, config, records);
    expect(published).toMatchObject({ inserted: 2 * days, rows: 2 * days });
    const keys = await bucket.keys('airbyte-data/customers/');
    expect(keys).toHaveLength(days);
    expect(keys[0]).toContain('/updated_at_day=2019-01-01/');
  });

  test('a file with too many dates to be turned into folders in one go comes in pages', async () => {
    const bucket = await makeBucket();
    const destination = bucket.open({ partition_column: 'updated_at' });
    const names = Array.from({ length: 60 }, (_, at) => `f${at}`);
    const properties = Object.fromEntries(names.map((name) => [name, { type: 'string' }]));
    const target = customers('append');
    const jsonSchema = { properties: { ...(target.stream.jsonSchema.properties as JsonObject), ...properties } };
    const stage = await (await destination.begin(attemptOf(1))).stage({
      ...target,
      stream: { ...target.stream, jsonSchema },
    });
    const file = await csvFile(['id', 'updated_at', ...names], 600, (id) => [
      String(id),
      new Date(Date.UTC(2019, 0, id)).toISOString(),
      ...names.map((name) => `${name} of ${id}`),
    ]);
    expect(await stage.writeFile?.({ slice: 'f', file, onProgress: () => undefined })).toBeNull();
    await destination.close();
  });

  test('a value that is no date to its column is none to the folders', async () => {
    const bucket = await makeBucket();
    const dates = [
      'epoch',
      'infinity',
      '20261125',
      '0000-01-01',
      '2026-02-30',
      '2026-11-25T24:00:00Z',
      '10000-01-01',
      '2026-11-25 BC',
      '',
    ];
    const records: JsonObject[] = [
      ...dates.map((updated_at, id) => ({ id, updated_at })),
      { id: 100, updated_at: 1_764_000_000 },
      { id: 101, updated_at: { at: '2026-11-25' } },
      { id: 102, updated_at: '2026-11-24T23:30:00-02:00' },
      { id: 103, updated_at: '2026-11-25' },
      { id: 104, updated_at: '0001-01-01' },
      { id: 105, updated_at: '9999-12-31T23:59:59.999999Z' },
    ];
    await oneSync(bucket, { partition_column: 'updated_at' }, records);
    const rows = await bucket.query(
      'airbyte-data/customers/',
      `select updated_at_day as day, count(*)::int as rows, count(updated_at)::int as dated
       from read_parquet('$FOLDER/**/*.parquet', hive_partitioning = true, hive_types_autocast = false) group by 1 order by 1`,
    );
    const none = { day: expect.toSatisfy((day) => day === null || day === '__HIVE_DEFAULT_PARTITION__'), dated: 0 };
    expect(rows).toHaveLength(4);
    expect(rows).toEqual(
      expect.arrayContaining([
        { ...none, rows: dates.length + 2 },
        { day: '0001-01-01', rows: 1, dated: 1 },
        { day: '2026-11-25', rows: 2, dated: 2 },
        { day: '9999-12-31', rows: 1, dated: 1 },
      ]),
    );
  });
});

const kinds = [
  ['Parquet', 'direct'],
  ['JSONL', 'direct'],
] as const;

test.each(kinds)(
  '%s, %s: a long record is loaded, a longer one put aside, whoever staged them',
  async (type, layout) => {
    const bucket = await makeBucket();
    const config = { layout, format: { format_type: type } };
    const records = [31, 0, 33].map((mb, id) => ({ id, name: 'é'.repeat((mb * 1024 * 1024) / 2) }));
    const begin = async (fence: number) => {
      const destination = bucket.open(config);
      return { destination, stage: await (await destination.begin(attemptOf(fence))).stage(customers('append')) };
    };
    const lost = await begin(1);
    expect(await load(lost.stage, records, null)).toMatchObject({ read: 3, written: 2, quarantined: 1 });
    await lost.destination.close();
    const next = await begin(2);
    expect(await next.stage.publish({ complete: true })).toMatchObject({ inserted: 2 });
    const { connectionId } = attemptOf(1);
    const [aside] = (await next.destination.quarantine?.list({ connectionId, limit: 9 })) ?? [];
    expect(aside).toMatchObject({ row: 3, reason: expect.stringContaining('The record has 34 MB') });
    await next.destination.close();
  },
);

test('numbers keep what they are in every format', async () => {
  const record = parseJson(
    '{"id": 123456789012345678, "n": -0.0, "deep": [1e400, 123456789012345678, 0.1]}',
  ) as JsonObject;
  const bucket = await makeBucket();
  for (const [index, type] of ['Parquet', 'JSONL', 'CSV'].entries())
    await oneSync(bucket, { format: { format_type: type, compression: PLAIN } }, [record], {
      fence: index + 1,
      table: type,
    });
  const parquet = await bucket.query(
    'airbyte-data/Parquet/',
    `select id::varchar as id, deep::varchar as deep from read_parquet('$FOLDER/*')`,
  );
  expect(parquet).toEqual([{ id: '123456789012345678', deep: '[1e400,123456789012345678,0.1]' }]);
  for (const table of ['JSONL', 'CSV']) {
    const [key = ''] = await bucket.keys(`airbyte-data/${table}/`);
    const text = await (await bucket.store()).get(key);
    expect(text).toContain('123456789012345678');
    expect(text).toContain('[1e400,123456789012345678,0.1]');
  }
});
