import { describe, expect, test } from 'vitest';
import type { StreamDescriptor } from '#lib/catalog.ts';
import type { JsonObject } from '#lib/json.ts';
import {
  hasGaps,
  readPublicStreams,
  readSyncCatalog,
  toDiscovered,
  toPublicStream,
  toSyncCatalogStream,
} from './catalog.ts';

const ORDERS: StreamDescriptor = {
  name: 'orders',
  jsonSchema: { type: 'object', properties: { id: {}, at: {} } },
  supportedSyncModes: ['full_refresh', 'incremental'],
  sourceDefinedCursor: true,
  defaultCursorField: ['at'],
  sourceDefinedPrimaryKey: [['id']],
};
const FREE: StreamDescriptor = {
  ...ORDERS,
  name: 'free',
  sourceDefinedCursor: false,
  defaultCursorField: [],
  sourceDefinedPrimaryKey: [],
};

describe('a syncCatalog', () => {
  test('keeps what it was when it is read back', () => {
    const [stream] = readSyncCatalog({ streams: [toDiscovered(ORDERS)] }, []);
    expect(stream).toMatchObject({ syncMode: 'incremental', destinationSyncMode: 'append_dedup', stream: ORDERS });
    expect(readSyncCatalog({ streams: [toSyncCatalogStream(stream as never)] }, [])).toEqual([stream]);
  });

  test('leaves out what is not selected, and takes what is missing from what was discovered', () => {
    const streams: JsonObject[] = [
      { stream: { name: 'orders' }, config: { syncMode: 'incremental' } },
      { stream: { name: 'free' }, config: { selected: false } },
    ];
    expect(hasGaps({ streams })).toBe(true);
    expect(readSyncCatalog({ streams }, [ORDERS, FREE])).toMatchObject([
      {
        stream: ORDERS,
        syncMode: 'incremental',
        destinationSyncMode: 'append',
        cursorField: ['at'],
        primaryKey: [['id']],
      },
    ]);
  });

  test('takes keys as a list of names, a cursor as a text, and the fields that are selected', () => {
    const config = {
      ...{ syncMode: 'incremental', destinationSyncMode: 'append_dedup', primaryKey: ['id'], cursorField: 'at' },
      ...{ fieldSelectionEnabled: true, selectedFields: [{ fieldPath: ['id'] }, { fieldPath: ['at'] }] },
      mappers: [{ id: 'm', type: 'hashing', mapperConfiguration: { targetField: 'id', method: 'SHA-256' } }],
    };
    expect(readSyncCatalog({ streams: [{ stream: { name: 'free' }, config }] }, [FREE])).toMatchObject([
      { primaryKey: [['id']], cursorField: ['at'], selectedFields: ['id', 'at'], mappers: [{ type: 'hashing' }] },
    ]);
  });

  test('hashes what is to be hashed in the old way, and once what is told in both', () => {
    const mapper = { type: 'hashing', mapperConfiguration: { targetField: 'id', method: 'MD5', fieldNameSuffix: '' } };
    const config = { hashedFields: [{ fieldPath: ['id'] }, { fieldPath: ['name'] }], mappers: [mapper] };
    const name = { targetField: 'name', method: 'SHA-256', fieldNameSuffix: '_hashed' };
    expect(readSyncCatalog({ streams: [{ stream: { name: 'free' }, config }] }, [FREE])).toMatchObject([
      { mappers: [mapper, { type: 'hashing', mapperConfiguration: name }] },
    ]);
  });
});

describe('the streams of the public API', () => {
  test('are all that the source offers, in full, when none is named', () => {
    expect(readPublicStreams(undefined, [ORDERS, FREE]).map(toPublicStream)).toMatchObject([
      { name: 'orders', syncMode: 'full_refresh_overwrite' },
      { name: 'free', syncMode: 'full_refresh_overwrite' },
    ]);
  });

  test.each([
    ['full_refresh_overwrite'],
    ['full_refresh_overwrite_deduped'],
    ['full_refresh_append'],
    ['incremental_append'],
    ['incremental_deduped_history'],
  ])('keep their mode: %s', (syncMode) => {
    const [stream] = readPublicStreams({ streams: [{ name: 'orders', syncMode }] }, [ORDERS]);
    expect(toPublicStream(stream as never)).toMatchObject({ syncMode });
  });

  test('are refused with every problem: unknown streams, unknown modes, a cursor that the source defines otherwise', () => {
    const streams: JsonObject[] = [
      { name: 'ordrs' },
      { name: 'orders', syncMode: 'sometimes' },
      { name: 'orders', syncMode: 'incremental_append', cursorField: ['id'] },
    ];
    const paths = (): string[] => {
      try {
        readPublicStreams({ streams }, [ORDERS]);
        return [];
      } catch (error) {
        return (error as { issues: { path: string }[] }).issues.map(({ path }) => path);
      }
    };
    expect(paths()).toEqual([
      'configurations.streams.0.name',
      'configurations.streams.1.syncMode',
      'configurations.streams.2.cursorField',
    ]);
  });
});
