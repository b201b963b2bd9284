import { randomUUID } from 'node:crypto';
import type { JsonObject } from '#lib/json.ts';
import { jsonText, type Refusal } from '#lib/records/index.ts';
import type { TargetStream } from '../../destination.ts';
import { rawTableName } from '../../layout.ts';
import type { FileFormat, OutputColumn } from '../formats/format.ts';
import { metaColumns } from './direct.ts';
import { type FileFacts, type Layout, member, type RecordLines, type StagedTable, selectedPart } from './layout.ts';

/** Only the raw table, as Airbyte wrote it before destinations typed. */
export const raw: Layout = (target) =>
  oneJsonTable(rawRecords(0, target.table), target, (data) => rawMembers(randomUUID(), data));

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
    { table, id: '_airbyte_raw_id', record: dataOf },
    target,
    (data) => member('_airbyte_raw_id', randomUUID()) + meta + dataMember(data),
  );
};

export const AB_ID: OutputColumn = { name: '_airbyte_ab_id', sql: '_airbyte_ab_id', type: 'varchar' };

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

/** The raw table as the one that holds the records. */
export function rawRecords(id: number, stream: string): RecordLines {
  return { table: rawTable(id, stream), id: '_airbyte_ab_id', record: dataOf };
}

function dataOf(text: (column: string) => string | null): string {
  return text('_airbyte_data') ?? '{}';
}

export function rawMembers(abId: string, data: string): string {
  return member('_airbyte_ab_id', abId) + dataMember(data);
}

/** The record as JSON, or why it has none. */
export function rawData(record: JsonObject, row: number, target: TargetStream): { data: string } | Refusal {
  const data = jsonText(selectedPart(record, target));
  if (data !== undefined) return { data };
  return { row, record, code: 'bad_value', reason: 'The record nests too deep to be written as JSON.' };
}

export function emittedColumn(format: FileFormat, { emittedAt }: FileFacts): OutputColumn {
  return { name: '_airbyte_emitted_at', sql: format.instant(emittedAt), type: format.instantType };
}

function oneJsonTable(
  records: RecordLines,
  target: TargetStream,
  members: (data: string) => string,
): ReturnType<Layout> {
  const { table } = records;
  return {
    lines(page, place) {
      const lines: string[] = [];
      const refusals: Refusal[] = [];
      for (const [index, record] of page.entries()) {
        const read = rawData(record, index + 1, target);
        if ('data' in read) lines.push(`,"_weir_table":"${table.id}"${place(record, index + 1)}${members(read.data)}`);
        else refusals.push(read);
      }
      return { lines, refusals };
    },
    tables: () => ({ main: table, all: [table] }),
    saved: () => [],
    records: () => records,
    columnOf: null,
  };
}

function dataMember(data: string): string {
  return member('_airbyte_data', data);
}

function dataColumn(format: FileFormat): OutputColumn {
  return { name: '_airbyte_data', sql: format.json('_airbyte_data'), type: 'json' };
}
