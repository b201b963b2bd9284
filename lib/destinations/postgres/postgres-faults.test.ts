import { describe, expect, test } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import { testDatabase } from '#tests/harness/database.ts';
import type { Stage, TargetStream } from '../destination.ts';
import { at, attemptOf, customer, customers, load } from '../fixtures/customers.ts';
import { cuttingProxy } from './fixtures/cutting-proxy.ts';
import { configOf, testContext } from './fixtures/test-destination.ts';
import { syncRecords, withLoad } from './fixtures/with-load.ts';
import { postgres } from './postgres.ts';
import { readPostgresError } from './postgres-errors.ts';

describe('what check says', () => {
  const checkOf = async (config: JsonObject) => {
    const destination = postgres.open(testContext(), config);
    return destination.check().finally(() => destination.close());
  };

  test('wrong password', async () => {
    const { url } = await testDatabase();
    const refused = checkOf({ ...configOf(url), password: 'wrong' });
    await expect(refused).rejects.toMatchObject({ kind: 'config', code: 'wrong_password' });
  });

  test('no password where one is asked for', () => {
    const thrown = new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string');
    expect(readPostgresError(thrown, 'connecting to db:5432')).toMatchObject({
      kind: 'config',
      message: 'The server asks for a password, and the destination has none (connecting to db:5432).',
    });
  });

  test('no server there', async () => {
    const refused = checkOf({ ...configOf('postgres://a:b@127.0.0.1:1/c') });
    await expect(refused).rejects.toMatchObject({ kind: 'transient', code: 'destination_unreachable' });
  });

  test('missing database', async () => {
    const { url } = await testDatabase();
    const refused = checkOf({ ...configOf(url), database: 'nowhere' });
    await expect(refused).rejects.toMatchObject({ kind: 'config', code: 'missing_database' });
  });

  test('missing rights', async () => {
    const { url, query } = await testDatabase();
    const user = `reader_${process.pid}_${Date.now()}`;
    await query(`create role ${user} login password 'secret'`);
    const refused = checkOf({ ...configOf(url), username: user, password: 'secret' });
    await expect(refused).rejects.toMatchObject({
      kind: 'config',
      code: 'missing_rights',
      hint: expect.stringContaining('CREATE'),
    });
    await query(`drop role ${user}`);
  });

  test('a server that is older than those that Weir is tried against', async () => {
    const { url, query } = await testDatabase();
    // A setting's name is looked for in the user's own schema first, so that the server seems to be of another version.
    const user = `loader_${crypto.randomUUID().slice(0, 8)}`;
    await query(`create role ${user} login password 'secret'; create schema old;
      create function old.current_setting(text) returns text language sql as $$ select '130023' $$;
      grant usage on schema old to ${user}; alter role ${user} set search_path = old, pg_catalog`);
    const refused = checkOf({ ...configOf(url), username: user, password: 'secret' });
    await expect(refused).rejects.toMatchObject({
      ...{ kind: 'config', code: 'server_too_old' },
      message: 'The server is Postgres 13.23, and Weir needs 14 or newer.',
    });
    await query(`drop owned by ${user}; drop role ${user}`);
  });

  test('an address that the guard refuses', async () => {
    const guard = () =>
      Promise.reject(Object.assign(new Error('no'), { name: 'WeirError', kind: 'config', code: 'address_refused' }));
    const destination = postgres.open({ ...testContext(), guard }, configOf('postgres://a:b@10.0.0.1:5432/c'));
    await expect(destination.check()).rejects.toMatchObject({ code: 'address_refused' });
  });

  test('every problem of a config at once', () => {
    expect(() => postgres.open(testContext(), { port: 'x' })).toThrow(
      /host is missing.*database is missing.*username is missing/s,
    );
  });
});

