import { randomUUID } from 'node:crypto';
import type { FileFormat, OutputColumn } from '../formats/format.ts';
import { type FileFacts, type Layout, member, type StagedTable } from './layout.ts';
import { TableLines } from './table-lines.ts';

export const META_STRUCTURE =
  '{"sync_id":"BIGINT","changes":[{"field":"VARCHAR","change":"VARCHAR","reason":"VARCHAR"}]}';

/** One typed table, with Airbyte's columns of today in front. */
export const direct: Layout = (target, saved, syncId) => {
  const rows = new TableLines(0, '', target, saved);
  const table = (): StagedTable => ({
    id: 0,
    name: target.table,
    columns: rows.columns,
    exact: rows.exact,
    extra: ['_airbyte_raw_id', '_airbyte_meta'],
    select: (format, values, facts) => [...metaColumns(format, facts), ...values],
  });
  return {
    lines: (records, place) =>
      rows.lines(
        records,
        ({ changes, record, row }) =>
          place(record, row) +
          member('_airbyte_raw_id', randomUUID()) +
          member('_airbyte_meta', JSON.stringify({ sync_id: syncId, changes })),
      ),
    tables: () => ({ main: table(), all: [table()] }),
    saved: () => [rows.saved],
    records: () => ({ table: table(), id: '_airbyte_raw_id', record: (text) => rows.record(text) }),
    columnOf: target.selectedFields ? null : (field) => rows.columns.find((column) => column.field === field),
  };
};

export function metaColumns(format: FileFormat, { emittedAt, generation, meta }: FileFacts): OutputColumn[] {
  return [
    { name: '_airbyte_raw_id', sql: '_airbyte_raw_id', type: 'varchar' },
    { name: '_airbyte_extracted_at', sql: format.instant(emittedAt), type: format.instantType },
    { name: '_airbyte_generation_id', sql: `${Math.trunc(generation)}::bigint`, type: 'bigint' },
    { name: '_airbyte_meta', sql: format.json(meta, META_STRUCTURE), type: 'json' },
  ];
}
