import { expect, test } from 'vitest';
import type { StreamDescriptor } from '#lib/catalog.ts';
import { schemaChanges } from '#lib/connections/schema-changes.ts';
import { extractContext, fakeSource } from './fixtures/fake-source.ts';
import { testService } from './fixtures/service.ts';
import { propagateStreams } from './propagate-streams.ts';
import { configuredStreams } from './store.ts';

const offered = (name: string, properties: object = {}): StreamDescriptor => ({
  name,
  jsonSchema: { type: 'object', properties } as StreamDescriptor['jsonSchema'],
  supportedSyncModes: ['full_refresh', 'incremental'],
  ...{ sourceDefinedCursor: true, defaultCursorField: ['at'], sourceDefinedPrimaryKey: [['id']] },
});

test('a connection that takes everything takes new streams, lets gone ones go, and follows schemas', async () => {
  const { db, workspaceId, connectionId, query } = await testService();
  const [sync] = await query<{ id: number }>(
    `insert into syncs (workspace_id, connection_id, trigger) values ($1, $2, 'manual') returning id::int`,
    [workspaceId, connectionId],
  );
  const offer = { workspaceId, connectionId, syncId: sync?.id ?? 0 };
  const propagate = (streams: StreamDescriptor[]) =>
    propagateStreams(db, offer, {
      source: { ...fakeSource({}), discover: async () => streams },
      ...{ config: {}, extract: extractContext() },
    });
  expect(await propagate([offered('orders'), offered('users')])).toBe(true);
  expect(await propagate([offered('orders'), offered('users')])).toBe(false);
  expect(await propagate([offered('orders', { total: {} }), offered('items')])).toBe(true);
  const streams = (await configuredStreams(db, connectionId)).map(({ configured }) => configured);
  expect(streams).toMatchObject([
    { stream: offered('orders', { total: {} }), destinationSyncMode: 'append_dedup' },
    { stream: { name: 'items' }, syncMode: 'incremental' },
  ]);
  const changes = await schemaChanges({ db }, workspaceId, connectionId);
  expect(changes.map(({ change, stream }) => `${change} ${stream}`)).toEqual([
    'stream_removed users',
    'stream_added items',
    'stream_added users',
    'stream_added orders',
  ]);
});

test('a source that offers nothing changes nothing: that is a fault, not a schema', async () => {
  const { db, workspaceId, connectionId } = await testService();
  const offer = { workspaceId, connectionId, syncId: 1 };
  const source = fakeSource({});
  expect(await propagateStreams(db, offer, { source, config: {}, extract: extractContext() })).toBe(false);
});
