import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { expect, onTestFinished, test } from 'vitest';
import { testDatabase } from '#tests/harness/database.ts';
import { NO_COUNTS } from '../destination.ts';
import { attemptOf, customer, customers, idsOf, load } from '../fixtures/customers.ts';
import { configOf, testContext } from './fixtures/test-destination.ts';
import { postgres } from './postgres.ts';

test.each([
  ['the next attempt', 1],
  ['the next sync', 2],
])('%s does not wait for a COPY of one whose machine is gone', async (_who, syncId) => {
  const { url, query } = await testDatabase();
  const lost = postgres.open(testContext(), configOf(url));
  onTestFinished(() => lost.close());
  const before = await (await lost.begin(attemptOf(1, 1))).stage(customers('append_dedup'));
  await load(before, [customer(1)], null);
  const [stage] = await query<{ name: string }>('select stage_table as name from _weir.stage');
  // To the server its connection is as good as any.
  const silent = new pg.Client({ connectionString: url });
  const ended = new Promise((resolve) => silent.on('error', resolve));
  await silent.connect();
  const copy = silent.query(copyFrom(`copy _weir.${stage?.name} from stdin`));
  copy.on('error', () => undefined);
  copy.write('1');
  await expect
    .poll(() => query(`select 1 from pg_stat_activity where query like 'copy _weir%' and datname = current_database()`))
    .toHaveLength(1);

  const destination = postgres.open(testContext(), configOf(url));
  onTestFinished(() => destination.close());
  const next = await (await destination.begin(attemptOf(2, syncId))).stage(customers('append_dedup'));
  await load(next, [customer(2)], null);
  await next.publish({ complete: true });
  expect(idsOf(await query('select id from customers'))).toEqual(syncId === 1 ? [1, 2] : [2]);
  await ended;
});

test('connections that give names away in the same moment get different ones', async () => {
  const { url, query } = await testDatabase();
  const names = ['a b', 'a-b', 'a_b', 'a.b', 'a:b', 'a/b'];
  await Promise.all(
    names.map(async (table, index) => {
      const destination = postgres.open(testContext(), configOf(url));
      onTestFinished(() => destination.close());
      const connectionId = `c0ffee00-0000-4000-8000-00000000001${index}`;
      const stage = await (await destination.begin({ ...attemptOf(1), connectionId })).stage(
        customers('append', { table }),
      );
      await load(stage, [customer(index)], null);
      await stage.publish({ complete: true });
    }),
  );
  const made = await query<{ name: string; table: string }>('select name, table_name as table from _weir.relation');
  expect(new Set(made.map(({ table }) => table)).size).toBe(names.length);
  for (const { name, table } of made)
    expect(idsOf(await query(`select id from "${table}"`))).toEqual([names.indexOf(name)]);
});

test('an attempt whose session was ended so knows that another has taken over', async () => {
  const { url, query } = await testDatabase();
  const [slow, next] = [postgres.open(testContext(), configOf(url)), postgres.open(testContext(), configOf(url))];
  onTestFinished(async () => {
    await Promise.all([slow.close(), next.close()]);
  });
  const before = await (await slow.begin(attemptOf(1))).stage(customers('append'));
  const [stage] = await query<{ name: string }>('select stage_table as name from _weir.stage');
  await query(`create function wait() returns trigger language plpgsql as $$ begin perform pg_sleep(30); return new; end $$;
    create trigger wait before insert on _weir.${stage?.name} for each row execute function wait()`);
  const writing = load(before, [customer(1)], null).catch(({ code }: { code: string }) => code);
  await expect
    .poll(() => query(`select 1 from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()`))
    .toHaveLength(1);
  await (await next.begin(attemptOf(2))).stage(customers('append'));
  expect(await writing).toBe('fenced');
});

test('an attempt that was taken over takes back nothing that the next one has put aside', async () => {
  const { url, query } = await testDatabase();
  const [late, next] = [postgres.open(testContext(), configOf(url)), postgres.open(testContext(), configOf(url))];
  onTestFinished(async () => {
    await Promise.all([late.close(), next.close()]);
  });
  const stream = customers('append_dedup', { badValues: 'quarantine' });
  const page = { slice: 's', page: 1, records: [{ id: null, name: 'without a key' }] };
  const before = await (await late.begin(attemptOf(1, 1))).stage(stream);
  expect(await before.write(page)).toMatchObject({ quarantined: 1 });
  const after = await (await next.begin(attemptOf(2, 1))).stage(stream);
  await after.write(page);
  await after.checkpoint({ state: null, openSlices: [], counts: { ...NO_COUNTS, read: 1 } });
  await expect(before.forgetRefused?.('s')).rejects.toMatchObject({ code: 'fenced' });
  expect(await query('select row from _weir.quarantine')).toHaveLength(1);
});
