import { afterAll, beforeAll, expect } from 'vitest';
import type { Answer } from '#tests/harness/scripted-server.ts';
import { fault } from './fault.ts';
import { byUpdated, records, schemaOf, valuesOf } from './records.ts';
import { type Connected, manifestOf, openWorld, type World } from './world.ts';

// Values, names and bytes that systems stumble over. Each row is there after the sync, its values as they came or said to be changed.

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

interface Load {
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** YAML of the stream. */
  readonly more?: string;
  readonly connection?: object;
}

/** One page into a table of its own; `again` loads another page into it. */
async function load({ body, headers = {}, more = '', connection: choices = {} }: Load) {
  const answer = (bytes: string | Uint8Array): Answer => ({ body: bytes, headers });
  const api = await world.api({ '/rows': answer(body) });
  const connection = await world.connect(manifestOf(api, { name: 'rows', paginator: null, more }), api, {
    connection: choices,
  });
  const again = (bytes: string) => {
    api.on('/rows', answer(bytes));
    return world.sync(connection);
  };
  return { connection, again, ended: await world.sync(connection) };
}

async function loaded(of: Load) {
  const result = await load(of);
  expect(result.ended).toMatchObject({ status: 'succeeded', attempts: 1, failure: null });
  return result;
}

/** Its attempt fails for this reason; the next attempt of the same sync, of a body that is whole, succeeds. */
async function refused(body: string | Uint8Array, message: RegExp): Promise<void> {
  const api = await world.api({ '/rows': { body: records(['{"id": 1}']) } });
  const connection = await world.connect(manifestOf(api, { name: 'rows', paginator: null }), api);
  api.on('/rows', { body });
  const { syncId } = await world.client.post<{ syncId: number }>(`/connections/${connection.id}/sync`);
  const failure = await world.attemptEnd(syncId);
  expect(failure?.message).toMatch(message);
  api.on('/rows', { body: records(['{"id": 1}']) });
  expect(await world.client.syncEnd(syncId)).toMatchObject({ status: 'succeeded', attempts: 2 });
}

const select = async ({ prefix }: Connected, columns: string) =>
  world.query<Record<string, string>>(`select ${columns} from public.${prefix}rows order by id`);
const NOTED = `array_to_string(array(select c->>'field' from jsonb_array_elements(_airbyte_meta->'changes') c), ',') as noted`;

/** Each of the names in a column of its own. */
async function keepsApart(names: readonly string[]): Promise<void> {
  const fields = names.map((name, index) => `${JSON.stringify(name)}: "value ${String(index).padStart(2, '0')}"`);
  const { connection } = await loaded({ body: records([`{"id": 1, ${fields.join(', ')}}`]) });
  const values = await valuesOf(world, connection);
  // The names that Weir keeps for itself are mapped, so none of them hides among the filtered ones.
  expect(values).toEqual(names.map((_, index) => `value ${String(index).padStart(2, '0')}`));
}

fault(
  31,
  async () => {
    const digits = '0.1234567890123456789012345678901234567891';
    const row = `{"id": 1, "whole": 9007199254740993, "digits": ${digits}, "huge": 1e400, "list": [9007199254740993]}`;
    const { connection } = await loaded({ body: records([row]) });
    expect(await select(connection, 'whole::text, digits::text, huge::text, list::text')).toEqual([
      { whole: '9007199254740993', digits, huge: `1${'0'.repeat(400)}`, list: '[9007199254740993]' },
    ]);
  },
  { sample: true },
);

fault(32, async () => {
  const more = schemaOf({ number: { type: 'number' } });
  const { connection } = await loaded({
    body: records(['{"id": 1, "number": -0}', '{"id": 2, "number": "NaN"}', '{"id": 3, "number": "Infinity"}']),
    more,
  });
  expect(await select(connection, `number::text, ${NOTED}`)).toEqual([
    { number: '0', noted: '' },
    { number: null, noted: 'number' },
    { number: null, noted: 'number' },
  ]);
  await refused('{"data": [{"id": 1, "number": NaN}]}', /JSON/);
});

fault(33, async () => {
  const { connection } = await loaded({
    body: records(['{"id": 1, "text": "a\\u0000b", "inside": {"k\\u0000": "c\\u0000d"}, "na\\u0000me": "kept"}']),
  });
  expect(await select(connection, `text, inside::text, ${NOTED}`)).toEqual([
    { text: 'a\ufffdb', inside: '{"k\ufffd": "c\ufffdd"}', noted: expect.stringContaining('text') },
  ]);
  expect(await valuesOf(world, connection)).toContain('kept');
});

