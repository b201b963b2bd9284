import { expect, onTestFinished, test } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import { testDatabase } from '#tests/harness/database.ts';
import { NO_COUNTS, type TargetStream } from '../destination.ts';
import { at, attemptOf, customer, customers, load } from '../fixtures/customers.ts';
import { configOf, testContext } from './fixtures/test-destination.ts';
import { postgres } from './postgres.ts';

/** A stream without a cursor, so that what came last counts; its syncs' instants may be any clock's. */
async function keptLast(layout: string) {
  const { url, query } = await testDatabase();
  const destination = postgres.open(testContext(), { ...configOf(url), layout });
  onTestFinished(() => destination.close());
  let fence = 0;
  const begun = async (emittedAt: string, more: Partial<TargetStream>) => {
    fence++;
    const target = customers('append_dedup', { badValues: 'quarantine', cursorField: [], ...more });
    return {
      run: await destination.begin(attemptOf(fence, fence)),
      target: { ...target, emittedAt: new Date(emittedAt) },
    };
  };
  /** Of the staged rows, a check puts those aside that meet a condition. */
  const sync = async (records: readonly JsonObject[], emittedAt: string, aside?: string) => {
    const { run, target } = await begun(emittedAt, {});
    const stage = await run.stage(target);
    await load(stage, [...records], { done: fence });
    if (aside) await stage.setAside([{ condition: aside, reason: 'a check' }]);
    return stage.publish({ complete: true });
  };
  /** Whatever was put aside is loaded again, as it reads by now. */
  const replay = async (emittedAt: string, now: (record: JsonObject) => JsonObject = mended, aside?: string) => {
    const { run, target } = await begun(emittedAt, {});
    const found = await run.replayed?.(target);
    const stage = await run.stage({ ...target, replays: { upTo: found?.upTo ?? 0 } });
    let read = 0;
    for await (const { records, came } of found?.pages ?? []) {
      read += records.length;
      await stage.write({ slice: 'quarantine', page: 1, records: records.map(now), came });
    }
    await stage.checkpoint({ state: null, openSlices: [], counts: { ...NO_COUNTS, read } });
    if (aside) await stage.setAside([{ condition: aside, reason: 'a check' }]);
    return stage.publish({ complete: true });
  };
  const name = async () => (await query<{ name: string }>('select name from customers where id = 1'))[0]?.name;
  return { query, sync, replay, name };
}

const badOf = (name: string) => ({ ...customer(1, 1, name), updated_at: 'no time' });
const mended = (record: JsonObject) => ({ ...record, updated_at: at(1) });
const bad = badOf('put aside');
const other = customer(1, 1, 'other');
/** Of a record that is too deep for it, the raw table takes no row, and so no other does. */
const badIn = (layout: string) => (layout === 'direct' ? bad : { ...bad, updated_at: { deep: nested(1_200) } });

test.each(['direct', 'raw'])('a raw id ends in the row’s number: %s', async (layout) => {
  const { query, sync } = await keptLast(layout);
  await sync([customer(1), customer(2)], '2026-01-01');
  const [table, id] =
    layout === 'raw' ? ['_airbyte_raw_customers', '_airbyte_ab_id'] : ['customers', '_airbyte_raw_id'];
  const ids = await query<{ id: string }>(`select ${id} as id from ${table} order by right(${id}, 12) collate "C"`);
  expect(ids.map((row) => Number.parseInt(row.id.slice(-12), 16))).toEqual([1, 2]);
});

test.each(['direct', 'basic'])(
  'of a row that was put aside and one that came since, the later stays, however wrong the worker’s clock is: %s',
  async (layout) => {
    for (const [first, second] of [
      ['2001-01-01T00:00:00Z', '2001-01-02T00:00:00Z'],
      ['2051-01-01T00:00:00Z', '2051-01-02T00:00:00Z'],
    ] as const) {
      const { sync, replay, name } = await keptLast(layout);
      await sync([badIn(layout)], first);
      await sync([other], second);
      await replay('2026-01-01T00:00:00Z');
      expect(await name()).toBe('other');
    }
  },
);

test.each([
  ['before', [other, bad], 'put aside'],
  ['after', [bad, other], 'other'],
] as const)('of two of the same sync too: the other came %s', async (_, records, stays) => {
  for (const emittedAt of ['2001-01-01T00:00:00Z', '2051-01-01T00:00:00Z']) {
    const { sync, replay, name } = await keptLast('direct');
    await sync(records, emittedAt);
    await replay('2026-01-01T00:00:00Z');
    expect(await name()).toBe(stays);
  }
});

test.each(['direct', 'basic'])('a row that is put aside by a replay again is as old as it was: %s', async (layout) => {
  const { sync, replay, name } = await keptLast(layout);
  await sync([customer(5), badIn(layout)], '2026-01-01T00:00:00Z');
  await sync([other], '2026-01-02T00:00:00Z');
  await replay('2026-01-03T00:00:00Z', (record) => record);
  await replay('2026-01-04T00:00:00Z');
  expect(await name()).toBe('other');
});

