import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ConfiguredStream } from '#lib/catalog.ts';
import { type JsonObject, parseJson } from '#lib/json.ts';
import { testDatabase } from '#tests/harness/database.ts';
import type { Counts, Published, TargetStream } from '../../destination.ts';
import { attemptOf, load } from '../../fixtures/customers.ts';
import { configOf, testContext } from '../fixtures/test-destination.ts';
import { postgres } from '../postgres.ts';

/** As the owner describes it. */
const ACME: JsonObject = {
  id: 1,
  name: 'Acme Corp',
  contact: { email: 'info@acme.com', phone: '+1234567890' },
  addresses: [
    { type: 'billing', city: 'New York' },
    { type: 'shipping', city: 'Boston' },
  ],
};
const BOLT: JsonObject = { id: 2, name: 'Bolt', contact: { email: 'hi@bolt.io' }, addresses: [] };
const DAY = 24 * 3_600_000;

function stream(
  table: string,
  mode: TargetStream['destinationSyncMode'],
  more: Partial<TargetStream> = {},
): TargetStream {
  const configured: ConfiguredStream = {
    stream: {
      name: table,
      jsonSchema: {},
      supportedSyncModes: ['full_refresh', 'incremental'],
      sourceDefinedCursor: false,
      defaultCursorField: [],
      sourceDefinedPrimaryKey: [],
    },
    syncMode: mode.startsWith('append') ? 'incremental' : 'full_refresh',
    destinationSyncMode: mode,
    cursorField: [],
    primaryKey: [['id']],
  };
  return { ...configured, namespace: '', table, generation: 1, emittedAt: new Date('2026-11-24T12:00:00Z'), ...more };
}

async function warehouse(layout: string) {
  const { url, query } = await testDatabase();
  let syncs = 0;
  const sync = async (of: TargetStream, records: JsonObject[]): Promise<{ counts: Counts; published: Published }> => {
    syncs++;
    const destination = postgres.open(testContext(), { ...configOf(url), layout });
    try {
      const emittedAt = new Date(Date.parse('2026-11-24T12:00:00Z') + syncs * DAY);
      const stage = await (await destination.begin(attemptOf(syncs, syncs))).stage({
        ...of,
        emittedAt,
        generation: syncs,
      });
      const counts = await load(stage, records, { day: syncs });
      return { counts, published: await stage.publish({ complete: true }) };
    } finally {
      await destination.close();
    }
  };
  const columnsOf = async (table: string) => {
    const rows = await query<{ name: string }>(
      `select column_name as name from information_schema.columns where table_schema = 'public' and table_name = $1 order by 1`,
      [table],
    );
    return rows.map(({ name }) => name);
  };
  return { sync, query, columnsOf };
}

