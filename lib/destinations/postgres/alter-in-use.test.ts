import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { testDatabase } from '#tests/harness/database.ts';
import type { TargetStream } from '../destination.ts';
import { attemptOf, customer, customers, load } from '../fixtures/customers.ts';
import { alterInUse } from './alter-in-use.ts';
import { configOf, testContext } from './fixtures/test-destination.ts';
import { postgres } from './postgres.ts';

// A column that has to take a wider type while views look at it.

async function warehouse() {
  const { url, query } = await testDatabase();
  let fence = 0;
  const sync = async (n: unknown, stream: TargetStream = customers('append')) => {
    fence++;
    const destination = postgres.open(testContext(), configOf(url));
    try {
      const stage = await (await destination.begin(attemptOf(fence, fence))).stage(stream);
      await load(stage, [{ ...customer(fence), n: n as number }], { done: fence });
      return await stage.publish({ complete: true });
    } finally {
      await destination.close();
    }
  };
  await sync(1);
  return { query, sync };
}

test('views over it are made again in the same transaction, with all that belongs to them', async () => {
  const { query, sync } = await warehouse();
  const reader = `reader_${Math.random().toString(36).slice(2)}`;
  await query(`create role ${reader}`);
  await query(`create schema reports`);
  await query(
    `create view reports."Numbers" with (security_barrier = true) as select id, n, n as "N again" from customers`,
  );
  await query(
    `create view doubled as select c.id, v.n from reports."Numbers" v join customers c using (id) where v.n is not null`,
  );
  await query(`create view "of doubled" as select * from doubled`);
  await query(`comment on view reports."Numbers" is 'what is''s counted'`);
  await query(
    `grant select on reports."Numbers" to ${reader} with grant option; grant select, update on doubled to public`,
  );
  const facts = `select c.relname as name, c.reloptions as options, c.relacl::text as rights, pg_get_userbyid(c.relowner) as owner,
    obj_description(c.oid) as comment, pg_get_viewdef(c.oid) as definition from pg_class c where c.relkind = 'v'
    and c.relname in ('Numbers', 'doubled', 'of doubled') order by 1`;
  const before = await query(facts);
  const published = await sync('many');
  expect(published.schemaChanges).toMatchObject([{ change: 'column_widened', field: 'n' }]);
  expect(await query(facts)).toEqual(before);
  expect(await query('select n from "of doubled" order by 1')).toEqual([{ n: '1' }, { n: 'many' }]);
  await query(`drop owned by ${reader}; drop role ${reader}`);
});

test('what a statement may take is what it was before', async () => {
  const { url, query } = await testDatabase();
  await query('create table numbers (n bigint); create view them as select n from numbers');
  const client = new pg.Client({ connectionString: url });
  onTestFinished(() => client.end());
  await client.connect();
  await client.query(`begin; set local statement_timeout = '7min'`);
  const table = { schema: 'public', table: 'numbers' };
  await alterInUse(client, table, { statement: 'alter table numbers alter n type numeric', columns: ['n'] });
  expect((await client.query('show statement_timeout')).rows).toEqual([{ statement_timeout: '7min' }]);
});

test('somebody else’s view keeps its owner, and what that one granted to us', async () => {
  const { query, sync } = await warehouse();
  const analyst = `analyst_${Math.random().toString(36).slice(2)}`;
  await query(`create role ${analyst}; alter default privileges grant select on tables to ${analyst}`);
  await query(`create view theirs as select n from customers; alter view theirs owner to ${analyst}`);
  await query(`revoke all on theirs from public; grant select on theirs to current_user`);
  const facts = `select relacl::text as rights, pg_get_userbyid(relowner) as owner from pg_class where relname = 'theirs'`;
  const before = await query(facts);
  await sync('many');
  expect(await query(facts)).toEqual(before);
  await query(`drop owned by ${analyst}; drop role ${analyst}`);
});