fault(34, async () => {
  const { connection } = await loaded({ body: records(['{"id": 1, "text": "a\\ud800b", "whole": "\\ud83d\\ude00"}']) });
  expect(await select(connection, `text, whole, ${NOTED}`)).toEqual([{ text: 'a\ufffdb', whole: '😀', noted: 'text' }]);
});

fault(35, async () => {
  const long = 'x'.repeat(10_000_000);
  const { connection } = await loaded({
    body: records([`{"id": 1, "text": "${long}"}`, '{"id": 2, "text": "short"}']),
  });
  expect(await select(connection, 'length(text)::text as length')).toEqual([{ length: '10000000' }, { length: '5' }]);
  // Beyond the limit of one value it is NULL, said so, in the memory that a sync has.
  const beyond = await loaded({
    body: records([`{"id": 1, "text": "${'x'.repeat(100_000_000)}"}`, '{"id": 2, "text": "short"}']),
  });
  expect(await select(beyond.connection, `length(text)::text as length, ${NOTED}`)).toEqual([
    { length: null, noted: 'text' },
    { length: '5', noted: '' },
  ]);
});

fault(36, async () => {
  const fields = Array.from({ length: 10_000 }, (_, index) => `"c${index}": ${index}`).join(', ');
  const { connection } = await loaded({ body: records([`{"id": 1, ${fields}}`]) });
  const [row] = await world.query<{ row: Record<string, unknown> }>(
    `select to_jsonb(t) as row from public.${connection.prefix}rows t`,
  );
  const { _airbyte_additional_properties: more, ...columns } = row?.row ?? {};
  expect(Object.keys(columns).length).toBeLessThan(1_600);
  const all = { ...columns, ...(more as object) } as Record<string, unknown>;
  for (const index of [0, 500, 5_000, 9_999]) expect(all[`c${index}`]).toBe(index);
  expect(Object.keys(all).filter((name) => /^c\d+$/.test(name))).toHaveLength(10_000);
});

fault(37, async () => {
  const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  const { connection } = await loaded({
    body: records([`{"id": 1, "deep": ${deep(10_000)}}`, `{"id": 2, "deep": ${deep(3)}}`]),
  });
  expect(await select(connection, `deep::text, ${NOTED}`)).toEqual([
    { deep: null, noted: 'deep' },
    { deep: '[[[]]]', noted: '' },
  ]);
});

fault(
  38,
  async () => {
    const long = 'x'.repeat(70);
    await keepsApart(['name', 'Name', 'NAME', `${long}1`, `${long}2`, `${'日'.repeat(30)}1`, `${'日'.repeat(30)}2`]);
    const api = await world.api({
      '/a': { body: '{"data": [{"id": 1}]}' },
      '/b': { body: '{"data": [{"id": 2}]}' },
    });
    const streams = [
      { name: 'Orders', path: '/a', paginator: null },
      { name: 'orders', path: '/b', paginator: null },
      { name: `${long}1`, path: '/a', paginator: null },
      { name: `${long}2`, path: '/b', paginator: null },
    ];
    const connection = await world.connect(manifestOf(api, ...streams), api);
    expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
    const tables = await world.query<{ name: string }>(
      `select quote_ident(tablename) as name from pg_tables where schemaname = 'public' and starts_with(tablename, '${connection.prefix}')`,
    );
    expect(tables).toHaveLength(4);
    const rows = await Promise.all(tables.map(({ name }) => world.query(`select id::int from public.${name}`)));
    expect(
      rows
        .flat()
        .map((row) => row.id)
        .sort(),
    ).toEqual([1, 1, 2, 2]);
  },
  { sample: true },
);

fault(39, async () => {
  await keepsApart([
    ...['select', 'user', 'order', '"; drop table x; --', "'; drop table x; --", 'a b', 'a.b', '1st', '$1', '\\'],
    ...['', ' ', '.', '__proto__', 'constructor', 'toString', 'ctid', 'xmin', 'tableoid', '%s', '-', '\t', '\n'],
  ]);
  const { connection } = await loaded({
    body: records([
      '{"id": 1, "_airbyte_raw_id": "theirs", "_airbyte_meta": "theirs too", "_airbyte_extracted_at": 1}',
    ]),
  });
  const [row] = await world.query<{ row: object }>(`select to_jsonb(t) as row from public.${connection.prefix}rows t`);
  expect(Object.values(row?.row ?? {})).toEqual(expect.arrayContaining(['theirs', 'theirs too']));
});

fault(40, async () => {
  await keepsApart(['caf\u00e9', 'cafe\u0301', 'ab', 'a\u200bb', 'שלום', '\u202eab', '😀', '😁', 'ß', 'ss']);
});

