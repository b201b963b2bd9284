import type { Layout, TableKind } from './layout.ts';

/** Airbyte's own columns, as its direct-load tables have them. They follow the data columns. */
const DIRECT_TABLE: TableKind = {
  meta: [
    { name: '_airbyte_raw_id', type: 'varchar(36) not null', from: '_airbyte_raw_id' },
    { name: '_airbyte_extracted_at', type: 'timestamp with time zone not null', from: '_airbyte_extracted_at' },
    { name: '_airbyte_meta', type: 'jsonb not null', from: '_airbyte_meta' },
    { name: '_airbyte_generation_id', type: 'bigint', from: '_airbyte_generation_id' },
  ],
  indexes: ['_airbyte_extracted_at'],
  recordId: '_airbyte_raw_id',
  sameAsStage: true,
};

/** One typed table per stream; what is nested stays JSON. */
export const direct: Layout = {
  name: 'direct',
  title: 'Typed tables',
  relation: (stream) => stream,
  wanted: (stream) => stream,
  kind: DIRECT_TABLE,
  target: (target) => target,
  ownColumns: () => [],
  sides: () => [],
  side: () => {
    throw new Error('a typed table has no others beside it');
  },
  lay: null,
  refusesMisfits: false,
  marksVanished: true,
};
