import { DuckDBInstance } from '@duckdb/node-api';
import { expect, onTestFinished, test } from 'vitest';
import { streamedChunks } from './duckdb-chunks.ts';

async function connected() {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  onTestFinished(() => {
    connection.closeSync();
    instance.closeSync();
  });
  return connection;
}

test('a query that fails after its first rows is told why', async () => {
  const connection = await connected();
  const rows = `select case when range < 100000 then 1 else error('bad row') end from range(200000)`;
  const read = async () => {
    for await (const _ of streamedChunks(connection, rows));
  };
  await expect(read()).rejects.toThrow('bad row');
});

test('one that is ended from outside ends so, and is not run once more', async () => {
  const connection = await connected();
  const ending = new AbortController();
  ending.signal.addEventListener('abort', () => connection.interrupt());
  const read = async () => {
    for await (const _ of streamedChunks(connection, 'select range from range(10000000000)', ending.signal))
      ending.abort(new Error('cancelled'));
  };
  await expect(read()).rejects.toThrow('cancelled');
});