fault(41, async () => {
  const { connection } = await loaded({
    body: records([
      '{"id": 1, "wide": 1, "mixed": 1}',
      '{"id": 2, "wide": "two", "mixed": "two"}',
      '{"id": 3, "wide": true, "mixed": {"a": [3]}}',
    ]),
  });
  expect(await select(connection, 'wide, mixed')).toEqual([
    { wide: '1', mixed: '1' },
    { wide: 'two', mixed: 'two' },
    { wide: 'true', mixed: '{"a":[3]}' },
  ]);
  const kept = await loaded({
    body: records(['{"id": 1, "updated_at": "2026-01-01T00:00:00Z", "v": 7}']),
    more: byUpdated,
  });
  expect(await kept.again(records(['{"id": 2, "updated_at": "2026-01-02T00:00:00Z", "v": "text"}']))).toMatchObject({
    status: 'succeeded',
  });
  expect(await kept.again(records(['{"id": 3, "updated_at": "2026-01-03T00:00:00Z", "v": {"a": 1}}']))).toMatchObject({
    status: 'succeeded',
  });
  expect((await select(kept.connection, 'v::text')).map(({ v }) => v)).toEqual(['7', 'text', '{"a":1}']);
});

fault(42, async () => {
  const { connection, again } = await loaded({
    body: records(['{"id": 1, "updated_at": "2026-01-01T00:00:00Z", "gone": "a", "nothing": null}']),
    more: byUpdated,
  });
  const next = '{"id": 2, "updated_at": "2026-01-02T00:00:00Z", "come": "b", "nothing": null}';
  expect(await again(records([next]))).toMatchObject({ status: 'succeeded', failure: null });
  expect(await select(connection, 'gone, come')).toEqual([
    { gone: 'a', come: null },
    { gone: null, come: 'b' },
  ]);
  const third = '{"id": 3, "updated_at": "2026-01-03T00:00:00Z", "nothing": 3}';
  expect(await again(records([third]))).toMatchObject({ status: 'succeeded', failure: null });
  expect(await select(connection, 'nothing::text')).toEqual([{ nothing: null }, { nothing: null }, { nothing: '3' }]);
  const changes = await world.client.get<object>(`/connections/${connection.id}/schema-changes`);
  expect(JSON.stringify(changes)).toContain('come');

  const stops = await load({
    body: records(['{"id": 1, "surprise": 1}']),
    more: schemaOf({}),
    connection: { schemaChanges: 'disable' },
  });
  expect(stops.ended).toMatchObject({ status: 'failed', failure: { message: expect.stringContaining('surprise') } });
});

fault(43, async () => {
  const api = await world.api({
    '/rows': {
      body: records(['{"id": 1, "a": "first", "b": {"c": 1, "c": 2}, "a": "last"}', '{"id": 2, "a": "only"}']),
    },
  });
  const connection = await world.connect(manifestOf(api, { name: 'rows', paginator: null }), api);
  const { syncId, ended } = await world.syncOf(connection);
  expect(ended).toMatchObject({ status: 'succeeded', failure: null });
  expect(await select(connection, 'a, b::text')).toEqual([
    { a: 'last', b: '{"c": 2}' },
    { a: 'only', b: null },
  ]);
  expect(JSON.stringify(await world.client.get(`/syncs/${syncId}/log`))).toMatch(
    /repeat keys, 2 in all, the first .*on page 1/,
  );
});

fault(44, async () => {
  const { connection } = await loaded({
    body: records([
      '{"id": 1, "updated_at": "2026-01-01T00:00:00Z"}',
      '{"id": null, "updated_at": "2026-01-01T00:00:00Z", "name": "no key"}',
      '{"updated_at": "2026-01-01T00:00:00Z", "name": "no key at all"}',
      '{"id": 4, "updated_at": null}',
      '{"id": 5}',
    ]),
    more: byUpdated,
  });
  expect((await select(connection, 'id::text')).map(({ id }) => id)).toEqual(['1', '4', '5']);
  expect(
    await world.query(
      `select page, row, code, reason, record::jsonb->>'name' as name from _weir.quarantine where connection_id = '${connection.id}' order by id`,
    ),
  ).toEqual([
    { page: 1, row: 2, code: 'key_null', reason: expect.stringContaining('id'), name: 'no key' },
    { page: 1, row: 3, code: 'key_null', reason: expect.stringContaining('id'), name: 'no key at all' },
  ]);
});

fault(45, async () => {
  const row = (id: number, day: number, name: string) =>
    `{"id": ${id}, "updated_at": "2026-01-0${day}T00:00:00Z", "name": "${name}"}`;
  const { connection, again } = await loaded({
    body: records([row(1, 3, 'newest'), row(1, 1, 'older'), row(2, 2, 'first'), row(2, 2, 'later')]),
    more: byUpdated,
  });
  const rows = [{ name: 'newest' }, { name: 'later' }];
  expect(await select(connection, 'name')).toEqual(rows);
  expect(await again(records([row(1, 2, 'older, and late')]))).toMatchObject({ status: 'succeeded', failure: null });
  expect(await select(connection, 'name')).toEqual(rows);
});