test.each([
  ['a view that has no meaning for the wider type', 'create view sums as select sum(n) from customers', 'view sums'],
  [
    'a materialized view that has columns of its own rights',
    'create materialized view kept as select n from customers; grant select (n) on kept to public',
    'view kept',
  ],
  [
    'a view that has a trigger',
    `create view written as select n from customers;
     create function ignore() returns trigger language plpgsql as $$ begin return null; end $$;
     create trigger written instead of insert on written for each row execute function ignore()`,
    'view written',
  ],
  [
    'a view that a function is made of',
    `create view used as select n from customers;
     create function uses() returns bigint language sql begin atomic select count(*) from used; end`,
    'view used',
  ],
])('%s stays, and is named', async (_, sql, named) => {
  const { query, sync } = await warehouse();
  await query(sql);
  await expect(sync('many')).rejects.toMatchObject({ code: 'column_in_use', message: expect.stringContaining(named) });
  expect(await query('select id::int, n::int from customers')).toEqual([{ id: 1, n: 1 }]);
  expect(
    await query(`select 1 from pg_class where relkind in ('v', 'm') and relnamespace = 'public'::regnamespace`),
  ).toHaveLength(1);
});

test('materialized views are filled again, with indexes and all, and views over them', async () => {
  const { query, sync } = await warehouse();
  await query(`create materialized view kept with (fillfactor = 70) as select id, n from customers;
    create unique index by_id on kept (id); create view over_kept as select n from kept;
    comment on materialized view kept is 'for reports'; grant select on kept to public`);
  const facts = `select c.relname as name, c.relkind as kind, c.reloptions as options, c.relacl::text as rights, obj_description(c.oid) as comment
    from pg_class c where c.relname in ('kept', 'over_kept', 'by_id') order by 1`;
  const before = await query(facts);
  await sync('many');
  expect(await query(facts)).toEqual(before);
  expect(await query('select n from over_kept')).toEqual([{ n: '1' }]);
  await query('refresh materialized view concurrently kept');
  expect(await query('select n from over_kept order by 1')).toEqual([{ n: '1' }, { n: 'many' }]);
});

test('policies and triggers that name the column stay as they are', async () => {
  const { query, sync } = await warehouse();
  const reader = `reader_${Math.random().toString(36).slice(2)}`;
  await query(`create role ${reader}; alter table customers enable row level security;
    create policy "all of it" on customers as restrictive for update to ${reader}, public using (n is not null) with check (id > 0);
    create policy one on customers for select using (n is distinct from null); comment on policy one on customers is 'it''s one';
    create function same() returns trigger language plpgsql as $$ begin return new; end $$;
    create trigger "of n" before update of n on customers for each row when (new.n is not null) execute function same();
    create trigger off after insert or update of n on customers for each row execute function same();
    alter table customers disable trigger off; alter table customers enable always trigger "of n"`);
  const facts = `select (select json_agg(p order by policyname) from pg_policies p) as policies,
    (select json_agg(json_build_array(pg_get_triggerdef(oid), tgenabled) order by tgname) from pg_trigger where not tgisinternal) as triggers,
    (select obj_description(oid, 'pg_policy') from pg_policy where polname = 'one') as comment`;
  const before = await query(facts);
  await sync('many');
  // Comparing texts takes a cast, and that is all that changes.
  const [after] = await query(facts);
  expect(JSON.parse(JSON.stringify(after).replaceAll(/::(?:text|character varying)/g, ''))).toEqual(before[0]);
  await query(`drop owned by ${reader}; drop role ${reader}`);
});

test.each([
  ['a constraint', 'alter table customers add constraint positive check (n > 0)', 'constraint positive'],
  ['an index that computes', 'create index twice on customers ((n * 2))', 'index twice'],
  ['an index of some rows', 'create index few on customers (id) where n > 5', 'index few'],
  ['statistics', 'create statistics sums on (n + 1) from customers', 'statistics object sums'],
  [
    'a foreign key',
    `create table kinds (k bigint primary key); insert into kinds values (1);
     alter table customers add constraint kind foreign key (n) references kinds (k)`,
    'constraint kind',
  ],
  ['a table made of its rows', 'create table uses (c customers)', 'uses.c'],
])('%s that means nothing for the wider type is named', async (_, sql, named) => {
  const { query, sync } = await warehouse();
  await query(sql);
  await expect(sync('many')).rejects.toMatchObject({ code: 'column_in_use', message: expect.stringContaining(named) });
  expect(await query('select n::int from customers')).toEqual([{ n: 1 }]);
});

test('what breaks in a function of somebody’s is said to be there', async () => {
  const { query, sync } = await warehouse();
  await query(`create function f() returns trigger language plpgsql as $$ begin if new.n > 1 then return new; end if; return new; end $$;
    create trigger t before insert on customers for each row execute function f()`);
  await expect(sync('many')).rejects.toMatchObject({ message: expect.stringContaining('in PL/pgSQL function f()') });
});
