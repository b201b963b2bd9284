import { describe, expect, test } from 'vitest';
import type { StreamTask } from '#lib/db/schema.ts';
import type { ReadEvent } from '#lib/extract/source.ts';
import { type JsonObject, parseJson } from '#lib/json.ts';
import { closed, page, type Read, stream } from './fixtures/fake-source.ts';
import { reads, row, warehouse } from './fixtures/warehouse.ts';
import type { SyncStream } from './sync-stream.ts';

/** Notes the state that it is asked with. */
const noting =
  (seen: unknown[], events: ReadEvent[]): Read =>
  ({ state }) => {
    seen.push(state);
    return events;
  };
const items = stream('items', 'incremental', 'append_dedup');
const list = stream('items', 'full_refresh', 'overwrite_dedup');
const changed = (of: SyncStream, more: Partial<SyncStream['configured']>): SyncStream => ({
  ...of,
  configured: { ...of.configured, ...more },
});

describe('values that do not fit', () => {
  const odd = { ...row(2), id: 3, at: '2026-01-02', count: 'many' };
  const counted = changed(stream('items', 'full_refresh', 'overwrite'), {
    stream: {
      ...items.configured.stream,
      jsonSchema: { properties: { id: { type: 'integer' }, name: { type: 'string' }, count: { type: 'integer' } } },
    },
  });

  test('become null with a note, as long as nothing else is said', async () => {
    const { run, rows, query } = await warehouse();
    await run(counted, reads([row(1), odd]));
    expect(await rows()).toEqual(['1 n1', '3 n2']);
    expect(await query(`select 1 from items where _airbyte_meta->'changes' @> '[{"field":"count"}]'`)).toHaveLength(1);
  });

  test('put their row aside, which is counted and can be read with its place', async () => {
    const { run, rows, query } = await warehouse();
    const { counts, failure } = await run(counted, reads([row(1), odd]), { badValues: 'quarantine' });
    expect(failure).toBeNull();
    expect(counts).toMatchObject({ read: 2, written: 1, quarantined: 1 });
    expect(await rows()).toEqual(['1 n1']);
    expect(await query('select sync_id, slice, page, row, code, reason, record::json from _weir.quarantine')).toEqual([
      {
        ...{ sync_id: '1', slice: 'a', page: 1, row: 2, code: 'bad_value' },
        ...{ reason: 'A value does not fit: count (integer).', record: odd },
      },
    ]);
  });

  test('fail the stream with page and row, and nothing is published', async () => {
    const { run, query } = await warehouse();
    const { failure } = await run(counted, reads([row(1), odd]), { badValues: 'fail' });
    expect(failure).toMatchObject({ code: 'bad_value', where: { stream: 'items', page: 1, row: 2 } });
    expect(await query(`select to_regclass('items') as there`)).toEqual([{ there: null }]);
  });

  test('beyond the limit fail the stream; what was put aside can be looked at', async () => {
    const { run, query } = await warehouse();
    const rules = { badValues: 'quarantine' as const, quarantineLimit: { rows: 1 } };
    const { failure } = await run(counted, reads([odd, odd, row(1)]), rules);
    expect(failure).toMatchObject({
      code: 'quarantine_limit',
      message: '2 of 3 records were put aside, and the connection allows 1 rows.',
    });
    expect(await query('select 1 from _weir.quarantine')).toHaveLength(2);
    expect(await query(`select to_regclass('items') as there`)).toEqual([{ there: null }]);
  });

  test('a share is a limit too', async () => {
    const { run } = await warehouse();
    const rules = (percent: number) => ({ badValues: 'quarantine' as const, quarantineLimit: { percent } });
    expect((await run(counted, reads([odd, row(1)]), rules(50))).failure).toBeNull();
    expect((await run(counted, reads([odd, row(1)]), rules(49))).failure).toMatchObject({ code: 'quarantine_limit' });
  });
});

