import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { DelimitedFile } from '#lib/delimited-file.ts';
import type { JsonObject } from '#lib/json.ts';
import { type Counts, NO_COUNTS, type SetAside, type Stage } from '../destination.ts';
import { attemptOf, customers, load } from '../fixtures/customers.ts';
import { type Bucket, makeBucket } from './fixtures/bucket.ts';

const acme: JsonObject = {
  id: 1,
  name: 'Acme Corp',
  contact: { email: 'info@acme.com' },
  addresses: [{ city: 'New York' }],
  updated_at: '2026-11-24T23:30:00Z',
};
const widget: JsonObject = { ...acme, id: 2, name: '007', price: 1.5, addresses: [{ city: 'Boston' }], open: true };

/** Stages, puts aside and publishes; gives what the quarantine then holds. */
async function syncWithout(
  bucket: Bucket,
  config: JsonObject,
  fill: (stage: Stage) => Promise<unknown>,
  rows: SetAside[],
) {
  const destination = bucket.open(config);
  try {
    const stage = await (await destination.begin(attemptOf(1))).stage(customers('append'));
    await fill(stage);
    const counts: Counts = await stage.setAside(rows);
    await stage.publish({ complete: true });
    const { connectionId } = attemptOf(1);
    const listed = (await destination.quarantine?.list({ connectionId, limit: 100 })) ?? [];
    return { counts, records: listed.map(({ record }) => JSON.parse(record) as JsonObject) };
  } finally {
    await destination.close();
  }
}

const RAW = [{ condition: `_airbyte_data::varchar like '%Boston%'`, reason: 'of Boston' }];
const FLAT = [{ condition: `"name"::varchar in ('007', '7')`, reason: 'is 7' }];

describe('records that are put aside leave every file, and come back whole', () => {
  test.each<[string, JsonObject, SetAside[], string]>([
    ['Parquet', {}, FLAT, "read_parquet('$FOLDER/*.parquet')"],
    ['Parquet in folders by date', { partition_column: 'updated_at' }, FLAT, "read_parquet('$FOLDER/*/*.parquet')"],
    ['JSONL', { format: { format_type: 'JSONL' } }, FLAT, "read_json('$FOLDER/*.jsonl.gz')"],
    ['CSV', { format: { format_type: 'CSV' } }, FLAT, "read_csv('$FOLDER/*.csv.gz')"],
    [
      'JSONL without columns',
      { format: { format_type: 'JSONL', flattening: 'No flattening' } },
      RAW,
      "read_json('$FOLDER/*.jsonl.gz')",
    ],
  ])('%s', async (_name, config, rows, reader) => {
    const bucket = await makeBucket();
    const { counts, records } = await syncWithout(bucket, config, (stage) => load(stage, [acme, widget], null), rows);
    expect(counts).toMatchObject({ read: 2, written: 1, quarantined: 1 });
    expect(records).toMatchObject([{ ...widget, updated_at: expect.stringContaining('2026-11-24') }]);
    const [left] = await bucket.query('airbyte-data/customers/', `select count(*)::int as n from ${reader}`);
    expect(left).toEqual({ n: 1 });
  });

  test('basic normalization: the raw row and the children go with it', async () => {
    const bucket = await makeBucket();
    const fill = (stage: Stage) => load(stage, [acme, widget], null);
    const { records } = await syncWithout(bucket, { layout: 'basic' }, fill, FLAT);
    expect(records).toEqual([widget]);
    const cities = await bucket.query(
      'airbyte-data/',
      `select city from read_parquet('$FOLDER/customers_addresses/*.parquet')`,
    );
    expect(cities).toEqual([{ city: 'New York' }]);
    const raw = await bucket.query(
      'airbyte-data/',
      `select count(*)::int as n from read_parquet('$FOLDER/_airbyte_raw_customers/*.parquet')`,
    );
    expect(raw).toEqual([{ n: 1 }]);
  });
});

