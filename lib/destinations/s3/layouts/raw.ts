import { randomUUID } from 'node:crypto';
import type { JsonObject } from '#lib/json.ts';
import { jsonText } from '#lib/records/index.ts';
import { rawTableName } from '../../layout.ts';
import type { FileFormat, OutputColumn } from '../formats/format.ts';
import { metaColumns } from './direct.ts';
import { type FileFacts, type Layout, member, type StagedTable, selectedPart } from './layout.ts';

/** Only the raw table, as Airbyte wrote it before destinations typed. */
export const raw: Layout = (target) =>
  oneJsonTable(rawTable(0, target.table), (record) => rawMembers(randomUUID(), selectedPart(record, target)));

/** The record as JSON beside Airbyte's columns of today: what `No flattening` asks for. */
export const unflattened: Layout = (target, _saved, syncId) => {
  const table: StagedTable = {
    id: 0,
    name: target.table,
    columns: [],
    exact: new Set(),
    extra: ['_airbyte_raw_id', '_airbyte_meta', '_airbyte_data'],
    select: (format, _values, facts) => [...metaColumns(format, facts), dataColumn(format)],
  };
  const meta = member('_airbyte_meta', JSON.stringify({ sync_id: syncId, changes: [] }));
  return oneJsonTable(
    table,
    (record) => member('_airbyte_raw_id', randomUUID()) + meta + dataMember(selectedPart(record, target)),
  );
};

export const AB_ID: OutputColumn = { name: '_airbyte_ab_id', sql: '_airbyte_ab_id' };

export function rawTable(id: number, stream: string): StagedTable {
  return {
    id,
    name: rawTableName(stream),
    columns: [],
    exact: new Set(),
    extra: ['_airbyte_ab_id', '_airbyte_data'],
    select: (format, _values, facts) => [AB_ID, emittedColumn(format, facts), dataColumn(format)],
  };
}

export function rawMembers(abId: string, record: JsonObject): string {
  return member('_airbyte_ab_id', abId) + dataMember(record);
}

export function emittedColumn(format: FileFormat, { emittedAt }: FileFacts): OutputColumn {
  return { name: '_airbyte_emitted_at', sql: format.instant(emittedAt) };
}

function oneJsonTable(table: StagedTable, members: (record: JsonObject) => string): ReturnType<Layout> {
  return {
    lines: (records, place) =>
      records.map((record) => `,"_weir_table":"${table.id}"${place(record)}${members(record)}`),
    tables: () => ({ main: table, all: [table] }),
    saved: () => [],
    columnOf: null,
  };
}

/** A record that nests too deep for any reader keeps its row, without its data. */
function dataMember(record: JsonObject): string {
  return member('_airbyte_data', jsonText(record) ?? '{}');
}

function dataColumn(format: FileFormat): OutputColumn {
  return { name: '_airbyte_data', sql: format.json('_airbyte_data') };
}