describe('fields that the schema does not name', () => {
  const more = { ...row(1), colour: 'red' };

  test('become columns, and the change is told', async () => {
    const { run, query } = await warehouse();
    await run(items, reads([row(1)]));
    const { published } = await run(items, reads([more]));
    expect(published?.schemaChanges).toEqual([
      { change: 'column_added', field: 'colour', detail: 'character varying' },
    ]);
    expect(published?.columns).toContainEqual({ name: 'colour', type: 'character varying' });
    expect(await query('select colour from items')).toEqual([{ colour: 'red' }]);
    expect((await run(items, reads([more]))).published?.schemaChanges).toBeUndefined();
  });

  test('are told too where they come in a part that goes to the readers before the end, as keys that come twice are', async () => {
    const { run } = await warehouse();
    await run(items, reads([row(1)]));
    const part = Array.from({ length: 10_000 }, (_, id) => row(id));
    const { published } = await run(items, () => [
      ...[page('a', 1, [...part, more, more]), closed('a', { day: 2 })],
      ...[page('b', 1, [row(1), row(1)]), closed('b', { day: 3 })],
    ]);
    expect(published?.schemaChanges).toMatchObject([{ change: 'column_added', field: 'colour' }]);
    expect(published?.repeated).toBe(3);
  });

  test('are left out where the connection ignores them, and that is told too', async () => {
    const { run, query } = await warehouse();
    const { published } = await run(items, reads([more]), { schemaChanges: 'ignore' });
    expect(published?.schemaChanges).toMatchObject([{ change: 'field_left_out', field: 'colour' }]);
    const columns = await query(
      `select 1 from information_schema.columns where table_name = 'items' and column_name = 'colour'`,
    );
    expect(columns).toEqual([]);
  });

  test('fail the stream where the connection is to stop', async () => {
    const { run } = await warehouse();
    const { failure } = await run(items, reads([more]), { schemaChanges: 'disable' });
    expect(failure).toMatchObject({
      kind: 'config',
      code: 'schema_changed',
      message: expect.stringContaining('colour'),
    });
  });

  test('a wider type is told with both types', async () => {
    const { run } = await warehouse();
    await run(items, reads([{ ...row(1), points: 1 }]));
    const { published } = await run(items, reads([{ ...row(1), points: 1.5 }]));
    expect(published?.schemaChanges).toEqual([
      { change: 'column_widened', field: 'points', detail: 'bigint → numeric' },
    ]);
  });
});

