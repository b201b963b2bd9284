import { expect, test } from 'vitest';
import type { ConfiguredStream } from '#lib/catalog.ts';
import { postgres } from '#lib/destinations/postgres/postgres.ts';
import type { JsonObject } from '#lib/json.ts';
import { streamIssues } from './stream-issues.ts';

const kind = { title: 'Postgres', supportedModes: ['append', 'overwrite', 'append_dedup'] as const };

const orders: ConfiguredStream = {
  stream: {
    name: 'orders',
    jsonSchema: { properties: { order_id: {}, created_at: {} } },
    supportedSyncModes: ['full_refresh', 'incremental'],
    sourceDefinedCursor: false,
    defaultCursorField: [],
    sourceDefinedPrimaryKey: [],
  },
  syncMode: 'incremental',
  destinationSyncMode: 'append_dedup',
  cursorField: ['created_at'],
  primaryKey: [['order_id']],
};
const issues = (...streams: ConfiguredStream[]) =>
  streamIssues(streams, kind, { oneNamespace: true }).map(({ path, message }) => `${path}: ${message}`);

test('a stream that can be synced', () => {
  expect(issues(orders)).toEqual([]);
});

test.each<[Partial<ConfiguredStream>, string]>([
  [{ cursorField: [] }, 'streams.0.cursorField: orders needs a cursor to be read incrementally.'],
  [{ cursorField: ['nope'] }, 'streams.0.cursorField: orders has no field named nope.'],
  [{ primaryKey: [] }, 'streams.0.primaryKey: orders needs a key, so that a row is found again.'],
  [{ primaryKey: [['nope']] }, 'streams.0.primaryKey: orders has no field named nope.'],
  [{ destinationSyncMode: 'overwrite' }, 'streams.0.destinationSyncMode: incremental goes with append, append dedup.'],
  [
    { syncMode: 'full_refresh', destinationSyncMode: 'overwrite_dedup' },
    "streams.0.destinationSyncMode: Postgres can't do overwrite dedup.",
  ],
  [
    { stream: { ...orders.stream, supportedSyncModes: ['full_refresh'] } },
    "streams.0.syncMode: orders can't be read incrementally.",
  ],
  [{ selectedFields: ['order_id'] }, 'streams.0.selectedFields: created_at is cursor or key of orders: keep it.'],
])('%o is refused', (change, message) => {
  expect(issues({ ...orders, ...change })).toEqual([message]);
});

test('two streams of one table, and no stream at all', () => {
  const elsewhere = { ...orders, stream: { ...orders.stream, namespace: 'shop' } };
  expect(issues(orders, elsewhere)).toEqual(['streams.1: orders would write the table of stream 1.']);
  expect(streamIssues([orders, elsewhere], kind, { oneNamespace: false })).toEqual([]);
  expect(issues()).toEqual(['streams: Choose at least one stream.']);
});

test('what a destination refuses as it is set up is said with the stream', () => {
  const soft: ConfiguredStream = {
    ...orders,
    ...{ syncMode: 'full_refresh', destinationSyncMode: 'overwrite_dedup', softDelete: true },
  };
  const said = (config: JsonObject) => streamIssues([soft], postgres, { oneNamespace: true, config });
  expect(said({ layout: 'basic' })).toEqual([]);
  const refused = [{ path: 'streams.0', message: expect.stringContaining('can’t be kept and marked') }];
  expect(said({ layout: 'raw' })).toEqual(refused);
  expect(said({ disable_type_dedupe: true })).toEqual(refused);
});
