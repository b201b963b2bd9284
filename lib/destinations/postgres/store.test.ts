import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { testDatabase } from '#tests/harness/database.ts';
import { ensureSchema } from './store.ts';

test('two first loads into a schema that is not there yet make it once, at the same time', async () => {
  const { url, query } = await testDatabase();
  const clients = [new pg.Client(url), new pg.Client(url)] as const;
  onTestFinished(async () => void (await Promise.all(clients.map((client) => client.end()))));
  for (const client of clients) {
    await client.connect();
    await client.query('begin');
  }
  const [first, second] = clients;
  await ensureSchema(first, 'shop');
  const other = ensureSchema(second, 'shop');
  const waiting = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  while ((await query(waiting)).length === 0);
  await first.query('commit');
  await other;
  await second.query('commit');
  expect(await query(`select 1 from pg_namespace where nspname = 'shop'`)).toHaveLength(1);
});