describe('whatever is in the records beside them', () => {
  const twins = { ...widget, id: 2, part: { id: 1, Id: 2, ID: { a: 1, A: 2 } }, Name: 'b' };

  test.each<[string, JsonObject, SetAside]>([
    ['JSONL', { format: { format_type: 'JSONL' } }, { condition: 'part.id = 1', reason: 'is 1' }],
    [
      'JSONL without columns',
      { format: { format_type: 'JSONL', flattening: 'No flattening' } },
      { condition: `_airbyte_data ->> 'id' = '2'`, reason: 'is 2' },
    ],
    ['JSONL in the layout basic', { format: { format_type: 'JSONL' }, layout: 'basic' }, FLAT[0] as SetAside],
    ['CSV', { format: { format_type: 'CSV' } }, { condition: 'part.id = 1', reason: 'is 1' }],
  ])('keys that differ in case alone: %s', async (_name, config, row) => {
    const bucket = await makeBucket();
    const fill = (stage: Stage) => load(stage, [{ ...acme, part: { ID: 1 } }, twins], null);
    const { counts, records } = await syncWithout(bucket, config, fill, [row]);
    expect(counts).toMatchObject({ read: 2, written: 1, quarantined: 1 });
    expect(records).toMatchObject([{ id: 2, part: twins.part, Name: 'b' }]);
  });

  test.each(['JSONL', 'CSV'])('values that come late and are of another kind: %s', async (format_type) => {
    const bucket = await makeBucket();
    const many = Array.from({ length: 30_000 }, (_, index) => ({ ...acme, id: index + 1, name: `${index}` }));
    const fill = (stage: Stage) => load(stage, [...many, { ...acme, id: 0, name: 'Acme' }], null);
    const { counts } = await syncWithout(bucket, { format: { format_type } }, fill, [
      { condition: `"name" = 'Acme'`, reason: 'is Acme' },
    ]);
    expect(counts).toMatchObject({ read: 30_001, written: 30_000, quarantined: 1 });
  });
});

describe('of a file that went straight on', () => {
  test.each<[string, JsonObject, string]>([
    ['Parquet', {}, "read_parquet('$FOLDER/*.parquet')"],
    ['JSONL', { format: { format_type: 'JSONL' } }, "read_json('$FOLDER/*.jsonl.gz', columns = {name: 'VARCHAR'})"],
    [
      'CSV',
      { format: { format_type: 'CSV' } },
      "read_csv('$FOLDER/*.csv.gz', all_varchar = true, allow_quoted_nulls = false)",
    ],
  ])('the other rows stay as they were: %s', async (_name, config, reader) => {
    const bucket = await makeBucket();
    const file = await fileOf('1,a\n2,007\n3,b\n');
    const fill = async (stage: Stage) => {
      expect(await stage.writeFile?.({ slice: 'f', file, onProgress: () => undefined })).toMatchObject({ written: 3 });
      await load(stage, [{ id: 4, name: 'bad' }], null);
      return stage.checkpoint({ state: null, openSlices: [], counts: { ...NO_COUNTS, read: 4 } });
    };
    const { counts, records } = await syncWithout(bucket, config, fill, [
      { condition: '"id" in (3, 4)', reason: 'above 2' },
    ]);
    expect(counts).toMatchObject({ read: 4, written: 2, quarantined: 2 });
    expect(records.map(({ id }) => id).toSorted()).toEqual([3, 4]);
    const names = await bucket.query('airbyte-data/customers/', `select name from ${reader} order by name`);
    expect(names).toEqual([{ name: '007' }, { name: 'a' }]);
  });

  test.each(['JSONL', 'CSV'])('however long they are: %s', async (format_type) => {
    const bucket = await makeBucket();
    const file = await fileOf(`1,${'x'.repeat(3_000_000)}\n2,007\n`);
    const fill = async (stage: Stage) => {
      await stage.writeFile?.({ slice: 'f', file, onProgress: () => undefined });
      return stage.checkpoint({ state: null, openSlices: [], counts: { ...NO_COUNTS, read: 2 } });
    };
    const rows = [{ condition: '"id" = 2', reason: 'is 2' }];
    const { counts } = await syncWithout(bucket, { format: { format_type } }, fill, rows);
    expect(counts).toMatchObject({ read: 2, written: 1, quarantined: 1 });
  });
});

async function fileOf(rows: string): Promise<DelimitedFile> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'weir-aside-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const text = `id,name\n${rows}`;
  await writeFile(path.join(folder, 'rows.csv'), text);
  return {
    ...{ path: path.join(folder, 'rows.csv'), bytes: text.length, start: 8, hasHeader: true },
    ...{ delimiter: ',', quote: '"' },
    columns: [
      { field: 'id', type: 'integer' },
      { field: 'name', type: 'string' },
    ],
    record: () => {
      throw new Error('every row is plain');
    },
  };
}