describe('the least rights', () => {
  test.each([
    ['CREATE on the database', (user: string, database: string) => `grant create on database ${database} to ${user}`],
    [
      'its own schemas only',
      (user: string) => `create schema _weir authorization ${user}; create schema shop authorization ${user}`,
    ],
  ])('%s: check passes and a sync goes through', async (_name, grant) => {
    const { url, query } = await testDatabase();
    const user = `loader_${process.pid}_${Date.now()}`;
    await query(`create role ${user} login password 'secret'`);
    await query(grant(user, new URL(url).pathname.slice(1)));
    const config = { ...configOf(url), username: user, password: 'secret', schema: 'shop', layout: 'basic' };
    const destination = postgres.open(testContext(), config);
    expect(await destination.check()).toMatchObject({ ok: true });
    const stage = await (await destination.begin(attemptOf(1))).stage(customers('append_dedup'));
    await load(stage, [customer(1)], { cursor: at(1) });
    await stage.publish({ complete: true });
    await destination.close();
    expect(await query('select id from shop.customers')).toEqual([{ id: '1' }]);
    await query(`drop owned by ${user} cascade; drop role ${user}`);
  });
});

describe('a connection that is lost at the commit', () => {
  test('after COMMIT was sent: the publish is found and not repeated', async () => {
    const { url, query } = await testDatabase();
    const proxy = await cuttingProxy(url);
    await withLoad(proxy.url, 1, async (run) => {
      const stage = await run.stage(customers('append'));
      await load(stage, [customer(1), customer(2)], { cursor: at(1) });
      proxy.cutAfterCommit();
      expect(await stage.publish({ complete: true })).toMatchObject({ inserted: 2 });
    });
    expect(await query('select id from customers order by id')).toEqual([{ id: '1' }, { id: '2' }]);
  });

  test('before COMMIT arrived: the publish fails, and the next attempt makes it', async () => {
    const { url, query } = await testDatabase();
    const proxy = await cuttingProxy(url);
    const publishing = withLoad(proxy.url, 1, async (run) => {
      const stage = await run.stage(customers('append'));
      await load(stage, [customer(1)], { cursor: at(1) });
      proxy.cutBeforeCommit();
      await stage.publish({ complete: true });
    });
    await expect(publishing).rejects.toMatchObject({ kind: 'transient', code: 'connection_lost' });
    expect(await query(`select to_regclass('customers') as table`)).toEqual([{ table: null }]);
    await syncRecords(url, 2, customers('append'), [customer(1)]);
    expect(await query('select id from customers')).toEqual([{ id: '1' }]);
  });
});