fault(46, async () => {
  const all: { id: number; updated_at: string }[] = [];
  const add = (from: number, to: number, day: number) => {
    for (let id = from; id <= to; id++) all.push({ id, updated_at: `2026-01-0${day}T00:00:00Z` });
  };
  // Three to a page, and the slices are a day each: equal cursors stand on both sides of every edge.
  add(1, 7, 1);
  add(8, 11, 2);
  const api = await world.api(({ query }) => {
    const since = query.get('since') ?? '';
    const until = query.get('until') ?? '9';
    const number = Number(query.get('page') ?? 1);
    const found = all.filter(({ updated_at: at }) => at >= since && at <= until);
    return { body: { data: found.slice((number - 1) * 3, number * 3) } };
  });
  const more = `${byUpdated}
  end_datetime: "2026-01-03T00:00:00Z"
  end_time_option: { type: RequestOption, inject_into: request_parameter, field_name: until }
  step: P1D
  cursor_granularity: PT1S`;
  const connection = await world.connect(manifestOf(api, { name: 'rows', more }), api);
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
  const ids = async () => (await select(connection, 'id::int as id')).map(({ id }) => Number(id));
  expect(await ids()).toEqual(all.map(({ id }) => id));
  // Rows that come with the very cursor at which the last sync ended.
  add(12, 16, 2);
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
  expect(await ids()).toEqual(all.map(({ id }) => id));
});

fault(47, async () => {
  const dates = ['0000-00-00', '9999-12-31', '2026-02-30', '10000-01-01', '2024-02-29'];
  const times = [
    '2026-01-01T24:00:00Z',
    '2016-12-31T23:59:60Z',
    '2026-01-01T00:00:00',
    1767225600,
    '2026-06-01T12:00:00+02:00',
  ];
  const { connection } = await loaded({
    body: records(
      dates.map((date, index) => JSON.stringify({ id: index, day: date, at: times[index], text: date, free: date })),
    ),
    more: schemaOf({
      day: { type: 'string', format: 'date' },
      at: { type: 'string', format: 'date-time' },
      text: { type: 'string' },
    }),
  });
  const rows = await select(connection, `day::text, (at at time zone 'UTC')::text as at, text, free, ${NOTED}`);
  expect(rows.map(({ text }) => text)).toEqual(dates);
  expect(rows.map(({ free }) => free)).toEqual(dates);
  expect(rows.map(({ day }) => day)).toEqual([null, '9999-12-31', null, null, '2024-02-29']);
  expect(rows[4]?.at).toBe('2026-06-01 10:00:00');
  // Whatever is no instant is NULL and noted: never another instant.
  for (const [index, { at, noted }] of rows.entries())
    expect({ index, told: at !== null || noted?.split(',').includes('at') }).toEqual({ index, told: true });
  expect(rows[3]?.at).toBeNull();
});

fault(48, async () => {
  const { connection } = await loaded({
    body: records([
      '{"id": 1, "flag": "yes", "text": ""}',
      '{"id": 2, "flag": 1, "text": null}',
      '{"id": 3, "flag": "TRUE", "text": "null"}',
      '{"id": 4, "flag": false}',
    ]),
    more: schemaOf({ flag: { type: 'boolean' }, text: { type: 'string' } }),
  });
  expect(await select(connection, `flag::text, text, ${NOTED}`)).toEqual([
    { flag: null, text: '', noted: 'flag' },
    { flag: null, text: null, noted: 'flag' },
    { flag: 'true', text: 'null', noted: '' },
    { flag: 'false', text: null, noted: '' },
  ]);
});

fault(49, async () => {
  const { connection } = await loaded({
    body: Buffer.from(records(['{"id": 1, "name": "é"}']), 'latin1'),
    headers: { 'content-type': 'application/json; charset=iso-8859-1' },
  });
  expect(await select(connection, 'name')).toEqual([{ name: 'é' }]);
  const wide = await loaded({
    body: Buffer.from(`\ufeff${records(['{"id": 1, "name": "é"}'])}`, 'utf16le'),
    headers: { 'content-type': 'application/json; charset=utf-16' },
  });
  expect(await select(wide.connection, 'name')).toEqual([{ name: 'é' }]);
  await refused(Buffer.from(records(['{"id": 1, "name": "é"}']), 'latin1'), /UTF-8.*byte \d+/);
});
