import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { DelimitedFile } from '#lib/delimited-file.ts';
import { attemptOf, customers } from '../fixtures/customers.ts';
import { makeBucket } from './fixtures/bucket.ts';

const HEADER = 'id,name\n';
const WIDE = 'w'.repeat(200_000);

/** A file of so many rows of 200 kB each, and what stands behind them. */
async function wideFile(rows: number, last = ''): Promise<DelimitedFile> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-wide-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'rows.csv');
  await using handle = await open(file, 'w');
  await handle.write(HEADER);
  for (let id = 1; id <= rows; id++) await handle.write(`${id},${WIDE}\n`);
  await handle.write(last);
  return {
    ...{ path: file, bytes: statSync(file).size, start: HEADER.length, hasHeader: true, delimiter: ',', quote: '"' },
    columns: [
      { field: 'id', type: 'integer' },
      { field: 'name', type: 'string' },
    ],
    record: (row) => ({ name: row.toString() }),
  };
}

test('a file may be larger than what DuckDB may hold in memory', async () => {
  const rows = 1_700;
  const bucket = await makeBucket();
  const destination = bucket.open();
  const stage = await (await destination.begin(attemptOf(1))).stage(customers('append'));
  const file = await wideFile(rows);
  expect(await stage.writeFile?.({ slice: 'f', file, onProgress: () => undefined })).toEqual({
    written: rows,
    quarantined: 0,
  });
  await stage.discard();
  await destination.close();
});

test('a file whose last row is too long for DuckDB is read, also where another row needs a closer look', async () => {
  const bucket = await makeBucket();
  const destination = bucket.open();
  const stage = await (await destination.begin(attemptOf(1))).stage(customers('append'));
  const file = await wideFile(60, `x,y\n12,${'z'.repeat(5_000_000)}\n`);
  expect(await stage.writeFile?.({ slice: 'f', file, onProgress: () => undefined })).toBeNull();
  await stage.discard();
  await destination.close();
});
