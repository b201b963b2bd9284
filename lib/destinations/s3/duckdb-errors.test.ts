import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, onTestFinished, test } from 'vitest';
import { toFailure } from '#lib/errors.ts';
import { duckdbError, duckdbWords } from './duckdb-errors.ts';
import { csv } from './formats/csv.ts';
import { writeFiles } from './write-files.ts';

/** What DuckDB throws at a statement. */
async function thrownBy(...statements: string[]): Promise<unknown> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    for (const one of statements) await connection.runAndReadAll(one);
    return null;
  } catch (error) {
    return error;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

test.each<[string, string, string[]]>([
  ['config', 'disk_full', [`copy (select 1) to '/dev/full' (format csv)`]],
  [
    'terminal',
    'out_of_memory',
    [`set memory_limit = '5MB'`, `set temp_directory = ''`, 'select * from range(10000000) t(a) order by hash(a)'],
  ],
  ['bug', 'files_not_made', ['select * from nowhere']],
])('%s: %s says what to do, in one line', async (kind, code, statements) => {
  const thrown = await thrownBy(...statements);
  const error = duckdbError(thrown, 'The files of customers could not be made');
  expect(toFailure(error)).toMatchObject({ kind, code, hint: expect.stringMatching(/\w/) });
  expect(toFailure(error).message).toMatch(/^The files of customers could not be made: [^\n]+\.$/);
  expect(duckdbWords(error)).toBe((thrown as Error).message);
});

test('so does a load whose files can’t be made', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'weir-errors-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const made = writeFiles({
    ...{
      folder: path.join(folder, 'files'),
      from: () => 'nowhere',
      partition: null,
      signal: AbortSignal.timeout(60_000),
    },
    tables: [
      {
        id: 0,
        name: 'customers',
        columns: [],
        exact: new Set(),
        extra: [],
        select: () => [{ name: 'a', sql: '1', type: 'int' }],
      },
    ],
    format: csv.read({}, []),
    facts: { emittedAt: 'now()', generation: 1, normalizedAt: 'now()', meta: 'null' },
  });
  await expect(made).rejects.toMatchObject({
    code: 'files_not_made',
    message: expect.stringMatching(/^The files of customers could not be made: .*nowhere/),
  });
});
