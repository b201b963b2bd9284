import { expect, test } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import { testDatabase } from '#tests/harness/database.ts';
import { NO_COUNTS, type Stage, type TargetStream } from '../destination.ts';
import { at, attemptOf, customer, customers, load } from '../fixtures/customers.ts';
import { configOf, testContext } from './fixtures/test-destination.ts';
import { postgres } from './postgres.ts';

// What people do to a table of ours, and what becomes of the next load.

async function warehouse(config: JsonObject = {}) {
  const { url, query } = await testDatabase();
  const inStage = async <T>(
    fence: number,
    syncId: number,
    stream: TargetStream,
    work: (stage: Stage) => Promise<T>,
  ) => {
    const destination = postgres.open(testContext(), { ...configOf(url), ...config });
    try {
      return await work(await (await destination.begin(attemptOf(fence, syncId))).stage(stream));
    } finally {
      await destination.close();
    }
  };
  const sync = (fence: number, stream: TargetStream, records: JsonObject[]) =>
    inStage(fence, fence, stream, async (stage) => {
      await load(stage, records, { done: fence });
      return stage.publish({ complete: true });
    });
  return { query, sync, inStage };
}

test('a column that was added by hand becomes the new field’s where it has its type, else it is named', async () => {
  const { query, sync } = await warehouse();
  await sync(1, customers('append'), [customer(1)]);
  await query('alter table customers add column city varchar, add column "zip" text');
  await sync(2, customers('append'), [{ ...customer(2), city: 'Boston' }]);
  expect(await query('select id::int, city from customers order by id')).toEqual([
    { id: 1, city: null },
    { id: 2, city: 'Boston' },
  ]);
  await expect(sync(3, customers('append'), [{ ...customer(3), zip: '02108' }])).rejects.toMatchObject({
    code: 'column_taken',
    message: expect.stringContaining('"zip" (text)'),
  });
});

test('a field called like the mark of vanished rows is taken up beside it', async () => {
  const { query, sync } = await warehouse();
  const marking = customers('overwrite_dedup', { softDelete: true });
  await sync(1, marking, [customer(1), customer(2)]);
  const { stream } = marking;
  const properties = { ...(stream.jsonSchema.properties as JsonObject), _ab_cdc_deleted_at: { type: 'integer' } };
  await sync(2, marking, [customer(1)]);
  const named = { ...marking, stream: { ...stream, jsonSchema: { properties } } };
  await expect(sync(3, named, [{ ...customer(1), _ab_cdc_deleted_at: 5 }])).rejects.toMatchObject({
    code: 'column_taken',
  });
  const timed = {
    ...named,
    stream: {
      ...stream,
      jsonSchema: { properties: { ...properties, _ab_cdc_deleted_at: { type: 'string', format: 'date-time' } } },
    },
  };
  await sync(4, timed, [{ ...customer(2), _ab_cdc_deleted_at: at(9) }]);
  expect(await query('select id::int, _ab_cdc_deleted_at is not null as gone from customers order by id')).toEqual([
    { id: 1, gone: true },
    { id: 2, gone: true },
  ]);
});

test('a row that was marked as vanished and comes again is there again, whatever the mode is by then', async () => {
  const { query, sync } = await warehouse();
  const marking = customers('overwrite_dedup', { softDelete: true });
  await sync(1, marking, [customer(1), customer(2)]);
  await sync(2, marking, [customer(1)]);
  await sync(3, customers('append_dedup'), [customer(2, 2)]);
  expect(await query('select id::int from customers where _ab_cdc_deleted_at is null order by id')).toEqual([
    { id: 1 },
    { id: 2 },
  ]);
});

test('a table that is dropped between two attempts, after the first had published a part, is built anew from the start', async () => {
  const { query, inStage } = await warehouse();
  const stream = customers('append');
  await inStage(1, 1, stream, async (stage) => {
    await stage.write({ slice: 'a', page: 1, records: [customer(1)] });
    await stage.checkpoint({ state: { done: 1 }, openSlices: [], counts: { ...NO_COUNTS, read: 1 } });
    await stage.publish({ complete: false });
    await stage.write({ slice: 'b', page: 1, records: [customer(2)] });
    await stage.checkpoint({ state: { done: 2 }, openSlices: [], counts: { ...NO_COUNTS, read: 2 } });
  });
  await query('drop table customers');
  await inStage(2, 1, stream, async (stage) => expect(stage.resumed).toBeNull());
});

