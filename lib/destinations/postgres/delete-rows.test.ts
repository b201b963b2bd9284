import { expect, test } from 'vitest';
import { testDatabase } from '#tests/harness/database.ts';
import { deleteAll } from './delete-rows.ts';

const NUMBERS = { schema: 'public', table: 'numbers' };

test('to empty a table takes its delete and one look at what hangs on it', async () => {
  const { query } = await testDatabase();
  await query('create table numbers as select n from generate_series(1, 3) n');
  const asked: string[] = [];
  const db = {
    async query(text: string, values?: unknown[]) {
      asked.push(text);
      const rows = await query(text.replace(/^delete .*/, '$& returning *'), values);
      return { rows, rowCount: rows.length };
    },
  };
  expect(await deleteAll(db, NUMBERS)).toBe(3);
  expect(asked).toEqual([expect.stringMatching(/^delete/), expect.stringContaining('pg_constraint')]);
});
