import { describe, expect, test } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import { decideLoad, runAgain } from '#lib/sync/held-loads.ts';
import { getSync } from '#lib/sync/syncs.ts';
import { checkHistory, suiteResults } from '#quality/suites.ts';
import { goodOrders, type Order } from '#tests/harness/orders.ts';
import { gatedShop } from './fixtures/gated-shop.ts';

const SUITE = `dataset: public.orders
completeness: [{column: email, threshold: 95, level: block, per: channel}]
volume: [{min_rows: 100, level: block}]
uniqueness: [{unique_columns: [id], level: block}]
freshness: [{max_age_hours: 24}]`;

describe('a connection with checks of level block', () => {
  test('publishes a good load, and measures what the gate has measured no second time', async () => {
    const { sync, rows, results, query } = await gatedShop(SUITE);
    expect(await sync()).toMatchObject({ status: 'succeeded' });
    expect(await rows()).toBe(100);
    expect(await results()).toEqual([
      'pass: email is 100% filled, limit 95%',
      'pass: 100 rows, limit at least 100 rows',
      'pass: id is repeated in 0 rows, limit 0',
      'pass: the last published sync is 0m old, limit 1d',
    ]);
    expect(await query("select trigger from check_run where trigger <> 'backfill' order by id")).toEqual([
      { trigger: 'gate' },
      { trigger: 'sync' },
    ]);
  });

  test('holds a bad load back, says why and where, and alerts once; the table stays as it was', async () => {
    const { sync, rows, give, results, told, context, workspace, suiteId } = await gatedShop(SUITE);
    await sync();
    give([
      ...goodOrders(101, 20),
      ...Array.from({ length: 5 }, (_, index): Order => ({ id: 200 + index, email: null, channel: 'web' })),
    ]);
    const held = await sync();
    expect(held).toMatchObject({ status: 'failed', failure: { code: 'load_held' } });
    expect(held.failure?.message).toBe('public.orders is held: channel = web: email is 0% filled, limit 95%.');
    expect(held.streams.map(({ status }) => status)).toEqual(['held']);
    expect(await rows()).toBe(100);
    // A load of 25 rows is not measured against min_rows: the table as it would be is.
    expect(await results()).toEqual([
      'fail: channel = web: email is 0% filled, limit 95%',
      'pass: 125 rows, limit at least 100 rows',
      'pass: id is repeated in 0 rows, limit 0',
      'pass: the last published sync is 0m old, limit 1d',
    ]);
    const [worst] = (await suiteResults(context, workspace, suiteId)).results;
    expect(worst?.segments).toMatchObject([
      { segment: 'web', outcome: 'fail' },
      { segment: 'app', outcome: 'pass' },
    ]);
    expect(worst?.samples[0]).toMatchObject({ id: '200', email: null, channel: 'web' });
    expect(await told()).toEqual([expect.stringContaining('Load held: Shop to warehouse: public.orders is held')]);
  });

  test('says which rows failed first and what came with them, and forgets that change with a discarded load', async () => {
    const { sync, give, told, query, context, workspace, runQueued } = await gatedShop(SUITE);
    await sync();
    give([
      ...goodOrders(101, 2),
      ...[204, 205, 206, 207].map((id) => ({ id, email: null, channel: 'web', contact: { email: 'a@b.example' } })),
    ] as Order[]);
    const held = await sync();
    const [message = ''] = await told();
    expect(message.split('\n')).toEqual([
      'Load held: Shop to warehouse: public.orders is held: channel = web: email is 0% filled, limit 95%.',
      `What happened: sync ${held.id} holds its load back in stream orders. Readers keep what was published before.`,
      'Held back: 6 rows.',
      'Likely cause: Schema change in orders: column added, contact, jsonb.',
      'First failing keys of orders (id): 204, 205, 206',
      expect.stringMatching(/^What to do: Look at the failing rows/),
    ]);
    const changes = () => query('select change, field, sync_id::int as sync from schema_change');
    expect(await changes()).toEqual([{ change: 'column_added', field: 'contact', sync: held.id }]);
    const [incident] = await query<{ explanation: string }>('select explanation from incident');
    expect(incident?.explanation).toBe('Schema change in orders: column added, contact, jsonb');
    await decideLoad(context, workspace, held.id, 'discard', { by: 'ada' });
    await runQueued();
    expect(await changes()).toEqual([]);
  });

  test('notes what a released load changes of the table once', async () => {
    const { sync, give, query, context, workspace, runQueued } = await gatedShop(SUITE);
    await sync();
    give([{ id: 500, email: null, contact: 'x' } as Order]);
    const { id } = await sync();
    await decideLoad(context, workspace, id, 'release', { by: 'ada' });
    await runQueued();
    expect(await query('select change, field from schema_change')).toEqual([
      { change: 'column_added', field: 'contact' },
    ]);
  });

  test('releases it: the very rows that were held are published, and people hear of it', async () => {
    const { sync, rows, give, context, workspace, runQueued, told } = await gatedShop(SUITE);
    await sync();
    give([{ id: 500, email: null }]);
    const { id } = await sync();
    give([]);
    await decideLoad(context, workspace, id, 'release', { by: 'ada', reason: 'known' });
    await runQueued();
    const released = await getSync(context, workspace, id);
    expect(released).toMatchObject({ status: 'succeeded', failure: null, attempts: 2 });
    expect(await rows()).toBe(101);
    expect((await told()).slice(1)).toEqual([
      expect.stringContaining('synced again'),
      expect.stringContaining('email'),
    ]);
  });

  test('discards it: its state goes too, and the next sync reads the same records', async () => {
    const { sync, rows, give, context, workspace, runQueued, query } = await gatedShop(SUITE);
    await sync();
    give([{ id: 500, email: null }]);
    const { id } = await sync();
    await decideLoad(context, workspace, id, 'discard', { by: 'ada' });
    await runQueued();
    expect(await getSync(context, workspace, id)).toMatchObject({
      status: 'failed',
      failure: { code: 'load_discarded' },
    });
    expect(await query("select 1 from pg_class where relkind = 'r' and relname like 'stage\\_%'")).toEqual([]);
    give([{ id: 500, email: 'mended@x.de' }]);
    expect(await sync()).toMatchObject({ status: 'succeeded' });
    expect(await rows()).toBe(101);
  });

  test('reads it again in one step when the source is mended', async () => {
    const { sync, rows, give, context, workspace, runQueued, told } = await gatedShop(SUITE);
    await sync();
    give([{ id: 500, email: null }]);
    const { id } = await sync();
    give([{ id: 500, email: 'mended@x.de' }]);
    const { syncId } = await runAgain(context, workspace, id, { by: 'ada' });
    await runQueued();
    expect(await getSync(context, workspace, syncId)).toMatchObject({ status: 'succeeded' });
    expect(await rows()).toBe(101);
    expect((await told()).at(-1)).toContain('synced again');
  });

  test('counts duplicates against the table', async () => {
    const { sync, give, rows } = await gatedShop(
      'dataset: orders\nuniqueness: [{unique_columns: [email], level: block}]',
    );
    await sync();
    give([{ id: 900, email: 'u1@example.com' }]);
    const held = await sync();
    expect(held.failure?.message).toBe('orders is held: email is repeated in 1 row, limit 0.');
    expect(await rows()).toBe(100);
  });

  test('a check that can’t be measured holds the load too', async () => {
    const { sync } = await gatedShop('dataset: orders\nrange: [{column: emial, max: 5, level: block}]');
    const held = await sync();
    expect(held.failure?.code).toBe('load_held');
    expect(held.failure?.message).toContain('has no column emial. Did you mean email?');
  });

  test('puts rows aside where the check says so, and publishes the others', async () => {
    const { sync, give, rows, query, results } = await gatedShop(
      'dataset: orders\nformat: [{column: email, format: email, level: quarantine}]',
    );
    give([...goodOrders(1, 3), { id: 4, email: 'nope' }, { id: 5, email: null }]);
    const ended = await sync();
    expect(ended).toMatchObject({ status: 'succeeded', read: 5, written: 4, quarantined: 1 });
    expect(await rows()).toBe(4);
    expect(await results()).toEqual(['warn: email is not an email address in 1 row, limit 0']);
    expect(await query<JsonObject>("select code, record::json ->> 'id' as id from _weir.quarantine")).toEqual([
      { code: 'check_failed', id: '4' },
    ]);
  });
});