test('where a stream’s key changes, rows that lack the new one are counted; older rows of one key go, and their children with them', async () => {
  const { query, sync } = await warehouse({ layout: 'basic' });
  const row = (id: number, day: number, more: JsonObject = {}) => ({
    ...customer(id, day),
    lines: [{ sku: `${id}.${day}` }],
    ...more,
  });
  await sync(1, customers('append'), [row(1, 1), row(1, 2), row(2, 1)]);
  expect(await sync(2, customers('append_dedup'), [row(2, 2)])).not.toHaveProperty('keyless');
  expect(await query('select sku from customers_lines order by 1')).toEqual([{ sku: '1.2' }, { sku: '2.2' }]);
  const byRegion = customers('append_dedup', { primaryKey: [['id'], ['region']] });
  expect(await sync(3, byRegion, [row(1, 3, { region: 'eu' })])).toMatchObject({ keyless: 2, inserted: 1 });
  expect(await sync(4, byRegion, [row(1, 4, { region: 'eu' })])).not.toHaveProperty('keyless');
});

test('where all tables are published, loads go on, and a table that then takes no changes is named with what helps', async () => {
  const { query, sync, inStage } = await warehouse();
  await query('create publication everything for all tables');
  const stream = customers('overwrite');
  await inStage(1, 1, stream, async (stage) => {
    await stage.write({ slice: 'open', page: 1, records: [customer(1)] });
    await stage.checkpoint({ state: null, openSlices: ['open'], counts: NO_COUNTS });
  });
  await inStage(2, 1, stream, async (stage) => {
    await load(stage, [customer(1)], null);
    await stage.publish({ complete: true });
  });
  expect(await query(`select relpersistence as kept from pg_class where relname = 'customers'`)).toEqual([
    { kept: 'p' },
  ]);
  await expect(sync(3, stream, [customer(2)])).rejects.toMatchObject({
    code: 'table_published',
    hint: expect.stringContaining('replica identity full'),
  });
  await query('alter table customers replica identity full');
  await sync(4, stream, [customer(3)]);
  expect(await query('select id::int from customers')).toEqual([{ id: 3 }]);
});

test('what keeps a column from widening, or a name from being free, is named', async () => {
  const { query, sync } = await warehouse();
  await sync(1, customers('append'), [{ ...customer(1), n: 1 }]);
  await query('create view sums as select sum(n) from customers');
  await expect(sync(2, customers('append'), [{ ...customer(2), n: 'a' }])).rejects.toMatchObject({
    code: 'column_in_use',
    message: expect.stringContaining('view sums depends on column "n"'),
  });
  await query(`create type moods as enum ('good')`);
  await expect(sync(3, customers('append', { table: 'moods' }), [customer(1)])).rejects.toMatchObject({
    code: 'name_taken',
  });
});

test.each(['append', 'overwrite', 'overwrite_dedup'] as const)(
  'a table that leaves rows out and says nothing fails the load: %s',
  async (mode) => {
    const { query, sync } = await warehouse();
    await sync(1, customers(mode), [customer(1)]);
    await query(
      `create function even() returns trigger language plpgsql as $$ begin if new.id % 2 = 1 then return null; end if; return new; end $$;
       create trigger even before insert on customers for each row execute function even()`,
    );
    await expect(sync(2, customers(mode), [customer(2), customer(3)])).rejects.toMatchObject({
      code: 'rows_left_out',
      message: expect.stringContaining('took 1 of 2 rows'),
    });
    expect(await query('select id::int from customers')).toEqual([{ id: 1 }]);
  },
);

test.each(['append', 'overwrite', 'append_dedup'] as const)(
  'a view in the place of the table takes no rows, some of which it would hide: %s',
  async (mode) => {
    const { query, sync } = await warehouse();
    await sync(1, customers(mode), [customer(1), customer(2)]);
    await query(`alter table customers rename to all_customers;
      create view customers as select * from all_customers where id <> 1`);
    await expect(sync(2, customers(mode), [customer(2), customer(3)])).rejects.toMatchObject({ code: 'no_table' });
    expect(await query('select id::int from all_customers order by id')).toEqual([{ id: 1 }, { id: 2 }]);
  },
);

test('a column that somebody renamed is added again, which is recorded; of the key too', async () => {
  const { query, sync } = await warehouse();
  const stream = customers('append_dedup');
  await sync(1, stream, [customer(1)]);
  await query(
    'alter table customers rename column name to full_name; alter table customers rename column id to number',
  );
  expect(await sync(2, stream, [customer(2)])).toMatchObject({
    ...{ inserted: 1, keyless: 1 },
    schemaChanges: [
      { change: 'column_added', field: 'id' },
      { change: 'column_added', field: 'name' },
    ],
  });
  expect(await sync(3, stream, [customer(2, 2, 'new')])).toMatchObject({ inserted: 0, updated: 1 });
  expect(await query('select number::int, full_name, id::int, name from customers order by id')).toEqual([
    { number: null, full_name: null, id: 2, name: 'new' },
    { number: 1, full_name: 'c1', id: null, name: null },
  ]);
});