describe('what others have in the database', () => {
  test('a table that Weir did not make is left alone', async () => {
    const { url, query } = await testDatabase();
    await query(`create table customers (precious text); insert into customers values ('data')`);
    await expect(syncRecords(url, 1, customers('overwrite'), [customer(1)])).rejects.toMatchObject({
      kind: 'config',
      code: 'table_not_ours',
    });
    expect(await query('select * from customers')).toEqual([{ precious: 'data' }]);
  });

  test('views and grants survive an overwrite', async () => {
    const { url, query } = await testDatabase();
    await syncRecords(url, 1, customers('overwrite'), [customer(1)]);
    await query('create view names as select name from customers; grant select on customers to public');
    await syncRecords(url, 2, { ...customers('overwrite'), generation: 2 }, [customer(2)]);
    expect(await query('select * from names')).toEqual([{ name: 'c2' }]);
    const grants = await query(
      `select 1 from information_schema.role_table_grants where table_name = 'customers' and grantee = 'PUBLIC'`,
    );
    expect(grants).toHaveLength(1);
  });

  test('a reader in the middle of an overwrite sees the old rows, whole, and is not kept waiting', async () => {
    const { url, query, db } = await testDatabase();
    await syncRecords(url, 1, customers('overwrite'), [customer(1), customer(2)]);
    await db.connection().execute(async (reader) => {
      const count = async () =>
        (
          await reader
            .selectFrom('customers' as never)
            .select((e) => e.fn.countAll().as('n'))
            .execute()
        )[0];
      const { sql } = await import('kysely');
      await sql`begin isolation level repeatable read`.execute(reader);
      expect(Number(((await count()) as { n: unknown }).n)).toBe(2);
      await syncRecords(url, 2, { ...customers('overwrite'), generation: 2 }, [customer(3)]);
      expect(Number(((await count()) as { n: unknown }).n)).toBe(2);
      await sql`commit`.execute(reader);
    });
    expect(await query('select id from customers')).toEqual([{ id: '3' }]);
  });

  test('a table dropped between syncs is read anew; one dropped during a sync fails it by name', async () => {
    const { url, query } = await testDatabase();
    await syncRecords(url, 1, customers('append_dedup'), [customer(1)]);
    const during = withLoad(url, 2, async (run) => {
      const stage: Stage = await run.stage(customers('append_dedup'));
      await load(stage, [customer(2)], { cursor: at(2) });
      await query('drop table customers');
      await stage.publish({ complete: true });
    });
    await expect(during).rejects.toMatchObject({
      code: 'table_missing',
      message: expect.stringContaining('customers'),
    });
    const published = await withLoad(url, 3, (run) => run.published(customers('append_dedup')));
    expect(published.state).toBeNull();
  });

  describe('another connection replaces the table of one that adds to it', () => {
    const added = { ...customers('append_dedup'), syncMode: 'incremental' as const };
    const replace = async (url: string) => {
      const destination = postgres.open(testContext(), configOf(url));
      const run = await destination.begin({ ...attemptOf(1), connectionId: 'c0ffee00-0000-4000-8000-000000000002' });
      const stage = await run.stage({ ...customers('overwrite'), generation: 2 });
      await load(stage, [customer(9)], null);
      await stage.publish({ complete: true });
      await destination.close();
    };
    /** Customers 1 and 2 are there up to a state, and 3 comes; it is replaced before the step of that name. */
    const replacedBefore = async (step: 'stage' | 'publish') => {
      const { url, query } = await testDatabase();
      await syncRecords(url, 1, added, [customer(1), customer(2)]);
      const during = withLoad(url, 2, async (run) => {
        const { state } = await run.published(added);
        expect(state).not.toBeNull();
        if (step === 'stage') await replace(url);
        const stage = await run.stage(added);
        await load(stage, [customer(3)], { cursor: at(2) });
        if (step === 'publish') await replace(url);
        await stage.publish({ complete: true });
      });
      await expect(during).rejects.toMatchObject({ kind: 'transient', code: 'table_replaced' });
      // The next attempt has no state to go on from, and brings all of them.
      const { state } = await withLoad(url, 3, (run) => run.published(added));
      expect(state).toBeNull();
      await syncRecords(url, 4, added, [customer(1), customer(2), customer(3)]);
      expect(await query('select id::int from customers order by 1')).toEqual([1, 2, 3, 9].map((id) => ({ id })));
    };

    test('while it stages: its rows would be gone, and its state go on', () => replacedBefore('publish'));

    test('after it has asked for its state', () => replacedBefore('stage'));
  });

  test.each(['append_dedup', 'overwrite_dedup'] as const)(
    '%s: the index over the key is made again when somebody has dropped it, or its column',
    async (mode) => {
      const { url, query } = await testDatabase();
      await syncRecords(url, 1, customers(mode), [customer(1)]);
      const [index] = await query<{ name: string }>(
        "select indexname as name from pg_indexes where indexname like 'weir_key_%'",
      );
      await query(`drop index ${index?.name}; insert into customers select * from customers`);
      await syncRecords(url, 2, customers(mode), [customer(1, 2, 'new'), customer(2)]);
      expect(await query('select id::int, name from customers order by id')).toEqual([
        { id: 1, name: 'new' },
        { id: 2, name: 'c2' },
      ]);
      await query('alter table customers drop column id');
      await syncRecords(url, 3, customers(mode), [customer(3), customer(3)]);
      expect(await query('select id::int from customers where id is not null')).toEqual([{ id: 3 }]);
    },
  );

  test('a column whose type was changed by hand is named', async () => {
    const { url, query } = await testDatabase();
    await syncRecords(url, 1, customers('append'), [customer(1)]);
    await query('alter table customers alter column id type text');
    await expect(syncRecords(url, 2, customers('append'), [customer(2)])).rejects.toMatchObject({
      code: 'column_changed',
      message: expect.stringContaining('"id"'),
    });
  });
});

