import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { createGuard } from '#lib/address-guard.ts';
import { createKept } from '#lib/kept.ts';
import { testDatabase } from '#tests/harness/database.ts';
import { readPostgresConfig } from './config.ts';
import { connectPostgres } from './connect.ts';

const guard = createGuard({ allowed: 'any' });

async function server() {
  const { url, query } = await testDatabase();
  const { hostname, port, username, password, pathname } = new URL(url);
  const config = (change: object = {}) =>
    readPostgresConfig({
      ...{ host: hostname, port: Number(port), username, password, database: pathname.slice(1), schema: 'public' },
      ...change,
    });
  const kept = createKept();
  onTestFinished(() => kept.end());
  /** Its process on the server, once it is left again. */
  const use = async (given = config()) => {
    const { pool, leave } = await connectPostgres({ guard, kept }, given);
    const { rows } = await pool.query<{ pid: number }>('select pg_backend_pid() as pid');
    await leave();
    return rows[0]?.pid;
  };
  return { config, use, query, kept };
}

test('a connection that was left is taken up by who needs the same', async () => {
  const { config, use } = await server();
  const first = await use();
  expect(await use()).toBe(first);
  expect(await use(config({ schema: 'other' }))).not.toBe(first);
  expect(await use()).toBe(first);
});

test('one that the server has closed meanwhile is replaced', async () => {
  const { use, query } = await server();
  const first = await use();
  await query('select pg_terminate_backend($1)', [first]);
  const second = await use();
  expect(second).toBeTypeOf('number');
  expect(second).not.toBe(first);
});

test('who keeps nothing closes what was opened', async () => {
  const { config, query } = await server();
  const { pool, leave } = await connectPostgres({ guard }, config());
  expect(pool).toBeInstanceOf(pg.Pool);
  await leave();
  await expect(pool.query('select 1')).rejects.toThrow('after calling end');
  expect(await query('select 1 as one')).toEqual([{ one: 1 }]);
});
