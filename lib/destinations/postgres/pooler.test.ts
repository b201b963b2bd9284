import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { testDatabase } from '#tests/harness/database.ts';
import { type TransactionPooler, transactionPooler } from '#tests/harness/transaction-pooler.ts';
import { attemptOf, customer, customers, idsOf, load } from '../fixtures/customers.ts';
import { configOf, testContext } from './fixtures/test-destination.ts';
import { postgres } from './postgres.ts';
import { readPostgresError } from './postgres-errors.ts';
import { inTransaction } from './transaction.ts';

// A pooler that gives every transaction another session. `npm run servers` does the same with PgBouncer.

async function pooled() {
  const { url, query } = await testDatabase();
  const { hostname, port } = new URL(url);
  const pooler: TransactionPooler = await transactionPooler({ host: hostname, port: Number(port) });
  onTestFinished(() => pooler[Symbol.asyncDispose]());
  const way = new URL(url);
  Object.assign(way, { hostname: '127.0.0.1', port: String(pooler.port) });
  return { url, query, way: way.href, pooler };
}

test.each(['direct', 'basic', 'raw'])('layout %s: check passes, and every mode loads', async (layout) => {
  const { way, query, pooler } = await pooled();
  const destination = postgres.open(testContext(), { ...configOf(way), layout });
  onTestFinished(() => destination.close());
  expect(await destination.check()).toMatchObject({ ok: true });
  for (const [index, mode] of (['append', 'overwrite', 'append_dedup', 'overwrite_dedup'] as const).entries())
    for (const round of [1, 2]) {
      const stage = await (await destination.begin(attemptOf(index * 2 + round))).stage(
        customers(mode, { table: mode }),
      );
      await load(stage, [customer(1, round), customer(round + 1, round)], { round });
      await stage.publish({ complete: true });
    }
  if (layout !== 'raw') {
    expect(idsOf(await query('select id from append order by id'))).toEqual([1, 1, 2, 3]);
    expect(idsOf(await query('select id from overwrite order by id'))).toEqual([1, 3]);
    expect(idsOf(await query('select id from append_dedup order by id'))).toEqual([1, 2, 3]);
    expect(idsOf(await query('select id from overwrite_dedup order by id'))).toEqual([1, 3]);
  }
  expect(pooler.transactions()).toBeGreaterThan(8);
});

test('a lock that stays is named with the session that holds it', async () => {
  const { url, way, query } = await pooled();
  await query('create table orders (id int)');
  const [holder, pool] = [new pg.Client({ connectionString: url }), new pg.Pool({ connectionString: way, max: 2 })];
  onTestFinished(async () => {
    await Promise.all([holder.end(), pool.end()]);
  });
  await holder.connect();
  const { rows } = await holder.query('select pg_backend_pid() as pid');
  await holder.query('begin; lock table orders in access exclusive mode');
  const counted = inTransaction(pool, (client) => client.query('select from orders'), { lockTimeoutMs: 400 });
  await expect(counted).rejects.toThrow(`session ${rows[0].pid} `);
});

test.each([
  // As PgBouncer 1.18 said them.
  ['SASL authentication failed', 'config', 'wrong_password'],
  ['no such user', 'config', 'wrong_password'],
  ['database "nowhere" does not exist', 'config', 'missing_database'],
  ['transaction blocks not allowed in statement pooling mode', 'config', 'statement_pooling'],
  ['unsupported startup parameter: options', 'config', 'pooler_parameter'],
  ['no more connections allowed (max_client_conn)', 'transient', 'too_many_connections'],
  ['query_wait_timeout', 'transient', 'too_many_connections'],
  ['server login has been failing, try again later (server_login_retry)', 'transient', 'destination_unreachable'],
  ['server conn crashed?', 'transient', 'connection_lost'],
])('what a pooler says itself has a code and what to do: %s', (message, kind, code) => {
  const read = readPostgresError(Object.assign(new Error(message), { code: '08P01' }), 'connecting');
  expect(read).toMatchObject({ kind, code, hint: expect.any(String), message: expect.stringContaining(message) });
});
