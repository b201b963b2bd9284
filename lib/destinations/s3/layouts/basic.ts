import { randomUUID } from 'node:crypto';
import type { ConfiguredStream } from '#lib/catalog.ts';
import type { JsonObject } from '#lib/json.ts';
import {
  type FlatRow,
  flatFieldName,
  flattenRecord,
  flattenSchema,
  lastPart,
  parentPath,
  tableName,
} from '#lib/records/index.ts';
import type { TargetStream } from '../../destination.ts';
import { type Layout, member, type SavedTable, type StagedTable, selectedPart } from './layout.ts';
import { AB_ID, emittedColumn, rawMembers, rawTable } from './raw.ts';
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
  const flatRows = (records: readonly JsonObject[], place: (record: JsonObject) => string) => {
    const byPath = new Map<string, Placed[]>();
    const rawLines: string[] = [];
    for (const whole of records) {
      const record = selectedPart(whole, target);
      const shared = { abId: randomUUID(), place: place(record) };
      rawLines.push(`,"_weir_table":"${RAW_ID}"${shared.place}${rawMembers(shared.abId, record)}`);
      for (const row of flattenRecord(record)) {
        const rows = byPath.get(row.path) ?? [];
        byPath.set(row.path, rows);
        rows.push({ ...row, ...shared });
      }
    }
    return { rawLines, byPath };
  };
  return {
    lines(records, place) {
      const { rawLines, byPath } = flatRows(records, place);
      const flat = [...byPath].flatMap(([path, rows]) => tables.of(path).write(rows));
      return [...rawLines, ...flat];
    },
    tables() {
      const all = tables.all().map((table) => table.staged());
      const main = all.find((table) => table.id === RAW_ID + 1) ?? rawTable(RAW_ID, target.table);
      return { main, all: [rawTable(RAW_ID, target.table), ...all] };
    },
    saved: () => tables.all().map((table) => table.lines.saved),
    columnOf: null,
  };
};

interface FlatTable {
  readonly lines: TableLines;
  write(rows: readonly Placed[]): string[];
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
    const lines = new TableLines(RAW_ID + 1 + tables.size, path, flatStream(target, schemas.get(path)), saved);
    const table = flatTable(name, lines, hashColumns(target.table, path, [...tables.keys()]));
    tables.set(path, table);
    return table;
  };
  for (const path of [ROOT, ...saved.map((table) => table.path), ...schemas.keys()]) of(path);
  return { of, all: () => [...tables.values()] };
}

/** Names of the columns that hold a row's own hash id and its parent's. */
function hashColumns(table: string, path: string, paths: readonly string[]): { own: string; parent: string | null } {
  const named = (name: string) => `_airbyte_${name}_hashid`;
  if (path === ROOT) return { own: named(table), parent: null };
  const above = parentPath(path, paths);
  return { own: named(lastPart(path)), parent: named(above === ROOT ? table : lastPart(above)) };
}

function flatTable(name: string, lines: TableLines, hash: ReturnType<typeof hashColumns>): FlatTable {
  const ids = [...(hash.parent === null ? [] : [{ name: hash.parent, sql: '_weir_parent' }])];
  // A child that is called like its parent would carry two columns of one name.
  if (hash.own !== hash.parent) ids.push({ name: hash.own, sql: '_weir_hash' });
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
        { name: '_airbyte_normalized_at', sql: format.instant(facts.normalizedAt) },
        ...ids,
      ],
    }),
  };
}

function flatStream(target: TargetStream, jsonSchema: JsonObject = {}): ConfiguredStream {
  const { selectedFields: _selected, ...stream } = target;
  return { ...stream, stream: { ...target.stream, jsonSchema }, primaryKey: [], cursorField: [] };
}
