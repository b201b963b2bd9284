import { describe, expect, test } from 'vitest';
import { NO_COUNTS } from '#lib/destinations/destination.ts';
import { customers } from '#lib/destinations/fixtures/customers.ts';
import type { JsonObject } from '#lib/json.ts';
import { decideLoad } from '#lib/sync/held-loads.ts';
import { listQuarantine } from '#lib/sync/quarantine.ts';
import { insertSync } from '#lib/sync/store.ts';
import { openGate } from '#quality/gate.ts';
import { gateResults } from '#quality/result-store.ts';
import { listSuggestions } from '#quality/suggest/profile-new-tables.ts';
import { goodOrders } from '#tests/harness/orders.ts';
import { lake } from './fixtures/lake.ts';

const SUITE = `dataset: orders
volume: [{min_rows: 100}]
completeness: [{column: email}]
freshness: [{max_age_hours: 24}]
distribution: [{column: id, expected_min: 1, expected_mean_range: [0, 1000]}]`;

describe('checks of a stream in a bucket', () => {
  test('follow the loads without reading the bucket', async () => {
    const { sync, give, results } = await lake([SUITE]);
    expect((await sync()).failure).toBeNull();
    expect(await results()).toEqual({
      said: [
        'pass: 100 rows, limit at least 100 rows',
        'pass: email is 100% filled, limit 100%',
        'pass: the last published sync is 0m old, limit 1d',
        'pass: the mean of id is 50.5, limit 0 to 1,000',
        'pass: the minimum of id is 1, limit at least 1',
      ],
      unread: [],
      bytesRead: null,
    });
    give([...goodOrders(101, 2), { id: 300, email: null }]);
    await sync();
    const { said, unread, bytesRead } = await results();
    expect({ unread, bytesRead }).toEqual({ unread: [], bytesRead: null });
    expect(said).toContain('pass: 103 rows, limit at least 100 rows');
    expect(said).toContainEqual(expect.stringMatching(/^fail: email is 99[.\d]*% filled/));
  });

  test('say what they would have to read for what nobody knows, read it when asked, and know it from then on', async () => {
    const { sync, give, results, add, ask } = await lake([]);
    await sync();
    await add(`${SUITE}\nuniqueness: [{unique_columns: [id]}]`);
    give(goodOrders(101, 20));
    await sync();
    const first = await results();
    expect(first.unread).toEqual([{ table: 'orders', checks: 4, bytes: expect.any(Number) }]);
    expect(first.unread[0]?.bytes).toBeGreaterThan(1_000);
    expect(first.bytesRead).toBeNull();
    // How many rows there are, its commits say.
    expect(first.said).toEqual([
      'pass: 120 rows, limit at least 100 rows',
      'pass: the last published sync is 0m old, limit 1d',
    ]);
    await ask();
    const asked = await results();
    expect(asked.unread).toEqual([]);
    expect(asked.bytesRead).toBe(first.unread[0]?.bytes);
    expect(asked.said).toHaveLength(6);
    give([{ id: 121, email: null }]);
    await sync();
    const next = await results();
    // What repeats can't be told from the load alone.
    expect(next.unread).toMatchObject([{ table: 'orders', checks: 1 }]);
    expect(next.bytesRead).toBeNull();
    expect(next.said).toContainEqual(expect.stringMatching(/^fail: email is 99[.\d]*% filled/));
    expect(next.said).toContain('pass: id is repeated in 0 rows, limit 0');
  });

  test('put rows aside before they are uploaded', async () => {
    const { sync, give, results, context, workspace, connection } = await lake([
      'dataset: orders\nformat: [{column: email, format: email, level: quarantine}]\nvolume: [{min_rows: 4}]',
    ]);
    give([...goodOrders(1, 3), { id: 4, email: 'nope' }, { id: 5, email: null }]);
    expect(await sync()).toMatchObject({ status: 'succeeded', read: 5, written: 4, quarantined: 1 });
    expect((await results()).said).toEqual([
      'pass: 4 rows, limit at least 4 rows',
      'warn: email is not an email address in 1 row, limit 0',
    ]);
    const { rows } = await listQuarantine(context, workspace, connection, { limit: 10 });
    expect(rows).toMatchObject([{ code: 'check_failed', table: 'orders' }]);
    expect(JSON.parse(rows[0]?.record ?? '')).toMatchObject({ id: 4, email: 'nope' });
  });

  test('know the table after a held load was released, and after one was dropped', async () => {
    const { sync, give, results, runQueued, context, workspace } = await lake([
      'dataset: orders\nvolume: [{min_rows: 100}]\ncompleteness: [{column: email, level: block}]\ndistribution: [{column: id, expected_max: 1000}]',
    ]);
    await sync();
    for (const [decision, id] of [
      ['release', 200],
      ['discard', 201],
    ] as const) {
      give([{ id, email: null }]);
      const held = await sync();
      expect(held.failure?.code).toBe('load_held');
      await decideLoad(context, workspace, held.id, decision, { by: 'ada' });
      await runQueued();
    }
    give(goodOrders(101, 1));
    await sync();
    const { said, unread } = await results();
    expect(unread).toEqual([]);
    expect(said).toContain('pass: 102 rows, limit at least 100 rows');
    expect(said.join()).toContain('200');
  });

  test('of several suites are measured together, and each tells of its own', async () => {
    const { sync, results } = await lake([
      'dataset: orders\ncompleteness: [{column: email, name: same}]',
      'dataset: orders\ncompleteness: [{column: id, name: same, level: block}]',
      'dataset: orders\nreferential: [{columns: [id], references: {table: users, columns: [id]}}]',
    ]);
    await sync();
    expect((await results(0)).said).toEqual(['pass: email is 100% filled, limit 100%']);
    expect((await results(1)).said).toEqual(['pass: id is 100% filled, limit 100%']);
    // Another table is not beside a load on its way.
    expect(await results(2)).toMatchObject({ said: [], unread: [{ table: 'orders', checks: 1 }] });
  });

  test('look at all folders of a load that is laid out by date', async () => {
    const { sync, give, results } = await lake([SUITE], { partition_column: 'at' });
    give(goodOrders(1, 100).map((order, index) => ({ ...order, at: `2026-01-0${1 + (index % 3)}T00:00:00Z` })));
    await sync();
    expect((await results()).said).toContain('pass: 100 rows, limit at least 100 rows');
  });

  test('follow a load that is published in parts', async () => {
    const { context, bucket, workspace, connection, suiteIds } = await lake([SUITE]);
    const syncId =
      (await insertSync(context.db, { workspaceId: workspace, connectionId: connection, trigger: 'manual' })) ?? 0;
    const signal = new AbortController().signal;
    const of = { workspaceId: workspace, connectionId: connection, syncId, fence: 0 };
    const gate = await openGate(context, of, signal);
    const destination = bucket.open();
    const attempt = { connectionId: connection, syncId, attempt: 1, fence: 1 };
    const stage = await (await destination.begin(attempt)).stage(customers('append', { table: 'orders' }));
    for (const [slice, complete] of [
      ['a', false],
      ['b', false],
      ['c', true],
    ] as const) {
      const records = [
        { id: 1, email: 'x' },
        { id: 2, email: slice === 'b' ? null : 'x' },
      ];
      await stage.write({ slice, page: 1, records });
      const counts = await stage.checkpoint({ state: {}, openSlices: [], counts: { ...NO_COUNTS, read: 2 } });
      await gate.observe({ namespace: '', name: 'orders' }, stage, { complete, load: counts });
      await stage.publish({ complete });
    }
    await destination.close();
    const said = await gateResults(context.db, suiteIds[0] ?? '', syncId);
    expect(said.map(({ message }) => message).toSorted()).toEqual([
      '6 rows, limit at least 100 rows',
      expect.stringMatching(/^email is 83[.\d]*% filled, limit 100%/),
      'the mean of id is 1.5, limit 0 to 1,000',
      'the minimum of id is 1, limit at least 1',
    ]);
  });

  test.each<[string, JsonObject]>([
    ['Parquet', {}],
    ['JSONL', { format: { format_type: 'JSONL' } }],
    ['CSV', { format: { format_type: 'CSV' } }],
  ])('are suggested from the first load on its way, of %s', async (_name, config) => {
    const { sync, give, context, workspace, connection } = await lake([], config);
    give(goodOrders(1, 500));
    await sync();
    const [found] = await listSuggestions(context, workspace, connection);
    expect(found).toMatchObject({ table: 'orders', columns: expect.arrayContaining(['id', 'email']) });
    expect(found?.suggestions.map(({ kind, params }) => `${kind} ${JSON.stringify(params)}`)).toEqual(
      expect.arrayContaining([
        'volume {"min_rows":250,"max_change_pct":50}',
        'uniqueness {"unique_columns":["id"]}',
        'format {"column":"email","format":"email"}',
      ]),
    );
  });
});
