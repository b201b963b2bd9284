import { randomUUID } from 'node:crypto';
import type { JsonObject } from '#lib/json.ts';
import {
  type FlatRow,
  flatFieldName,
  flattenRecord,
  flattenSchema,
  lastPart,
  parentPath,
  plainName,
  type Refusal,
  tableName,
  takesList,
} from '#lib/records/index.ts';
import type { TargetStream } from '../../destination.ts';
import {
  type LaidLines,
  type Layout,
  member,
  type PlaceOf,
  type SavedTable,
  type StagedTable,
  selectedPart,
} from './layout.ts';
import { AB_ID, emittedColumn, rawData, rawMembers, rawRecords, rawTable } from './raw.ts';
import { TableLines } from './table-lines.ts';

const RAW_ID = 0;
const ROOT = '';

/** A flat row with the id that its record has in the raw table. */
interface Placed extends FlatRow {
  readonly abId: string;
  readonly place: string;
}

/**
 * Airbyte's basic normalization: the raw table, the stream's flat table, and a table for each array of objects. Parent and child carry
 * the parent's `_airbyte_<table>_hashid`.
 */
export const basic: Layout = (target, saved) => {
  const tables = flatTables(target, saved);
  const childLines = (records: readonly LaidRecord[], leftOut: Set<string>) => {
    const byPath = new Map<string, Placed[]>();
    for (const child of records.flatMap(({ children }) => children)) {
      const rows = byPath.get(child.path);
      if (rows) rows.push(child);
      else byPath.set(child.path, [child]);
    }
    return [...byPath].flatMap(([path, rows]) => {
      if (!tables.has(path) && !takesList(target, path)) {
        leftOut.add(path);
        return [];
      }
      const { lines, leftOut: fields = [] } = tables.of(path).write(rows);
      for (const field of fields) leftOut.add(`${path}\u0000${field}`);
      return lines;
    });
  };
  return {
    lines(records, place) {
      const { laid, refusals: unwritable } = layOut(records, target, place);
      const own = tables.of(ROOT).write(laid.map(({ own: row }) => row));
      const refused = new Set(own.refusals.map(({ row }) => row));
      const kept = laid.filter((_record, index) => !refused.has(index + 1));
      const refusals = own.refusals.map((refusal) => {
        const { record, row } = laid[refusal.row - 1] as LaidRecord;
        return { ...refusal, record, row };
      });
      const raw = kept.map(
        ({ own: { abId, place: at }, data }) => `,"_weir_table":"${RAW_ID}"${at}${rawMembers(abId, data)}`,
      );
      const leftOut = new Set(own.leftOut);
      const lines = [...raw, ...own.lines, ...childLines(kept, leftOut)];
      return { lines, refusals: [...unwritable, ...refusals], leftOut };
    },
    tables() {
      const all = tables.all().map((table) => table.staged());
      const main = all.find((table) => table.id === RAW_ID + 1) ?? rawTable(RAW_ID, target.table);
      return { main, all: [rawTable(RAW_ID, target.table), ...all] };
    },
    saved: () => tables.all().map((table) => table.lines.saved),
    records: () => rawRecords(RAW_ID, target.table),
    columnOf: null,
  };
};

/** A record with the rows that it becomes. */
interface LaidRecord {
  readonly row: number;
  readonly record: JsonObject;
  readonly data: string;
  readonly own: Placed;
  readonly children: readonly Placed[];
}

function layOut(
  records: readonly JsonObject[],
  target: TargetStream,
  place: PlaceOf,
): { laid: LaidRecord[]; refusals: Refusal[] } {
  const laid: LaidRecord[] = [];
  const refusals: Refusal[] = [];
  for (const [index, record] of records.entries()) {
    const read = rawData(record, index + 1, target);
    if (!('data' in read)) {
      refusals.push(read);
      continue;
    }
    const selected = selectedPart(record, target);
    const shared = { abId: randomUUID(), place: place(selected, index + 1) };
    const [own, ...children] = flattenRecord(selected).map((row) => ({ ...row, ...shared }));
    if (own) laid.push({ row: index + 1, record, data: read.data, own, children });
  }
  return { laid, refusals };
}