describe('columns', () => {
  test('come, widen and keep what is there', async () => {
    const { url, query } = await testDatabase();
    await syncRecords(url, 1, customers('append'), [{ id: 1, points: 1 }]);
    await syncRecords(url, 2, customers('append'), [{ id: 2n ** 70n, points: 'many', ctid: 7, Points: 2 }]);
    const types = await query(
      `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
       where attrelid = 'customers'::regclass and attnum > 0 and not attisdropped and attname !~ '^_airbyte' order by attnum`,
    );
    expect(types).toMatchObject([
      { name: 'id', type: 'numeric' },
      { name: 'name', type: 'character varying' },
      { name: 'updated_at', type: 'timestamp with time zone' },
      { name: 'points', type: 'character varying' },
      { name: expect.stringMatching(/^ctid_[0-9a-f]{8}$/), type: 'bigint' },
      { name: expect.stringMatching(/^Points_[0-9a-f]{8}$/), type: 'bigint' },
    ]);
    expect(await query('select id, points from customers order by id')).toEqual([
      { id: '1', points: '1' },
      { id: '1180591620717411303424', points: 'many' },
    ]);
  });

  test('meta tells what was changed in a row', async () => {
    const { url, query } = await testDatabase();
    await syncRecords(url, 1, customers('append'), [{ id: 'x', name: 'a\u0000b', updated_at: '2026-02-30' }]);
    const [row] = await query<{ meta: JsonObject }>('select _airbyte_meta as meta from customers');
    expect(row?.meta).toEqual({
      sync_id: 1,
      changes: [
        { field: 'id', change: 'NULLED', reason: 'DESTINATION_TYPECAST_ERROR' },
        { field: 'name', change: 'TRUNCATED', reason: 'DESTINATION_SERIALIZATION_ERROR' },
        { field: 'updated_at', change: 'NULLED', reason: 'DESTINATION_TYPECAST_ERROR' },
      ],
    });
  });

  test('a row that only the database refuses goes to quarantine, and the counts still add up', async () => {
    const { url, query } = await testDatabase();
    const saved = await withLoad(url, 1, async (run) => {
      const stage = await run.stage(customers('append'));
      const records = [
        customer(1),
        { ...customer(2), deep: { number: '1' } },
        { ...customer(3), deep: JSON.parse('{"n":1}') },
      ];
      await stage.write({ slice: 's', page: 1, records });
      const { ExactNumber } = await import('#lib/json.ts');
      await stage.write({
        slice: 's',
        page: 2,
        records: [{ ...customer(4), deep: { n: new ExactNumber('1e999999') } }],
      });
      const counts = await stage.checkpoint({
        state: null,
        openSlices: [],
        counts: { read: 4, filtered: 0, quarantined: 0, written: 0, bytes: 0 },
      });
      await stage.publish({ complete: true });
      return counts;
    });
    expect(saved).toMatchObject({ read: 4, written: 3, quarantined: 1 });
    expect(await query('select page, row, code from _weir.quarantine')).toEqual([
      { page: 2, row: 1, code: 'refused_by_database' },
    ]);
  });

  test('it fails the stream where the connection says so, and so do too many of them, with page and row', async () => {
    const { url } = await testDatabase();
    const { ExactNumber } = await import('#lib/json.ts');
    const tooLarge = (id: number) => ({ ...customer(id), deep: { n: new ExactNumber('1e999999') } });
    const loaded = (more: Partial<TargetStream>, records: JsonObject[]) =>
      withLoad(url, 1, async (run) => {
        const stage = await run.stage(customers('append', more));
        await stage.write({ slice: 's', page: 1, records: [customer(1)] });
        await stage.write({ slice: 's', page: 2, records });
        const counts = { read: records.length + 1, filtered: 0, quarantined: 0, written: 0, bytes: 0 };
        await stage.checkpoint({ state: null, openSlices: [], counts });
      });
    await expect(loaded({ badValues: 'fail' }, [customer(2), tooLarge(3)])).rejects.toMatchObject({
      code: 'row_refused',
      where: { stream: 'customers', slice: 's', page: 2, row: 2 },
    });
    const many = Array.from({ length: 102 }, (_, index) => tooLarge(index + 2));
    await expect(loaded({}, many)).rejects.toMatchObject({ where: { slice: 's', page: 2, row: 101 } });
  });

  test('two streams whose names come to the same get tables of their own', async () => {
    const { url, query } = await testDatabase();
    await syncRecords(url, 1, customers('append', { table: 'é-mails' }), [customer(1)]);
    await syncRecords(url, 2, customers('append', { table: 'e mails' }), [customer(2)]);
    const tables = await query(`select name, table_name from _weir.relation order by table_name`);
    expect(tables).toEqual([
      { name: 'é-mails', table_name: 'e_mails' },
      { name: 'e mails', table_name: expect.stringMatching(/^e_mails_[0-9a-f]{8}$/) },
    ]);
  });
});
