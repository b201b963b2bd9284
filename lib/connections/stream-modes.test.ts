import { describe, expect, test } from 'vitest';
import type { StreamDescriptor } from '#lib/catalog.ts';
import { modesOf, suggest } from './stream-modes.ts';

const orders: StreamDescriptor = {
  name: 'orders',
  jsonSchema: {},
  supportedSyncModes: ['full_refresh', 'incremental'],
  sourceDefinedCursor: true,
  defaultCursorField: ['updated_at'],
  sourceDefinedPrimaryKey: [['id']],
};
const POSTGRES = ['append', 'overwrite', 'append_dedup', 'overwrite_dedup'] as const;
const S3 = ['append', 'overwrite'] as const;

describe('what a new connection proposes', () => {
  test('with cursor and key: only what changed, deduplicated', () => {
    expect(suggest(orders, POSTGRES)).toMatchObject({
      syncMode: 'incremental',
      destinationSyncMode: 'append_dedup',
      cursorField: ['updated_at'],
      primaryKey: [['id']],
    });
  });

  test('without a key: nothing that needs one', () => {
    expect(suggest({ ...orders, sourceDefinedPrimaryKey: [] }, POSTGRES)).toMatchObject({
      syncMode: 'incremental',
      destinationSyncMode: 'append',
    });
  });

  test('without a cursor: a full refresh that overwrites', () => {
    const plain = {
      ...orders,
      supportedSyncModes: ['full_refresh' as const],
      sourceDefinedCursor: false,
      defaultCursorField: [],
      sourceDefinedPrimaryKey: [],
    };
    expect(suggest(plain, POSTGRES)).toMatchObject({ syncMode: 'full_refresh', destinationSyncMode: 'overwrite' });
  });

  test('for a bucket: nothing that deduplicates', () => {
    expect(modesOf(orders, S3).map((mode) => mode.id)).toEqual([
      'incremental_append',
      'full_refresh_overwrite',
      'full_refresh_append',
    ]);
  });
});