interface FlatTable {
  readonly lines: TableLines;
  write(rows: readonly Placed[]): LaidLines;
  staged(): StagedTable;
}

/** The stream's flat tables: its own first, then those that were known, then new ones as they come. */
function flatTables(target: TargetStream, saved: readonly SavedTable[]) {
  const schemas = flattenSchema(target.stream.jsonSchema);
  const tables = new Map<string, FlatTable>();
  const taken = new Set([target.table.toLowerCase()]);
  const of = (path: string): FlatTable => {
    const known = tables.get(path);
    if (known) return known;
    const name = path === ROOT ? target.table : tableName(flatFieldName(`${target.table}_${path}`), taken);
    taken.add(name.toLowerCase());
    const lines = new TableLines(RAW_ID + 1 + tables.size, path, flatStream(target, path, schemas.get(path)), saved);
    const table = flatTable(name, lines, hashColumns(target.table, path, [...tables.keys()]));
    tables.set(path, table);
    return table;
  };
  for (const path of [ROOT, ...saved.map((table) => table.path), ...schemas.keys()]) of(path);
  return { of, has: (path: string) => tables.has(path), all: () => [...tables.values()] };
}

/** Names of the columns that hold a row's own hash id and its parent's. */
function hashColumns(table: string, path: string, paths: readonly string[]): { own: string; parent: string | null } {
  const named = (name: string) => `_airbyte_${plainName(name)}_hashid`;
  if (path === ROOT) return { own: named(table), parent: null };
  const above = parentPath(path, paths);
  return { own: named(lastPart(path)), parent: named(above === ROOT ? table : lastPart(above)) };
}

function flatTable(name: string, lines: TableLines, hash: ReturnType<typeof hashColumns>): FlatTable {
  const ids = [...(hash.parent === null ? [] : [{ name: hash.parent, sql: '_weir_parent', type: 'varchar' }])];
  // A child that is called like its parent would carry two columns of one name.
  if (hash.own !== hash.parent) ids.push({ name: hash.own, sql: '_weir_hash', type: 'varchar' });
  return {
    lines,
    write: (rows) =>
      lines.lines(
        rows.map((row) => row.record),
        ({ row }) => {
          const { abId, hashId, parentHashId, place } = rows[row - 1] as Placed;
          const parent = parentHashId === null ? '' : member('_weir_parent', parentHashId);
          return `${place}${member('_airbyte_ab_id', abId)}${member('_weir_hash', hashId)}${parent}`;
        },
      ),
    staged: () => ({
      id: lines.id,
      name,
      columns: lines.columns,
      exact: lines.exact,
      extra: ['_airbyte_ab_id', '_weir_hash', '_weir_parent'],
      select: (format, values, facts) => [
        ...values,
        AB_ID,
        emittedColumn(format, facts),
        { name: '_airbyte_normalized_at', sql: format.instant(facts.normalizedAt), type: format.instantType },
        ...ids,
      ],
    }),
  };
}

/**
 * Of a child, no row can be put aside without its record: what does not fit there is null. Key and cursor are the root's, where they have a
 * column whatever the schema says.
 */
function flatStream(target: TargetStream, path: string, jsonSchema: JsonObject = {}): TargetStream {
  const { selectedFields: _selected, badValues, ...stream } = target;
  const atTop = (field: readonly string[]) => path === ROOT && field.length === 1;
  return {
    ...{ ...stream, stream: { ...target.stream, jsonSchema } },
    primaryKey: target.primaryKey.filter(atTop),
    cursorField: atTop(target.cursorField) ? target.cursorField : [],
    ...(badValues && { badValues: path !== ROOT && badValues === 'quarantine' ? 'null' : badValues }),
  };
}