describe('mappers', () => {
  const mapper = (type: string, mapperConfiguration: JsonObject) => ({ type, mapperConfiguration });

  test('rename, hash and filter on the way, and the counts still add up', async () => {
    const { run, query } = await warehouse();
    const mapped = changed(items, {
      mappers: [
        mapper('row-filtering', {
          conditions: { type: 'NOT', conditions: [{ type: 'EQUAL', fieldName: 'name', comparisonValue: 'x' }] },
        }),
        mapper('field-renaming', { originalFieldName: 'id', newFieldName: 'item_id' }),
        mapper('hashing', { targetField: 'name', method: 'SHA-256' }),
      ],
    });
    const { counts } = await run(mapped, reads([row(1), row(2, 'x'), row(1, 'newer', '2026-01-02')]));
    expect(counts).toMatchObject({ read: 3, filtered: 1, written: 2 });
    const found = await query<{ item_id: string; name_hashed: string }>('select item_id, name_hashed from items');
    expect(found).toEqual([{ item_id: '1', name_hashed: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
  });

  test('a field of the source’s own that has a new name is loaded beside it, or left out by the rule for new ones', async () => {
    const { run, query } = await warehouse();
    const mapped = changed(items, {
      mappers: [mapper('field-renaming', { originalFieldName: 'name', newFieldName: 'label' })],
    });
    const own = { ...row(1), label: 'own' };
    const ignoring = await run(mapped, reads([own]), { schemaChanges: 'ignore' });
    expect(ignoring.published?.schemaChanges).toMatchObject([{ change: 'field_left_out', field: 'label (source)' }]);
    expect(await query('select label from items')).toEqual([{ label: 'n1' }]);
    const { published } = await run(mapped, reads([{ ...own, at: '2026-01-02' }]));
    expect(published?.schemaChanges).toMatchObject([{ change: 'column_added', field: 'label (source)' }]);
    expect(await query('select label, label__source_ from items')).toEqual([{ label: 'n1', label__source_: 'own' }]);
  });

  test('the source is asked by its own names', async () => {
    const { run } = await warehouse();
    const seen: unknown[] = [];
    const mapped = changed(items, {
      mappers: [mapper('field-renaming', { originalFieldName: 'at', newFieldName: 'moment' })],
    });
    await run(mapped, ({ stream: asked }) => {
      seen.push(asked.cursorField);
      return [closed('a', {})];
    });
    expect(seen).toEqual([['at']]);
  });
});

test('rows that vanish from a full refresh are marked, and come back unmarked', async () => {
  const { run, query } = await warehouse();
  const soft = changed(list, { softDelete: true });
  const gone = () => query('select id::int, _ab_cdc_deleted_at is not null as gone from items order by id');
  await run(soft, reads([row(1), row(2)]));
  const { published } = await run(soft, reads([row(1, 'changed')]));
  expect(published).toMatchObject({ updated: 1, deleted: 1 });
  expect(await gone()).toEqual([
    { id: 1, gone: false },
    { id: 2, gone: true },
  ]);
  await run(soft, reads([row(1), row(2)]));
  expect(await gone()).toEqual([
    { id: 1, gone: false },
    { id: 2, gone: false },
  ]);
});

test('rows that came and were put aside are not said to be gone', async () => {
  const { run, query } = await warehouse();
  const soft = changed(list, {
    softDelete: true,
    stream: {
      ...items.configured.stream,
      jsonSchema: { properties: { id: { type: 'integer' }, name: { type: 'string' }, count: { type: 'integer' } } },
    },
  });
  const gone = () => query('select id::int, _ab_cdc_deleted_at is not null as gone from items order by id');
  const aside = { badValues: 'quarantine' as const };
  await run(soft, reads([row(1), row(2), row(3)]), aside);
  const odd = { ...row(2), count: 'many' };
  await run(soft, reads([row(1), odd]), aside);
  expect(await gone()).toEqual([
    { id: 1, gone: false },
    { id: 2, gone: false },
    { id: 3, gone: true },
  ]);
  // One that is too large to be kept can't be told from others: nobody is said to be gone.
  await run(soft, reads([{ ...odd, name: 'x'.repeat(2_000_000) }]), aside);
  expect(await gone()).toContainEqual({ id: 1, gone: false });
});

test('nor are rows whose key comes written in another way than the table writes it', async () => {
  const { run, query } = await warehouse();
  const properties = {
    at: { type: 'string', format: 'date-time' },
    id: { type: 'integer' },
    count: { type: 'integer' },
  };
  const soft = changed(list, {
    softDelete: true,
    primaryKey: [['id'], ['at']],
    stream: { ...items.configured.stream, jsonSchema: { properties } },
  });
  const seen = (id: number, count: number | string = 1) => ({ ...row(id), at: '2026-01-01T00:00:00Z', count });
  const aside = { badValues: 'quarantine' as const };
  await run(soft, reads([seen(1), seen(2)]), aside);
  await run(soft, reads([seen(1), seen(2, 'many')]), aside);
  expect(await query('select id::int from items where _ab_cdc_deleted_at is not null')).toEqual([]);
});

describe('a refresh', () => {
  const log = stream('items', 'incremental', 'append');

  test('with history reads everything again, and keeps what is there as an older generation', async () => {
    const { run, rows, query } = await warehouse();
    await run(log, reads([row(1)], { day: 5 }));
    const seen: unknown[] = [];
    await run(
      log,
      noting(seen, [page('a', 1, [row(1)]), closed('a', { day: 6 })]),
      {},
      { kind: 'refresh', keepHistory: true },
    );
    expect(seen).toEqual([null]);
    expect(await rows()).toEqual(['1 n1', '1 n1']);
    expect(await query('select _airbyte_generation_id::int as g from items order by 1')).toEqual([{ g: 1 }, { g: 2 }]);
  });

  test('without history replaces everything when it is done, and goes on from its state', async () => {
    const { run, rows } = await warehouse();
    await run(items, reads([row(1), row(2)], { day: 5 }));
    await run(items, reads([row(2, 'again')], { day: 6 }), {}, { kind: 'refresh', keepHistory: false });
    expect(await rows()).toEqual(['2 again']);
    const seen: unknown[] = [];
    await run(items, noting(seen, []));
    expect(seen).toEqual([{ day: 6 }]);
  });
});

test('a refresh that replaces a stream leaves no row behind that had vanished; one that keeps history does', async () => {
  const { run, rows } = await warehouse();
  const soft = changed(list, { softDelete: true });
  await run(soft, reads([row(1), row(2)]));
  await run(soft, reads([row(1)]), {}, { kind: 'refresh', keepHistory: true });
  expect(await rows()).toEqual(['1 n1', '2 n2']);
  await run(soft, reads([row(1)]), {}, { kind: 'refresh', keepHistory: false });
  expect(await rows()).toEqual(['1 n1']);
});

describe('a backfill', () => {
  const range: StreamTask = { kind: 'backfill', from: '2026-01-02', to: '2026-01-03' };

  test('merges the range, leaves the rest and the state alone', async () => {
    const { run, rows } = await warehouse();
    await run(items, reads([row(1), row(4, 'new', '2026-01-04')], { day: 9 }));
    const again = [row(2, 'back', '2026-01-02'), row(3, 'back', '2026-01-03T00:00:00Z'), row(4, 'old', '2026-01-04')];
    const seen: unknown[] = [];
    const { counts } = await run(items, noting(seen, [page('a', 1, again), closed('a', { day: 1 })]), {}, range);
    expect(seen).toEqual([{ at: '2026-01-02' }]);
    expect(counts).toMatchObject({ read: 3, filtered: 1, written: 2 });
    expect(await rows()).toEqual(['1 n1', '2 back', '3 back', '4 new']);
    await run(items, noting(seen, []));
    expect(seen[1]).toEqual({ day: 9 });
  });

  test('is refused where rows can’t be found again', async () => {
    const { run } = await warehouse();
    const { failure } = await run(stream('items', 'incremental', 'append'), reads([]), {}, range);
    expect(failure).toMatchObject({ code: 'backfill_needs_key' });
  });
});

test.each([
  ['rows', { rows: 1 }, 'quarantine_limit'],
  ['exactly as many rows', { rows: 2 }, null],
  ['percent', { percent: 49.9 }, 'quarantine_limit'],
  ['exactly as many percent', { percent: 50 }, null],
])('rows that the database refuses after they were taken count towards the limit: %s', async (_, limit, code) => {
  const { run, query } = await warehouse({ layout: 'basic' });
  const huge = (id: number) => ({ ...row(id), size: parseJson('1e140000') });
  const records = [row(1), row(2), huge(3), huge(4)] as JsonObject[];
  const { failure, published } = await run(items, reads(records, { day: 1 }), { quarantineLimit: limit });
  expect(failure?.code ?? null).toBe(code);
  expect(await query('select 1 from _weir.quarantine')).toHaveLength(2);
  if (code === null) expect(published?.inserted).toBe(2);
  else expect(await query(`select to_regclass('items') as items`)).toEqual([{ items: null }]);
});

describe('a replay', () => {
  const keyless = { id: null, name: 'lost', at: '2026-01-01' };
  const noSource: Read = () => {
    throw new Error('nothing is read');
  };

  test('loads what can be loaded now, keeps the rest, and leaves the state alone', async () => {
    const { run, rows, query } = await warehouse();
    await run(items, reads([row(1), keyless, { ...keyless, name: 'mended' }], { day: 3 }));
    await query(
      `update _weir.quarantine set record = replace(record, '"id":null', '"id":7') where record like '%mended%'`,
    );
    const { counts, failure } = await run(items, noSource, {}, { kind: 'replay' });
    expect(failure).toBeNull();
    expect(counts).toMatchObject({ read: 2, written: 1, quarantined: 1 });
    expect(await rows()).toEqual(['1 n1', '7 mended']);
    expect(await query(`select record::json->>'name' as name, sync_id from _weir.quarantine`)).toEqual([
      { name: 'lost', sync_id: '2' },
    ]);
    const seen: unknown[] = [];
    await run(items, noting(seen, []));
    expect(seen).toEqual([{ day: 3 }]);
  });

  test.each(['direct', 'basic'])('brings back no row that came before the one in the table: %s', async (layout) => {
    const { run, rows, query } = await warehouse({ layout });
    // Cursors by the day: of equal ones the row counts that came last.
    const odd = (id: number, at: string) => ({ ...row(id, 'loaded again', at), extra: '\u0000', count: 'many' });
    const { jsonSchema } = items.configured.stream;
    const properties = { ...(jsonSchema.properties as JsonObject), count: { type: 'integer' } };
    const counted = changed(items, { stream: { ...items.configured.stream, jsonSchema: { properties } } });
    const aside = { badValues: 'quarantine' as const };
    await run(counted, reads([row(3, 'before', '2026-01-02'), row(4, 'before', '2026-01-03')]), aside);
    await run(counted, reads([1, 2, 3, 4, 5].map((id) => odd(id, '2026-01-02'))), aside);
    await query(`update _weir.quarantine set at = '2026-01-02 12:00Z'`);
    await run(counted, reads([row(1, 'newer', '2026-01-02'), row(2, 'older', '2026-01-01')]), aside);
    const { counts } = await run(counted, noSource, {}, { kind: 'replay' });
    expect(counts).toMatchObject({ read: 5, written: 5 });
    expect(await rows()).toEqual(['1 newer', '2 loaded again', '3 loaded again', '4 before', '5 loaded again']);
    // Raw tables keep all that came.
    if (layout === 'basic') expect(await query('select 1 from _airbyte_raw_items')).toHaveLength(2 + 2 + 5);
    expect(await query('select 1 from _weir.quarantine')).toEqual([]);
  });

  test('of a stream that keeps each version of a row brings back older ones too', async () => {
    const { run, rows, query } = await warehouse();
    const log = changed(stream('items', 'incremental', 'append'), {
      stream: { ...items.configured.stream, jsonSchema: { properties: { count: { type: 'integer' } } } },
    });
    await run(log, reads([row(1), { ...row(2), count: 'many' }]), { badValues: 'quarantine' });
    await query(`update _weir.quarantine set at = '2026-01-01 12:00Z'`);
    await run(log, reads([row(2, 'newer')]));
    const { counts } = await run(log, noSource, {}, { kind: 'replay' });
    expect(counts).toMatchObject({ read: 1, written: 1 });
    expect(await rows()).toEqual(['1 n1', '2 n2', '2 newer']);
    expect(await query('select 1 from _weir.quarantine')).toEqual([]);
  });

  test('of a stream that overwrites adds to what is there', async () => {
    const { run, rows, query } = await warehouse();
    await run(list, reads([row(1), keyless]));
    await query(`update _weir.quarantine set record = replace(record, '"id":null', '"id":2')`);
    await run(list, noSource, {}, { kind: 'replay' });
    expect(await rows()).toEqual(['1 n1', '2 lost']);
    expect(await query('select 1 from _weir.quarantine')).toEqual([]);
  });
});