describe('the first load of a table', () => {
  test('gives checks that were there before it their past, from a column of times', async () => {
    const suite = 'dataset: orders\nanomaly: [{metric: rows}]\ncompleteness: [{column: email}]';
    const { sync, give, context, workspace, suiteId } = await gatedShop(suite);
    give(
      goodOrders(1, 60).map((order, day) => ({
        ...order,
        created_at: new Date(Date.UTC(2025, 10, 1 + day)).toISOString(),
      })),
    );
    await sync();
    const { points } = await checkHistory(context, workspace, suiteId, 'orders / anomaly / unusual number of rows');
    expect(points.filter(({ backfilled }) => backfilled).length).toBeGreaterThan(50);
    expect(points.at(-1)).toMatchObject({ value: 60 });
  });
});

describe('a full refresh', () => {
  test('that shrank is held, and the old table stays', async () => {
    const { sync, give, rows } = await gatedShop('dataset: orders\nvolume: [{max_change_pct: 20, level: block}]', {
      syncMode: 'full_refresh',
      destinationSyncMode: 'overwrite',
    });
    await sync();
    give(goodOrders(1, 50));
    const held = await sync();
    expect(held.failure?.message).toBe('orders is held: 50 rows, −50% against the load before, limit 20%.');
    expect(await rows()).toBe(100);
  });
});
