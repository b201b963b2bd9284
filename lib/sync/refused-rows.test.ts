import { describe, expect, test } from 'vitest';
import type { DestinationSyncMode } from '#lib/catalog.ts';
import type { JsonObject } from '#lib/json.ts';
import { closed, page, type Read, stream } from './fixtures/fake-source.ts';
import { reads, row, warehouse } from './fixtures/warehouse.ts';

type Warehouse = Awaited<ReturnType<typeof warehouse>>;

const items = stream('items', 'incremental', 'append_dedup');
const log = stream('items', 'incremental', 'append');
const list = stream('items', 'full_refresh', 'overwrite');

/** Pages of ten rows with rising ids from `first` on. */
const pages =
  (count: number, change: (id: number) => JsonObject = (id) => row(id), first = 1): Read =>
  () => [
    ...Array.from({ length: count }, (_, at) =>
      page(
        'a',
        at + 1,
        Array.from({ length: 10 }, (_none, index) => change(first + at * 10 + index)),
      ),
    ),
    closed('a', { day: 2 }),
  ];

async function put(query: Warehouse['query']) {
  return query(
    `select slice, page, row, code, reason, record::json->>'id' as id from _weir.quarantine order by page, row`,
  );
}

describe('rows that the published table refuses', () => {
  for (const mode of ['append', 'append_dedup', 'overwrite', 'overwrite_dedup'] as const) {
    test(`${mode}: are put aside with page, row and the reason; the others are published`, async () => {
      const { run, rows, query } = await warehouse();
      const of = stream('items', mode.startsWith('append') ? 'incremental' : 'full_refresh', mode);
      await run(of, reads([row(1000)]));
      await query("alter table items add constraint no_bad_names check (name <> 'bad')");
      const bad = new Set([7, 23, 24, 60]);
      const { counts, failure, published } = await run(
        of,
        pages(6, (id) => row(id, bad.has(id) ? 'bad' : 'good', '2026-01-02')),
      );
      expect(failure).toBeNull();
      expect(counts).toMatchObject({ read: 60, written: 56, quarantined: 4 });
      expect(published).toMatchObject({ inserted: 56 });
      expect((await rows()).filter((one) => one.endsWith('good'))).toHaveLength(56);
      const place = { slice: 'a', code: 'refused_by_database' };
      expect(await put(query)).toMatchObject([
        { ...place, page: 1, row: 7, id: '7', reason: expect.stringContaining('no_bad_names') },
        { ...place, page: 3, row: 3, id: '23' },
        { ...place, page: 3, row: 4, id: '24' },
        { ...place, page: 6, row: 10, id: '60' },
      ]);
      expect(await query('select counts->>$1 as written from _weir.stream', ['written'])).toEqual([{ written: '56' }]);
    });
  }

  test('fail the stream with page and row where the connection says so, and nothing is published', async () => {
    const { run, rows, query } = await warehouse();
    await run(items, reads([row(1)]));
    await query("alter table items add check (name <> 'bad')");
    const { failure } = await run(
      items,
      pages(3, (id) => row(id, id === 15 ? 'bad' : 'good', '2026-01-02')),
      { badValues: 'fail' },
    );
    expect(failure).toMatchObject({ code: 'row_refused', where: { stream: 'items', slice: 'a', page: 2, row: 5 } });
    expect(await rows()).toEqual(['1 n1']);
    expect(await put(query)).toEqual([]);
  });

  test('count towards the limit, and can be looked at when it is passed', async () => {
    const { run, rows, query } = await warehouse();
    await run(log, reads([row(1)]));
    await query("alter table items add check (name <> 'bad')");
    const { failure } = await run(log, reads([row(2, 'bad'), row(3, 'bad'), row(4)]), { quarantineLimit: { rows: 1 } });
    expect(failure).toMatchObject({ code: 'quarantine_limit' });
    expect(await rows()).toEqual(['1 n1']);
    expect(await put(query)).toHaveLength(2);
  });

  test('of two that can’t both stand, the later one is refused, whatever was there before', async () => {
    const { run, rows, query } = await warehouse();
    await run(log, reads([row(1, 'a')]));
    await query('alter table items add unique (name) deferrable initially deferred');
    const { counts } = await run(log, reads([row(2, 'b'), row(3, 'b'), row(4, 'a'), row(5, 'c')]));
    expect(counts).toMatchObject({ written: 2, quarantined: 2 });
    expect(await rows()).toEqual(['1 a', '2 b', '5 c']);
    expect(await put(query)).toMatchObject([
      { row: 2, id: '3', reason: expect.stringContaining('Key (name)=(b) already exists') },
      { row: 3, id: '4' },
    ]);
  });

  test('triggers, NOT NULL and foreign keys count too', async () => {
    const { run, rows, query } = await warehouse();
    await run(items, reads([row(1)]));
    await query(`create table names (name varchar primary key); insert into names values ('n1'), ('n2'), ('n4')`);
    await query('alter table items add foreign key (name) references names');
    await query('alter table items alter column at set not null');
    await query(`create function refuse() returns trigger language plpgsql as $$
      begin if new.id = 4 then raise exception 'four is no number'; end if; return new; end $$`);
    await query('create trigger refuse before insert on items for each row execute function refuse()');
    await run(items, reads([row(2), row(3), row(4), { id: 5, name: 'n1', at: null }]));
    expect(await rows()).toEqual(['1 n1', '2 n2']);
    const reasons = (await put(query)).map(({ reason }) => reason);
    expect(reasons).toMatchObject([
      expect.stringContaining('foreign key'),
      'four is no number',
      expect.stringContaining('not-null'),
    ]);
  });

  test('are loaded again once the table takes them', async () => {
    const { run, rows, query } = await warehouse();
    await run(items, reads([{ ...row(1), 'odd name': 1 }]));
    await query("alter table items add constraint names check (name <> 'bad')");
    await run(items, reads([{ ...row(2, 'bad', '2026-01-02'), 'odd name': 12.5 }]));
    expect(await rows()).toEqual(['1 n1']);
    await query('alter table items drop constraint names');
    const { counts } = await run(items, () => [], {}, { kind: 'replay' });
    expect(counts).toMatchObject({ read: 1, written: 1, quarantined: 0 });
    expect(await query('select id::int, odd_name::text from items order by id')).toEqual([
      { id: 1, odd_name: '1' },
      { id: 2, odd_name: '12.5' },
    ]);
    expect(await put(query)).toEqual([]);
  });

  test('a table that refuses everything is a wrong table', async () => {
    const { run, query } = await warehouse();
    await run(log, reads([row(1)]));
    await query('alter table items add check (id < 10)');
    const { failure } = await run(log, pages(210, undefined, 10));
    expect(failure).toMatchObject({ kind: 'config', code: 'constraint_violated' });
    expect(await put(query)).toEqual([]);
  });

  test('what stands in the way of the old rows is no row’s fault', async () => {
    const { run, rows, query } = await warehouse();
    await run(list, reads([row(1)]));
    await query('alter table items add primary key (id)');
    await query('create table parts (item bigint references items (id)); insert into parts values (1)');
    const { failure } = await run(list, reads([row(2)]));
    expect(failure).toMatchObject({
      code: 'constraint_violated',
      message: expect.stringContaining('no single row'),
      hint: expect.stringContaining('another table refers'),
    });
    expect(await rows()).toEqual(['1 n1']);
    expect(await put(query)).toEqual([]);
  });
});

