import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { testDatabase } from '#tests/harness/database.ts';
import { inTransaction } from './transaction.ts';

/** A table that another session holds. */
async function heldOrders() {
  const { url } = await testDatabase();
  const holder = new pg.Client({ connectionString: url, application_name: 'a report' });
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  onTestFinished(async () => {
    await Promise.all([holder.end(), pool.end()]);
  });
  await holder.connect();
  const { rows } = await holder.query('select pg_backend_pid() as pid');
  await holder.query('create table orders (id int)');
  await holder.query('begin; lock table orders in access exclusive mode');
  return { holder, pool, pid: Number(rows[0].pid) };
}

test('a lock that stays is waited for several times, and its error names the session that holds it', async () => {
  const { holder, pool, pid } = await heldOrders();
  const count = () =>
    inTransaction(pool, (client) => client.query('select count(*)::int as count from orders'), { lockTimeoutMs: 400 });
  await expect(count()).rejects.toMatchObject({
    code: '55P03',
    message: expect.stringMatching(`session ${pid} \\(a report, user .*, idle in transaction\\)`),
  });
  await holder.query('rollback');
  expect((await count()).rows).toEqual([{ count: 0 }]);
});

test('a session that an earlier try found is named where the last look came too late', async () => {
  const { holder, pool, pid } = await heldOrders();
  const looked = Promise.withResolvers<void>();
  const query = pool.query.bind(pool) as (...given: unknown[]) => Promise<pg.QueryResult>;
  const look = async (...given: unknown[]) => {
    const found = await query(...given);
    if (found.rows.length > 0) looked.resolve();
    return found;
  };
  pool.query = look as typeof pool.query;
  let tries = 0;
  const work = async (client: pg.PoolClient) => {
    if (tries++ === 0) {
      await client.query('set local lock_timeout = 0');
      const { rows } = await client.query('select pg_backend_pid() as pid');
      const waits = client.query('select from orders').catch(() => undefined);
      await looked.promise;
      await holder.query('select pg_cancel_backend($1)', [rows[0].pid]);
      await waits;
    }
    throw Object.assign(new Error('canceling statement due to lock timeout'), { code: '55P03' });
  };
  await expect(inTransaction(pool, work, { lockTimeoutMs: 50 })).rejects.toThrow(`it is held by session ${pid} `);
  expect(tries).toBeGreaterThan(1);
});
