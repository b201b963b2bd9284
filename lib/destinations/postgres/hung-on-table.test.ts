import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import { testDatabase } from '#tests/harness/database.ts';
import type { TargetStream } from '../destination.ts';
import { attemptOf, customer, customers, load } from '../fixtures/customers.ts';
import { configOf, testContext } from './fixtures/test-destination.ts';
import { postgres } from './postgres.ts';

// What people hang on a table: it survives, or it is named before anything is changed. No row is lost by it, none doubled.

/** As a user with the rights of the guide, who is no superuser. */
async function warehouse(config: JsonObject = {}) {
  const { url, query } = await testDatabase();
  const user = `loader_${crypto.randomUUID().slice(0, 8)}`;
  await query(`create role ${user} login password 'secret'; grant usage, create on schema public to ${user};
    create schema _weir authorization ${user}`);
  onTestFinished(async () => {
    await query(`drop owned by ${user} cascade; drop role ${user}`);
  });
  let fence = 0;
  const sync = async (stream: TargetStream, records: JsonObject[]) => {
    fence++;
    const destination = postgres.open(testContext(), {
      ...{ ...configOf(url), username: user, password: 'secret', ...config },
    });
    try {
      const stage = await (await destination.begin(attemptOf(fence, fence))).stage(stream);
      await load(stage, records, { done: fence });
      return await stage.publish({ complete: true });
    } finally {
      await destination.close();
    }
  };
  const names = async (table = 'customers') =>
    (await query<{ name: string }>(`select name from ${table} order by id, name`)).map(({ name }) => name);
  return { url, query, sync, names, user };
}

const SILENT = 'returns trigger language plpgsql as $$ begin return null; end $$';

