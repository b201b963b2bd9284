import { describe, expect, test } from 'vitest';
import type { ConfiguredStream, DestinationSyncMode } from '#lib/catalog.ts';
import { toWire } from '../../../../_components/wire.ts';
import { cannotBackfill, planOf } from './task-plan.ts';

const streamOf = (destinationSyncMode: DestinationSyncMode, more: Partial<ConfiguredStream> = {}) =>
  toWire<ConfiguredStream>({
    stream: {
      name: 'orders',
      jsonSchema: {},
      supportedSyncModes: ['full_refresh', 'incremental'],
      ...{ sourceDefinedCursor: false, defaultCursorField: [], sourceDefinedPrimaryKey: [] },
    },
    syncMode: destinationSyncMode.startsWith('append') ? 'incremental' : 'full_refresh',
    ...{ destinationSyncMode, cursorField: ['updated_at'], primaryKey: [['shop'], ['id']] },
    ...more,
  });
const warehouse = { table: 'public.orders', destination: 'postgres' };

describe('what will happen', () => {
  test('a refresh that replaces says when, and what readers see until then', () => {
    expect(planOf({ kind: 'refresh', keepHistory: false }, streamOf('append_dedup'), warehouse)).toEqual([
      'Reads orders from the beginning, whatever was read before.',
      'Replaces what public.orders holds when all is read, in one transaction. Until then readers see the rows of now.',
      'Later syncs go on from where this one ends.',
    ]);
    const lake = { table: 'orders', destination: 's3' };
    expect(planOf({ kind: 'refresh', keepHistory: false }, streamOf('overwrite'), lake)[1]).toBe(
      'Adds the new files of orders when all is read, then takes the old ones away.',
    );
  });

  test('one that keeps history says what becomes of the rows that are there', () => {
    const second = (mode: DestinationSyncMode) =>
      planOf({ kind: 'refresh', keepHistory: true }, streamOf(mode), warehouse)[1];
    expect(second('append')).toContain('beside what is there');
    expect(second('append_dedup')).toBe(
      'Merges into public.orders by shop and id. Rows that the source no longer has stay.',
    );
    expect(second('overwrite')).toContain('Replaces');
  });

  test('a backfill names its range, its key, and what stays', () => {
    expect(
      planOf({ kind: 'backfill', from: '2026-01-01', to: '2026-01-31' }, streamOf('append_dedup'), warehouse),
    ).toEqual([
      'Reads orders from updated_at 2026-01-01 up to 2026-01-31. What the source gives outside of that is left out, and counted as filtered.',
      'Merges into public.orders by shop and id. Rows of the table with a newer updated_at stay as they are.',
      'Leaves the state alone: the next sync goes on from where the last one ended.',
    ]);
  });
});

test('a stream that can’t be backfilled says why', () => {
  expect(cannotBackfill(streamOf('append_dedup'))).toBeNull();
  expect(cannotBackfill(streamOf('append'))).toContain('merge by key');
  expect(cannotBackfill(streamOf('overwrite'))).toContain('incremental');
  expect(cannotBackfill(streamOf('append_dedup', { cursorField: [] }))).toContain('no cursor');
});
