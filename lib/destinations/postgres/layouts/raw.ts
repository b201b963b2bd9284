import type { DestinationSyncMode } from '#lib/catalog.ts';
import type { Column } from '#lib/records/index.ts';
import { type Layout, selected, sideRelation, type TableKind } from './layout.ts';

/** No field maps to it. */
export const DATA_FIELD = '\u0002data';
export const DATA_COLUMN: Column = { field: DATA_FIELD, name: '_airbyte_data', type: 'json', declared: true };
const ONLY_DATA = { type: 'object', properties: {} };

export const RAW_TABLE: TableKind = {
  meta: [
    { name: '_airbyte_ab_id', type: 'varchar(36) not null', from: '_airbyte_raw_id' },
    { name: '_airbyte_emitted_at', type: 'timestamp with time zone not null', from: '_airbyte_extracted_at' },
  ],
  indexes: ['_airbyte_emitted_at'],
  recordId: '_airbyte_ab_id',
  sameAsStage: false,
};

/** A raw table keeps what came, in every mode: what is newest is for its readers to say. */
const WITHOUT_DEDUP: Readonly<Record<DestinationSyncMode, DestinationSyncMode>> = {
  append: 'append',
  append_dedup: 'append',
  overwrite: 'overwrite',
  overwrite_dedup: 'overwrite',
};

export function rawRelation(stream: string): string {
  return sideRelation(stream, '\u0002raw');
}

export function rawTable(stream: string): string {
  return `_airbyte_raw_${stream}`;
}

/** `_airbyte_raw_<stream>` and nothing else: each record as JSON, for models that do the rest. */
export const raw: Layout = {
  name: 'raw',
  title: 'Raw tables only',
  relation: rawRelation,
  wanted: rawTable,
  kind: RAW_TABLE,
  target: (target) => ({
    ...target,
    stream: { ...target.stream, jsonSchema: ONLY_DATA },
    destinationSyncMode: WITHOUT_DEDUP[target.destinationSyncMode],
    primaryKey: [],
    cursorField: [],
    selectedFields: [DATA_FIELD],
  }),
  ownColumns: () => [DATA_COLUMN],
  sides: () => [],
  side: () => {
    throw new Error('a raw table has no others beside it');
  },
  lay: (target, record) => ({ main: { [DATA_FIELD]: selected(target, record) }, sides: [] }),
  refusesMisfits: true,
  marksVanished: false,
};
