import pg from 'pg';
import { expect, test } from 'vitest';
import { testDatabase } from '#tests/harness/database.ts';
import { inTransaction } from './transaction.ts';

test('a lock that stays is waited for several times, and its error names the session that holds it', async () => {
  const { url } = await testDatabase();
  const holder = new pg.Client({ connectionString: url, application_name: 'a report' });
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  await holder.connect();
  const { rows } = await holder.query('select pg_backend_pid() as pid');
  await holder.query('create table orders (id int)');
  await holder.query('begin; lock table orders in access exclusive mode');
  const count = () =>
    inTransaction(pool, (client) => client.query('select count(*)::int as count from orders'), { lockTimeoutMs: 400 });
  await expect(count()).rejects.toMatchObject({
    code: '55P03',
    message: expect.stringMatching(`session ${rows[0].pid} \\(a report, user .*, idle in transaction\\)`),
  });
  await holder.end();
  expect((await count()).rows).toEqual([{ count: 0 }]);
  await pool.end();
});