describe('basic normalization', () => {
  test('the owner’s record becomes the owner’s tables', async () => {
    const { sync, query, columnsOf } = await warehouse('basic');
    await sync(stream('customers', 'overwrite'), [ACME]);
    expect(await query('select id, name, contact_email, contact_phone from customers')).toEqual([
      { id: '1', name: 'Acme Corp', contact_email: 'info@acme.com', contact_phone: '+1234567890' },
    ]);
    expect(await columnsOf('customers')).toEqual(
      [
        ...['id', 'name', 'contact_email', 'contact_phone'],
        ...['_airbyte_ab_id', '_airbyte_emitted_at', '_airbyte_normalized_at', '_airbyte_customers_hashid'],
      ].toSorted(),
    );
    expect(
      await query(
        `select a.type, a.city from customers c join customers_addresses a using (_airbyte_customers_hashid) order by type`,
      ),
    ).toEqual([
      { type: 'billing', city: 'New York' },
      { type: 'shipping', city: 'Boston' },
    ]);
    expect(await columnsOf('_airbyte_raw_customers')).toEqual([
      '_airbyte_ab_id',
      '_airbyte_data',
      '_airbyte_emitted_at',
    ]);
  });

  test('the owner’s dbt model reads the raw table', async () => {
    const { sync, query } = await warehouse('basic');
    await sync(stream('customers', 'append'), [ACME]);
    const model = `select (_airbyte_data->>'id')::int as id, _airbyte_data->'contact'->>'email' as email from _airbyte_raw_customers`;
    expect(await query(model)).toEqual([{ id: 1, email: 'info@acme.com' }]);
  });

  test('models that take the newest emitted instant find the whole last sync, and nothing else', async () => {
    const { sync, query } = await warehouse('basic');
    const users = stream('ml_users', 'append');
    await sync(users, [{ id: 1 }, { id: 2 }]);
    await sync(users, [{ id: 2 }, { id: 3 }]);
    const newest = `select id from ml_users where _airbyte_emitted_at = (select max(_airbyte_emitted_at) from ml_users) order by id`;
    expect(await query(newest)).toEqual([{ id: '2' }, { id: '3' }]);
  });

  test('the view of the guide gives the versions of each row, as _scd tables did', async () => {
    const guide = readFileSync(path.resolve('docs/postgres.md'), 'utf8');
    const [, view = ''] = /```sql\n(create view customers_scd[\s\S]*?)```/.exec(guide) ?? [];
    const { sync, query } = await warehouse('basic');
    const customers = stream('customers', 'append_dedup', { cursorField: ['updated_at'] });
    const acme = (name: string, day: number) => ({ id: 1, name, updated_at: `2026-01-0${day}` });
    await sync(customers, [acme('Acme', 1), { id: 2, name: 'Bolt', updated_at: '2026-01-01' }]);
    await sync(customers, [acme('Acme Corp', 3)]);
    await query(view);
    const columns = 'id, name, _airbyte_start_at as starts, _airbyte_end_at as ends, _airbyte_active_row as active';
    expect(await query(`select ${columns} from customers_scd order by id, starts`)).toEqual([
      { id: '1', name: 'Acme', starts: '2026-01-01', ends: '2026-01-03', active: 0 },
      { id: '1', name: 'Acme Corp', starts: '2026-01-03', ends: null, active: 1 },
      { id: '2', name: 'Bolt', starts: '2026-01-01', ends: null, active: 1 },
    ]);
  });

  test('a row that is replaced takes its children with it; the raw table keeps both', async () => {
    const { sync, query } = await warehouse('basic');
    const customers = stream('customers', 'append_dedup');
    await sync(customers, [ACME, BOLT]);
    const moved = { ...ACME, addresses: [{ type: 'billing', city: 'Oslo' }] };
    const { published } = await sync(customers, [
      moved,
      { ...BOLT, addresses: [{ type: 'home', city: 'Bergen' }] },
      { id: 3, name: 'New' },
    ]);
    expect(published).toMatchObject({ inserted: 1, updated: 2 });
    expect(await query('select city from customers_addresses order by 1')).toEqual([
      { city: 'Bergen' },
      { city: 'Oslo' },
    ]);
    expect(await query('select count(*)::int as rows from customers')).toEqual([{ rows: 3 }]);
    expect(await query('select count(*)::int as rows from _airbyte_raw_customers')).toEqual([{ rows: 5 }]);
  });

  test('of the same key twice in one load only the newer one’s children are there', async () => {
    const { sync, query } = await warehouse('basic');
    const orders = stream('orders', 'append_dedup', { cursorField: ['at'] });
    const order = (at: string, sku: string) => ({ id: 1, at, lines: [{ sku }] });
    await sync(orders, [order('2026-01-02', 'new'), order('2026-01-01', 'old')]);
    await sync(orders, [order('2025-12-31', 'late')]);
    expect(await query('select sku from orders_lines')).toEqual([{ sku: 'new' }]);
  });

  test('an overwrite leaves nothing of before in any flat table', async () => {
    const { sync, query } = await warehouse('basic');
    await sync(stream('customers', 'overwrite'), [ACME]);
    await sync(stream('customers', 'overwrite'), [BOLT]);
    expect(await query('select name from customers')).toEqual([{ name: 'Bolt' }]);
    expect(await query('select 1 from customers_addresses')).toEqual([]);
    expect(await query('select 1 from _airbyte_raw_customers')).toHaveLength(1);
  });

  test('children have children, and names that come to the same stay apart', async () => {
    const { sync, query } = await warehouse('basic');
    await sync(stream('shops', 'overwrite'), [
      { id: 1, a: { b: 'nested' }, a_b: 'flat', floors: [{ n: 1, rooms: [{ no: 'x' }, { no: 'y' }] }] },
    ]);
    const [row] = await query<Record<string, string>>('select * from shops');
    const texts = Object.entries(row ?? {}).filter(([name]) => name.startsWith('a_b'));
    expect(texts.map(([, value]) => value).toSorted()).toEqual(['flat', 'nested']);
    const rooms = await query(
      `select r.no from shops s join shops_floors f using (_airbyte_shops_hashid)
       join shops_floors_rooms r using (_airbyte_floors_hashid) order by 1`,
    );
    expect(rooms).toEqual([{ no: 'x' }, { no: 'y' }]);
  });

  test('what the schema declares is there before the first record', async () => {
    const { sync, columnsOf } = await warehouse('basic');
    const city = { type: 'object', properties: { city: { type: 'string' } } };
    const declared = stream('customers', 'overwrite');
    const jsonSchema = {
      properties: { id: { type: 'integer' }, contact: city, addresses: { type: 'array', items: city } },
    };
    await sync({ ...declared, stream: { ...declared.stream, jsonSchema } }, []);
    expect(await columnsOf('customers')).toEqual(expect.arrayContaining(['id', 'contact_city']));
    expect(await columnsOf('customers_addresses')).toEqual(
      expect.arrayContaining(['city', '_airbyte_customers_hashid']),
    );
  });

  test('a record that the raw table can’t hold goes to quarantine whole', async () => {
    const { sync, query } = await warehouse('basic');
    const deep = JSON.parse(`${'{"a":'.repeat(1_200)}1${'}'.repeat(1_200)}`) as JsonObject;
    const { counts } = await sync(stream('customers', 'append'), [ACME, { id: 9, deep }]);
    expect(counts).toMatchObject({ read: 2, written: 1, quarantined: 1 });
    expect(await query('select id from customers')).toEqual([{ id: '1' }]);
    expect(await query('select name, code, page, row from _weir.quarantine')).toEqual([
      { name: 'customers', code: 'bad_value', page: 1, row: expect.any(Number) },
    ]);
    const [aside] = await query<{ record: string }>('select record from _weir.quarantine');
    expect(JSON.parse(aside?.record ?? '')).toEqual({ id: 9, deep });
  });

  test('so does one that only the database refuses, as it came', async () => {
    const { sync, query } = await warehouse('basic');
    const huge = parseJson('{"id": 9, "size": 1e140000}') as JsonObject;
    await sync(stream('customers', 'append'), [ACME, huge]);
    const [aside] = await query<{ record: string }>('select record from _weir.quarantine');
    expect(parseJson(aside?.record ?? '')).toEqual(huge);
  });

  test('a nested value that does not fit leaves its row where it belongs', async () => {
    const { sync, query } = await warehouse('basic');
    const of = stream('customers', 'append');
    const properties = {
      id: { type: 'integer' },
      contact: { type: 'object', properties: { age: { type: 'integer' } } },
    };
    const typed = { ...of, stream: { ...of.stream, jsonSchema: { properties } } };
    const records: JsonObject[] = [
      { id: 1, contact: { age: 'old', note: 'a\u0000b' } },
      { id: 2, 'odd\u0000\ud800name': 'a\u0000b' },
    ];
    const { counts } = await sync(typed, records);
    expect(counts).toMatchObject({ written: 2, quarantined: 0 });
    expect(await query('select id::int, contact_age, contact_note from customers order by id')).toEqual([
      { id: 1, contact_age: null, contact_note: 'a\ufffdb' },
      { id: 2, contact_age: null, contact_note: null },
    ]);
  });

  test.each([
    ['says nothing of their fields', { type: 'object' }],
    ['names no fields', { type: 'object', properties: {} }],
  ])(
    'what is new goes by the stream’s rule, nested too; what the schema leaves open is not new: it %s',
    async (_, contact) => {
      const { query, sync } = await warehouse('basic');
      const properties = { id: { type: 'integer' }, contact, addresses: { type: 'array', items: contact } };
      const named = (table: string, newFields: TargetStream['newFields']) => {
        const given = stream(table, 'append');
        return { ...given, newFields, stream: { ...given.stream, jsonSchema: { type: 'object', properties } } };
      };
      await sync(named('customers', 'leave_out'), [{ ...ACME, parts: [{ sku: 'a' }] }]);
      expect(await query('select contact_email from customers')).toEqual([{ contact_email: 'info@acme.com' }]);
      expect(await query('select city from customers_addresses order by city')).toHaveLength(2);
      expect(await query(`select to_regclass('customers_parts') as parts`)).toEqual([{ parts: null }]);
      const { name: _new, ...known } = ACME;
      await sync(named('strict', 'refuse'), [known]);
      await expect(sync(named('strict', 'refuse'), [{ ...known, parts: [{ sku: 'a' }] }])).rejects.toMatchObject({
        code: 'schema_changed',
      });
    },
  );

  test('of a schema without fields all are welcome, lists too', async () => {
    const { query, sync } = await warehouse('basic');
    const given = stream('customers', 'append');
    const open = { ...given.stream, jsonSchema: { type: 'object', properties: {} } };
    await sync({ ...given, newFields: 'refuse', stream: open }, [ACME]);
    expect(await query('select city from customers_addresses order by city')).toHaveLength(2);
  });

  test('only the selected fields come, nested ones and the raw record too', async () => {
    const { sync, query, columnsOf } = await warehouse('basic');
    await sync(stream('customers', 'append', { selectedFields: ['name'] }), [ACME]);
    expect(await query('select _airbyte_data as data from _airbyte_raw_customers')).toEqual([
      { data: { id: 1, name: 'Acme Corp' } },
    ]);
    expect(await columnsOf('customers')).not.toContain('contact_email');
    expect(await columnsOf('customers_addresses')).toEqual([]);
  });
});