test('nor does a check in between make it newer', async () => {
  const { query, sync, replay, name } = await keptLast('direct');
  await sync([customer(5), bad], '2026-01-01T00:00:00Z');
  await replay('2026-01-02T00:00:00Z', mended, 'id = 1');
  expect(await query(`select came::int, emitted_at::date::text as day from _weir.quarantine`)).toEqual([
    { came: 2, day: '2026-01-01' },
  ]);
  await sync([other], '2026-01-03T00:00:00Z');
  await replay('2026-01-04T00:00:00Z');
  expect(await name()).toBe('other');
});

test('of two of a key that were put aside, the one that was read later stays, whichever was put aside first', async () => {
  const { sync, replay, name } = await keptLast('direct');
  await sync([customer(1, 1, 'earlier'), badOf('later')], '2026-01-01T00:00:00Z', `name = 'earlier'`);
  await replay('2026-01-02T00:00:00Z');
  expect(await name()).toBe('later');
});

test('and whichever is loaded again first', async () => {
  const { sync, replay, name } = await keptLast('direct');
  await sync([badOf('earlier')], '2026-01-01T00:00:00Z');
  await sync([badOf('later')], '2026-01-02T00:00:00Z');
  await replay('2026-01-03T00:00:00Z', (record) => (record.name === 'later' ? mended(record) : record));
  await replay('2026-01-04T00:00:00Z');
  expect(await name()).toBe('later');
});

test.each([
  ['direct', 'customers', '_airbyte_raw_id', '_airbyte_extracted_at'],
  ['basic', 'customers', '_airbyte_ab_id', '_airbyte_emitted_at'],
  ['basic', '_airbyte_raw_customers', '_airbyte_ab_id', '_airbyte_emitted_at'],
  ['raw', '_airbyte_raw_customers', '_airbyte_ab_id', '_airbyte_emitted_at'],
] as const)('a row that is loaded again came when it was read: %s, %s', async (layout, table, id, instant) => {
  const { query, sync, replay } = await keptLast(layout);
  const field = layout === 'raw' ? `_airbyte_data ->> 'id'` : 'id';
  await sync([customer(1), customer(2), customer(3)], '2026-01-01T00:00:00Z', `(${field})::int = 2`);
  await sync([customer(4), customer(5), customer(6)], '2026-01-02T00:00:00Z', `(${field})::int = 5`);
  await replay('2026-01-03T00:00:00Z');
  const key = table === 'customers' ? 'id' : `(_airbyte_data ->> 'id')`;
  const rows = await query<{ id: number; day: string; number: string; raw_id: string }>(
    `select ${key}::int as id, to_char(${instant} at time zone 'UTC', 'DD') as day, right(${id}, 1) as number, ${id} as raw_id
     from ${table} order by ${instant}, right(${id}, 12)`,
  );
  expect(rows.map(({ raw_id: _id, ...row }) => row)).toEqual([
    { id: 1, day: '01', number: '1' },
    { id: 2, day: '01', number: '2' },
    { id: 3, day: '01', number: '3' },
    { id: 4, day: '02', number: '1' },
    { id: 5, day: '02', number: '2' },
    { id: 6, day: '02', number: '3' },
  ]);
  expect(new Set(rows.map((row) => row.raw_id)).size).toBe(6);
});

test('a stage that is lost in the middle of a sync is followed by higher numbers', async () => {
  const { url, query } = await testDatabase();
  const destination = postgres.open(testContext(), configOf(url));
  onTestFinished(() => destination.close());
  const target = customers('append_dedup', { badValues: 'quarantine', cursorField: [] });
  const first = await (await destination.begin(attemptOf(1, 1))).stage(target);
  await load(first, [customer(5), customer(6), badOf('earlier')], { done: 1 });
  await first.publish({ complete: false });
  await load(first, [customer(7)], { done: 2 }, 's2');
  const [{ stage_table: table } = { stage_table: '' }] = await query<{ stage_table: string }>(
    'select stage_table from _weir.stage',
  );
  await query(`truncate _weir.${table}`);
  const second = await (await destination.begin(attemptOf(2, 1))).stage(target);
  expect(second.resumed).toBeNull();
  await load(second, [customer(1, 1, 'later')], { done: 2 });
  await second.publish({ complete: true });
  const [{ id } = { id: '' }] = await query<{ id: string }>('select _airbyte_raw_id as id from customers where id = 1');
  const [{ seq } = { seq: 0 }] = await query<{ seq: number }>('select came::int as seq from _weir.quarantine');
  expect(Number.parseInt(id.slice(-12), 16)).toBeGreaterThan(seq);
});

function nested(depth: number): JsonObject {
  return JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);
}

test('rows that an older version put aside come as of the time at which it did', async () => {
  const { query, sync, replay, name } = await keptLast('direct');
  await sync([other, bad], '2026-01-01T00:00:00Z');
  await query(`alter table _weir.quarantine drop column came, drop column again;
    update _weir.quarantine set emitted_at = null, at = '2026-01-02T00:00:00.123456Z'; update _weir.version set version = 4`);
  await replay('2026-01-03T00:00:00Z');
  expect(await name()).toBe('put aside');
  expect(await query('select _airbyte_extracted_at::text as at from customers')).toEqual([
    { at: expect.stringContaining('2026-01-02 00:00:00.123+') },
  ]);
  expect(await query('select from _weir.quarantine')).toEqual([]);
});