describe('a full refresh', () => {
  test.each([
    ['a rule', 'create rule keep as on delete to customers do instead nothing'],
    [
      'a trigger',
      `create function keep() ${SILENT}; create trigger keep before delete on customers for each row execute function keep()`,
    ],
  ])('doubles no rows where %s keeps some from being deleted', async (_, sql) => {
    const { query, sync, names } = await warehouse();
    for (const mode of ['overwrite', 'overwrite_dedup'] as const) {
      await sync(customers(mode), [customer(1), customer(2)]);
      await query(sql);
      await expect(sync(customers(mode), [customer(2)])).rejects.toMatchObject({ code: 'rows_kept' });
      expect(await names()).toEqual(['c1', 'c2']);
      await query('drop table customers cascade; drop function if exists keep');
    }
  });

  test('doubles no rows that a policy hides from the table’s owner too; appending goes on', async () => {
    const { query, sync, names } = await warehouse();
    await sync(customers('overwrite'), [customer(1), customer(2)]);
    await query(`alter table customers enable row level security; alter table customers force row level security;
      create policy part on customers using (id <> 1) with check (true)`);
    for (const mode of ['overwrite', 'append_dedup'] as const)
      await expect(sync(customers(mode), [customer(2)])).rejects.toMatchObject({
        code: 'rows_hidden',
        hint: expect.stringContaining('no force row level security'),
      });
    expect(await names()).toEqual(['c1', 'c2']);
    await sync(customers('append'), [customer(3)]);
    expect(await names()).toEqual(['c1', 'c2', 'c3']);
  });

  test('goes on where no policy hides a row of the table: one that shows all, and those of tables that triggers look at', async () => {
    const { query, sync, names, user } = await warehouse();
    await sync(customers('overwrite'), [customer(1), customer(2)]);
    await query(`create table audit (id bigint); alter table audit enable row level security;
      grant select, insert on audit to ${user}; create policy mine on audit to ${user} using (id > 0);
      insert into audit values (-1);
      create function note() returns trigger language plpgsql as
        $$ begin if exists (select from audit where id < 0) then return null; end if; insert into audit values (new.id); return new; end $$;
      create trigger note before insert on customers for each row execute function note()`);
    await sync(customers('overwrite'), [customer(2)]);
    await query(`alter table customers enable row level security; alter table customers force row level security;
      create policy loads on customers to ${user} using (true)`);
    for (const mode of ['overwrite', 'append_dedup'] as const) await sync(customers(mode), [customer(2), customer(3)]);
    expect(await names()).toEqual(['c2', 'c3']);
    await query('create policy part on customers as restrictive using (id <> 2)');
    await expect(sync(customers('overwrite'), [customer(2)])).rejects.toMatchObject({ code: 'rows_hidden' });
  });

  test.each(['cascade', 'set null', 'set default'])(
    'empties no table whose foreign key says on delete %s; one that is checked at the end goes',
    async (action) => {
      const { query, sync, names } = await warehouse();
      await sync(customers('overwrite_dedup'), [customer(1), customer(2)]);
      await query(`alter table customers add constraint once unique (id);
        create table notes (id bigint constraint noted references customers (id) on delete ${action});
        insert into notes values (1)`);
      await expect(sync(customers('overwrite_dedup'), [customer(1)])).rejects.toMatchObject({
        code: 'rows_referenced',
        message: expect.stringContaining(`notes: its foreign key noted says on delete ${action}`),
      });
      expect(await names()).toEqual(['c1', 'c2']);
      await query(`alter table notes drop constraint noted;
        alter table notes add constraint noted foreign key (id) references customers (id) deferrable initially deferred`);
      await sync(customers('overwrite_dedup'), [customer(1, 2, 'new')]);
      expect(await names()).toEqual(['new']);
      expect(await query('select id::int from notes')).toEqual([{ id: 1 }]);
    },
  );

  test('is told so before anything is read, and once more at its publish', async () => {
    const { url, query, sync, names } = await warehouse();
    const destination = postgres.open(testContext(), configOf(url));
    onTestFinished(() => destination.close());
    await sync(customers('overwrite_dedup'), [customer(1)]);
    const open = async (fence: number) =>
      (await destination.begin(attemptOf(fence, fence))).stage(customers('overwrite_dedup'));
    const reading = await open(2);
    await load(reading, [customer(2)], null);
    await query('create table visits (customer bigint references customers (id) on delete cascade)');
    await expect(reading.publish({ complete: true })).rejects.toMatchObject({ code: 'rows_referenced' });
    await expect(open(3)).rejects.toMatchObject({
      code: 'rows_referenced',
      message: expect.stringContaining('visits'),
    });
    expect(await names()).toEqual(['c1']);
  });

  test.each(['overwrite', 'append_dedup'] as const)(
    'goes on where a child’s rows go with those of their own stream by a foreign key, as they come again with them: %s',
    async (mode) => {
      const { query, sync } = await warehouse({ layout: 'basic' });
      const rows = [{ ...customer(1), lines: [{ sku: 'a' }] }];
      await sync(customers(mode), rows);
      await query(`alter table customers add constraint once unique (_airbyte_customers_hashid);
        alter table customers_lines add foreign key (_airbyte_customers_hashid)
          references customers (_airbyte_customers_hashid) on delete cascade`);
      await sync(customers(mode), rows);
      expect(await query('select sku from customers_lines')).toEqual([{ sku: 'a' }]);
    },
  );

  test('takes no rows of a table that inherits', async () => {
    const { query, sync, names } = await warehouse();
    await sync(customers('overwrite'), [customer(1)]);
    await query(`create table archive () inherits (customers);
      insert into archive (id, name, _airbyte_raw_id, _airbyte_extracted_at, _airbyte_meta) values (9, 'old', '', now(), '{}')`);
    await expect(sync(customers('overwrite'), [customer(2)])).rejects.toMatchObject({
      code: 'table_inherited',
      message: expect.stringContaining('archive'),
    });
    expect(await names('archive')).toEqual(['old']);
  });

  test('goes into a hypertable, whose chunks inherit and are its own rows', async () => {
    const { query, sync, names } = await warehouse();
    await sync(customers('overwrite'), [customer(1)]);
    // As TimescaleDB keeps them.
    await query(
      `create schema _timescaledb_internal; create table _timescaledb_internal.chunk () inherits (customers)`,
    );
    await sync(customers('overwrite'), [customer(2)]);
    expect(await names()).toEqual(['c2']);
  });

  test('that marks what vanished waits for no reader', async () => {
    const { url, sync } = await warehouse();
    const marking = customers('overwrite_dedup', { softDelete: true });
    await sync(marking, [customer(1), customer(2)]);
    await sync(marking, [customer(1), customer(2)]);
    const reader = new pg.Client({ connectionString: url });
    await reader.connect();
    await reader.query('begin; select * from customers');
    await sync(marking, [customer(1)]);
    await reader.end();
  });
});