describe('raw tables only', () => {
  test('the raw table and nothing else, every record in every mode that appends', async () => {
    const { sync, query, columnsOf } = await warehouse('raw');
    await sync(stream('customers', 'append_dedup'), [ACME]);
    await sync(stream('customers', 'append_dedup'), [ACME]);
    expect(await query(`select (_airbyte_data->>'id')::int as id from _airbyte_raw_customers`)).toEqual([
      { id: 1 },
      { id: 1 },
    ]);
    expect(await columnsOf('customers')).toEqual([]);
    await sync(stream('customers', 'overwrite'), [BOLT]);
    expect(await query(`select _airbyte_data->>'name' as name from _airbyte_raw_customers`)).toEqual([
      { name: 'Bolt' },
    ]);
  });

  test('rows that vanish can’t be marked there: that is refused, and nothing replaced', async () => {
    const { sync, query } = await warehouse('raw');
    await sync(stream('customers', 'overwrite_dedup'), [ACME, BOLT]);
    const marking = stream('customers', 'overwrite_dedup', { softDelete: true });
    await expect(sync(marking, [ACME])).rejects.toMatchObject({ code: 'nothing_to_mark' });
    expect(await query('select 1 from _airbyte_raw_customers')).toHaveLength(2);
  });

  test('numbers keep their digits', async () => {
    const { sync, query } = await warehouse('raw');
    await sync(stream('n', 'append'), [{ id: 12_345_678_901_234_567_890n }]);
    expect(await query(`select _airbyte_data->>'id' as id from _airbyte_raw_n`)).toEqual([
      { id: '12345678901234567890' },
    ]);
  });
});

test('a table that was loaded in another layout is named, and left alone', async () => {
  const { sync, query } = await warehouse('direct');
  await sync(stream('customers', 'append'), [ACME]);
  await query('alter table customers drop column _airbyte_generation_id');
  await expect(sync(stream('customers', 'append'), [ACME])).rejects.toMatchObject({
    code: 'column_changed',
    message: expect.stringContaining('another layout'),
  });
});
