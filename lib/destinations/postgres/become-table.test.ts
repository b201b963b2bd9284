import { expect, test } from 'vitest';
import { testDatabase } from '#tests/harness/database.ts';
import { attemptOf, customer, customers, load } from '../fixtures/customers.ts';
import { configOf, testContext } from './fixtures/test-destination.ts';
import { postgres } from './postgres.ts';

type Query = Awaited<ReturnType<typeof testDatabase>>['query'];

const stageOf = async (query: Query) =>
  (
    await query<{ oid: number; kind: string }>(
      "select oid::int, relpersistence as kind from pg_class where relname like 'stage\\_%' and relkind = 'r'",
    )
  )[0];

/** One whole sync; gives the oid of the stage before it is published. */
async function firstLoad(
  url: string,
  query: Query,
  { stream = customers('overwrite'), rows = [customer(1), customer(2)] } = {},
) {
  const destination = postgres.open(testContext(), configOf(url));
  const stage = await (await destination.begin(attemptOf(1))).stage(stream);
  await load(stage, rows, null);
  const made = await stageOf(query);
  const published = await stage.publish({ complete: true });
  await destination.close();
  return { stage: made?.oid, published };
}

test('the stage of a first load becomes the table: with its columns, its index, and nothing of the stage', async () => {
  const { url, query } = await testDatabase();
  const { stage, published } = await firstLoad(url, query);
  expect(published).toMatchObject({ inserted: 2, rows: 2 });
  const [table] = await query<{ oid: number; kind: string }>(
    "select oid::int, relpersistence as kind from pg_class where oid = 'public.customers'::regclass",
  );
  expect(table).toEqual({ oid: stage, kind: 'p' });
  const columns = await query<{ name: string; fixed: boolean; given: string | null }>(
    `select column_name as name, is_nullable = 'NO' as fixed, column_default as given from information_schema.columns
     where table_name = 'customers' order by ordinal_position`,
  );
  expect(columns.map(({ name, fixed }) => `${name}${fixed ? ' not null' : ''}`)).toEqual([
    ...[
      'id',
      'name',
      'updated_at',
      '_airbyte_raw_id not null',
      '_airbyte_extracted_at not null',
      '_airbyte_meta not null',
    ],
    '_airbyte_generation_id',
  ]);
  expect(columns.every(({ given }) => given === null)).toBe(true);
  expect(await query("select count(*)::int as indexes from pg_indexes where tablename = 'customers'")).toEqual([
    { indexes: 1 },
  ]);
});

const tableIn = async (query: Query) =>
  (await query<{ oid: number }>("select oid::int from pg_class where oid = 'public.customers'::regclass"))[0]?.oid;

test('so does one whose rows are told apart by a key, which the table then keeps unique', async () => {
  const { url, query } = await testDatabase();
  const { stage } = await firstLoad(url, query, { stream: customers('overwrite_dedup') });
  expect(await tableIn(query)).toBe(stage);
  await expect(query('insert into customers select * from customers')).rejects.toThrow(/weir_key/);
});

test('but not one in which a key comes twice, nor one that will mark what vanishes', async () => {
  const twice = await testDatabase();
  const stream = customers('overwrite_dedup');
  const rows = [customer(1, 1, 'old'), customer(1, 2, 'new'), customer(2)];
  const first = await firstLoad(twice.url, twice.query, { stream, rows });
  expect(await tableIn(twice.query)).not.toBe(first.stage);
  expect(await twice.query('select name from customers order by id')).toEqual([{ name: 'new' }, { name: 'c2' }]);
  const marking = await testDatabase();
  const marked = await firstLoad(marking.url, marking.query, { stream: { ...stream, softDelete: true } });
  expect(await tableIn(marking.query)).not.toBe(marked.stage);
});

test('an incremental load by key goes on, in another stage, when its first slices have become the table', async () => {
  const { url, query } = await testDatabase();
  const destination = postgres.open(testContext(), configOf(url));
  const stage = await (await destination.begin(attemptOf(1))).stage(customers('append_dedup'));
  await load(stage, [customer(1), customer(2)], { day: 1 });
  const made = await stageOf(query);
  await stage.publish({ complete: false });
  expect(await tableIn(query)).toBe(made?.oid);
  expect(await stageOf(query)).toMatchObject({ kind: 'u' });
  await load(stage, [customer(2, 2, 'newer'), customer(3)], { day: 2 }, 's2');
  expect(await stage.publish({ complete: true })).toMatchObject({ inserted: 1, updated: 1 });
  expect(await query('select name from customers order by id')).toEqual([
    { name: 'c1' },
    { name: 'newer' },
    { name: 'c3' },
  ]);
  await destination.close();
});

test('a stage with rows of open slices does not become the table, and is logged no longer', async () => {
  const { url, query } = await testDatabase();
  const destination = postgres.open(testContext(), configOf(url));
  const stage = await (await destination.begin(attemptOf(1))).stage(customers('append'));
  await stage.write({ slice: 'open', page: 1, records: [customer(3)] });
  await stage.write({ slice: 'closed', page: 1, records: [customer(1), customer(2)] });
  const counts = { read: 2, filtered: 0, quarantined: 0, written: 2, bytes: 0 };
  await stage.checkpoint({ state: { day: 1 }, openSlices: ['open'], counts });
  const made = await stageOf(query);
  expect(made).toMatchObject({ kind: 'p' });
  await stage.publish({ complete: false });
  expect(await tableIn(query)).not.toBe(made?.oid);
  expect(await stageOf(query)).toMatchObject({ oid: made?.oid, kind: 'u' });
  await stage.checkpoint({ state: { day: 1 }, openSlices: [], counts: { ...counts, read: 3, written: 3 } });
  await stage.publish({ complete: true });
  expect(await query('select id::int from customers order by 1')).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
  await destination.close();
});

test('readers have the rights on it that the schema gives to new tables', async () => {
  const { url, query } = await testDatabase();
  const role = `reader_${Date.now()}`;
  await query(`create role ${role}`);
  await query(`alter default privileges in schema public grant select on tables to ${role} with grant option`);
  await query('alter default privileges in schema public grant select on tables to public');
  await firstLoad(url, query);
  const [rights] = await query(
    `select has_table_privilege('${role}', 'public.customers', 'select with grant option') as reads,
       has_table_privilege('${role}', 'public.customers', 'delete') as deletes`,
  );
  expect(rights).toEqual({ reads: true, deletes: false });
});
