import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { DelimitedFile } from '#lib/delimited-file.ts';
import { testDatabase } from '#tests/harness/database.ts';
import type { Destination, Stage } from './destination.ts';
import { attemptOf, customers } from './fixtures/customers.ts';
import { configOf, testContext } from './postgres/fixtures/test-destination.ts';
import { postgres } from './postgres/postgres.ts';
import { makeBucket } from './s3/fixtures/bucket.ts';

const NO_COUNTS = { read: 0, filtered: 0, quarantined: 0, written: 0, bytes: 0 };
const stream = customers('append');

/** A file with one customer per id. */
function fileOf(...ids: number[]): DelimitedFile {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-straight-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const text = `id,name,updated_at\n${ids.map((id) => `${id},c${id},2026-11-25T10:00:00Z\n`).join('')}`;
  writeFileSync(path.join(folder, 'rows.csv'), text);
  return {
    ...{
      path: path.join(folder, 'rows.csv'),
      bytes: text.length,
      start: 19,
      hasHeader: true,
      delimiter: ',',
      quote: '"',
    },
    columns: [
      { field: 'id', type: 'integer' },
      { field: 'name', type: 'string' },
      { field: 'updated_at', type: 'string' },
    ],
    record: () => {
      throw new Error('every row is plain');
    },
  };
}

/** One attempt, from begin to close. */
async function attempt(open: () => Destination, fence: number, work: (stage: Stage) => Promise<void>): Promise<void> {
  const destination = open();
  try {
    await work(await (await destination.begin(attemptOf(fence))).stage(stream));
  } finally {
    await destination.close();
  }
}

const take = (stage: Stage, slice: string, ...ids: number[]) =>
  stage.writeFile?.({ slice, file: fileOf(...ids), onProgress: () => undefined });

/** The first attempt is lost with one file saved, one open and one never saved; the second goes on. */
async function interrupted(open: () => Destination): Promise<void> {
  await attempt(open, 1, async (stage) => {
    expect(await take(stage, 'a', 1, 2)).toEqual({ written: 2, quarantined: 0 });
    await take(stage, 'b', 3);
    await stage.checkpoint({ state: { done: ['a'] }, openSlices: ['b'], counts: { ...NO_COUNTS, read: 2 } });
    await take(stage, 'c', 4);
  });
  await attempt(open, 2, async (stage) => {
    expect(stage.resumed).toMatchObject({ state: { done: ['a'] }, counts: { written: 2 } });
    await take(stage, 'b', 3, 5);
    await stage.checkpoint({ state: { done: ['a', 'b'] }, openSlices: [], counts: { ...NO_COUNTS, read: 4 } });
    expect(await stage.publish({ complete: true })).toMatchObject({ inserted: 4 });
  });
}

test('Postgres: what a lost attempt took of whole files is kept as far as it was saved', async () => {
  const { url, query } = await testDatabase();
  await interrupted(() => postgres.open(testContext(), configOf(url)));
  expect(await query('select id::int from customers order by id')).toEqual([1, 2, 3, 5].map((id) => ({ id })));
});

test('S3: the same', async () => {
  const bucket = await makeBucket();
  await interrupted(() => bucket.open());
  const rows = await bucket.query(
    'airbyte-data/customers/',
    "select id::int as id, count(distinct _airbyte_raw_id) over ()::int as ids from read_parquet('$FOLDER/*.parquet') order by id",
  );
  expect(rows).toEqual([1, 2, 3, 5].map((id) => ({ id, ids: 4 })));
});

test.each(['before', 'during'])(
  'Postgres: a sync that is cancelled %s the copy of a file ends, and not with its process',
  async (when) => {
    const { url, query } = await testDatabase();
    const stop = new AbortController();
    const cancel = () => stop.abort('cancelled');
    const open = () => postgres.open({ ...testContext(), signal: stop.signal }, configOf(url));
    await attempt(open, 1, async (stage) => {
      if (when === 'before') cancel();
      const file = fileOf(...Array.from({ length: 100_000 }, (_, id) => id));
      await expect(stage.writeFile?.({ slice: 'a', file, onProgress: cancel })).rejects.toBeDefined();
    });
    expect(await query(`select to_regclass('customers') as customers`)).toEqual([{ customers: null }]);
  },
);