describe('a merge by key', () => {
  test.each(['insert', 'update'])('fails where a trigger lets rows go at %s and says nothing', async (event) => {
    const { query, sync, names } = await warehouse();
    await sync(customers('append_dedup'), [customer(1, 5)]);
    await query(
      `create function even() ${SILENT}; create trigger even before ${event} on customers for each row execute function even()`,
    );
    await expect(sync(customers('append_dedup'), [customer(1, 6, 'new'), customer(2)])).rejects.toMatchObject({
      code: 'rows_left_out',
    });
    expect(await names()).toEqual(['c1']);
  });

  test('that brings older rows only is none of those', async () => {
    const { query, sync, names } = await warehouse();
    await sync(customers('append_dedup'), [customer(1, 5)]);
    await query(`create function same() returns trigger language plpgsql as $$ begin return new; end $$;
      create trigger same before insert or update on customers for each row execute function same()`);
    await sync(customers('append_dedup'), [customer(1, 4, 'late'), customer(1, 3, 'later')]);
    await sync(customers('append_dedup'), [{ ...customer(1, 6, 'without a cursor'), updated_at: null }]);
    expect(await names()).toEqual(['c1']);
  });

  test('goes into a table that somebody partitioned by its key, and takes from each partition its own doubles only', async () => {
    const { query, sync, names, user } = await warehouse();
    await sync(customers('append'), [customer(1)]);
    await query(`alter table customers rename to before;
      create table customers (like before including defaults) partition by list (id);
      create table ones partition of customers for values in (1); create table others partition of customers default;
      alter table customers owner to ${user}; alter table ones owner to ${user}; alter table others owner to ${user}`);
    await sync(customers('append'), [customer(1, 1, 'old'), customer(2), customer(1, 2, 'one'), customer(3)]);
    expect(await sync(customers('append_dedup'), [customer(3, 2, 'three'), customer(4)])).toMatchObject({
      ...{ inserted: 1, updated: 1 },
    });
    expect(await names()).toEqual(['one', 'c2', 'three', 'c4']);
  });

  test('makes its index anew where the table was put out of the way with the old one', async () => {
    const { query, sync, names } = await warehouse();
    await sync(customers('append_dedup'), [customer(1)]);
    await query('alter table customers rename to before');
    await sync(customers('append_dedup'), [customer(1), customer(2)]);
    await sync(customers('append_dedup'), [customer(2, 2, 'new')]);
    expect(await names()).toEqual(['c1', 'new']);
    expect(
      await query(`select indisunique from pg_index where indrelid = 'before'::regclass and indisunique`),
    ).toHaveLength(1);
  });

  test('leaves none of its indexes behind where the key changes, such as one that was being made again', async () => {
    const { query, sync, names } = await warehouse();
    await sync(customers('append_dedup'), [customer(1)]);
    await query(`create unique index weir_key_0_ccnew on customers (id)`);
    const byRegion = customers('append_dedup', { primaryKey: [['id'], ['region']] });
    const rows = ['eu', 'us'].map((region) => ({ ...customer(1, 1, region), region }));
    await sync(byRegion, rows);
    expect((await names()).toSorted()).toEqual(['c1', 'eu', 'us']);
  });

  test('names the table’s rules, which do not go with it', async () => {
    const { query, sync } = await warehouse();
    await sync(customers('append_dedup'), [customer(1)]);
    await query('create rule noting as on insert to customers do also select 1');
    await expect(sync(customers('append_dedup'), [customer(2)])).rejects.toMatchObject({ code: 'table_has_rules' });
  });
});

test.each([
  ['a generated column', `city varchar generated always as ('x') stored`, { city: 'y' }],
  ['a column that counts itself', 'city bigint generated always as identity', { city: 5 }],
])('%s is no place for a new field, and named', async (_, column, more) => {
  const { query, sync } = await warehouse();
  await sync(customers('append'), [customer(1)]);
  await query(`alter table customers add column ${column}`);
  await sync(customers('append'), [customer(2)]);
  await expect(sync(customers('append'), [{ ...customer(3), ...more }])).rejects.toMatchObject({
    code: 'column_taken',
    message: expect.stringContaining('generated always'),
  });
});

test('children and raw rows that a trigger lets go fail the load too', async () => {
  const { query, sync } = await warehouse({ layout: 'basic' });
  const rows = [{ ...customer(1), lines: [{ sku: 'a' }] }];
  await sync(customers('append'), rows);
  await query(`create function gone() ${SILENT}`);
  for (const table of ['_airbyte_raw_customers', 'customers_lines']) {
    await query(`create trigger gone before insert on ${table} for each row execute function gone()`);
    await expect(sync(customers('append'), rows)).rejects.toMatchObject({
      code: 'rows_left_out',
      message: expect.stringContaining(table),
    });
    await query(`drop trigger gone on ${table}`);
  }
});