describe('in the other layouts', () => {
  const nested = (id: number, city: string) => ({ ...row(id), address: { city }, lines: [{ sku: city }] });
  const modes: DestinationSyncMode[] = ['append', 'append_dedup'];
  for (const mode of modes) {
    test(`basic, ${mode}: a record goes whole when one of its tables refuses its part`, async () => {
      const { run, rows, query } = await warehouse({ layout: 'basic' });
      const of = stream('items', 'incremental', mode);
      await run(of, reads([nested(1, 'Rome')]));
      await query("alter table items add check (address_city <> 'Nowhere')");
      await query("alter table items_lines add check (sku <> 'Atlantis')");
      const { counts } = await run(of, reads([nested(2, 'Nowhere'), nested(3, 'Oslo'), nested(4, 'Atlantis')]));
      expect(counts).toMatchObject({ read: 3, written: 1, quarantined: 2 });
      expect(await rows()).toEqual(['1 n1', '3 n3']);
      expect(await query('select sku from items_lines order by sku')).toEqual([{ sku: 'Oslo' }, { sku: 'Rome' }]);
      expect(await query('select 1 from _airbyte_raw_items')).toHaveLength(2);
      const aside = await query<{ record: JsonObject }>('select record::json from _weir.quarantine order by row');
      expect(aside.map(({ record }) => record)).toEqual([nested(2, 'Nowhere'), nested(4, 'Atlantis')]);
    });
  }

  test('raw: the record is kept as it came', async () => {
    const { run, query } = await warehouse({ layout: 'raw' });
    await run(log, reads([nested(1, 'Rome')]));
    await query(`alter table _airbyte_raw_items add check (_airbyte_data->'address'->>'city' <> 'Nowhere')`);
    await run(log, reads([nested(2, 'Nowhere'), nested(3, 'Oslo')]));
    expect(await query('select 1 from _airbyte_raw_items')).toHaveLength(2);
    expect(await query('select record::json from _weir.quarantine')).toEqual([{ record: nested(2, 'Nowhere') }]);
  });
});
