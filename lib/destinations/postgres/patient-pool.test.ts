import { expect, onTestFinished, test } from 'vitest';
import { createKept } from '#lib/kept.ts';
import { testDatabase } from '#tests/harness/database.ts';
import { attemptOf, customer, customers, load } from '../fixtures/customers.ts';
import { readPostgresConfig } from './config.ts';
import { connectPostgres } from './connect.ts';
import { configOf, testContext } from './fixtures/test-destination.ts';
import { PatientPool } from './patient-pool.ts';
import { postgres } from './postgres.ts';

const STREAMS = 6;

/** A user that the server lets in so many times at once. */
async function limitedUser(limit: number) {
  const { url, query } = await testDatabase();
  const user = `few_${crypto.randomUUID().slice(0, 8)}`;
  await query(`create role ${user} login password 'secret' connection limit ${limit};
    create schema _weir authorization ${user}; create schema shop authorization ${user}`);
  onTestFinished(async () => {
    await query(`drop owned by ${user} cascade; drop role ${user}`);
  });
  const config = { ...configOf(url), username: user, password: 'secret', schema: 'shop' };
  return { config, query };
}

test.each([1, 2, 3])('with a limit of %d connections for its user, streams wait for each other', async (limit) => {
  const { config, query } = await limitedUser(limit);
  const destination = postgres.open(testContext(), config);
  const run = await destination.begin(attemptOf(1));
  const records = Array.from({ length: 3_000 }, (_, index) => customer(index));
  const names = Array.from({ length: STREAMS }, (_, index) => `t${index}`);
  const loading = names.map(async (table) => {
    const stage = await run.stage(customers('append_dedup', { table }));
    await load(stage, records, { done: 1 });
    return (await stage.publish({ complete: true })).inserted;
  });
  expect(await Promise.all(loading).finally(() => destination.close())).toEqual(names.map(() => records.length));
  expect(await query(`select 1 from pg_tables where schemaname = '_weir' and tablename ~ '^stage_'`)).toEqual([]);
});

test('where others use up the limit, it is said', async () => {
  const { config } = await limitedUser(1);
  const destinations = [postgres.open(testContext(), config), postgres.open(testContext(), config)];
  onTestFinished(async () => {
    await Promise.all(destinations.map((destination) => destination.close()));
  });
  await destinations[0]?.begin(attemptOf(1));
  await expect(destinations[1]?.check()).rejects.toMatchObject({
    ...{ kind: 'transient', code: 'too_many_connections', hint: expect.stringContaining('connection limit') },
  });
});

test('who waits for one that is taken waits for longer than connecting may take', async () => {
  const { url } = await testDatabase();
  const pool = new PatientPool({ connectionString: url, max: 1, connectionTimeoutMillis: 15_000 });
  onTestFinished(() => pool.end());
  const first = await pool.connect();
  // What the first connection takes, the machine decides.
  pool.options.connectionTimeoutMillis = 300;
  const waits = pool.query('select 2 as n');
  await first.query('select pg_sleep(0.6)');
  first.release();
  expect((await waits).rows).toEqual([{ n: 2 }]);
});

test('what a pool made do with once it does not make do with in the next use', async () => {
  const { config, query } = await limitedUser(2);
  const kept = createKept();
  onTestFinished(() => kept.end());
  const connections = async () => {
    const { pool, leave } = await connectPostgres({ ...testContext(), kept }, readPostgresConfig(config));
    const pids = await Promise.all([1, 2, 3, 4].map(() => pool.query('select pg_backend_pid() as pid, pg_sleep(0.3)')));
    await leave();
    return new Set(pids.map(({ rows }) => rows[0]?.pid)).size;
  };
  // The server counts those that it is just refusing.
  expect(await connections()).toBeLessThan(4);
  await query(`alter role ${config.username} connection limit 10`);
  expect(await connections()).toBe(4);
});
