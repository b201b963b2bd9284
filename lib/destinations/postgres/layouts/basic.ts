import {
  type Column,
  cutToBytes,
  flatFieldName,
  flattenRecord,
  flattenSchema,
  lastPart,
  MAX_NAME_BYTES,
  parentPath,
  plainName,
} from '#lib/records/index.ts';
import { type LaidRecord, type Layout, type SidePlan, selected, sideRelation, type TableKind } from './layout.ts';
import { DATA_COLUMN, DATA_FIELD, RAW_TABLE, rawRelation, rawTable } from './raw.ts';

/** No field of a record maps to these. */
const HASH_FIELD = '\u0002hashid';
const PARENT_FIELD = '\u0002parent';
/** Told from the names of arrays. */
const RAW_PATH = '\u0002raw';

const FLAT_TABLE: TableKind = {
  meta: [
    { name: '_airbyte_ab_id', type: 'varchar(36) not null', from: '_airbyte_raw_id' },
    { name: '_airbyte_emitted_at', type: 'timestamp with time zone not null', from: '_airbyte_extracted_at' },
    { name: '_airbyte_normalized_at', type: 'timestamp with time zone not null', from: 'now()' },
  ],
  indexes: ['_airbyte_emitted_at', '_airbyte_ab_id'],
  recordId: '_airbyte_ab_id',
  sameAsStage: false,
};

/**
 * Airbyte's basic normalization: the raw table, and flat tables: fields of nested objects become columns (`contact_email`), arrays of
 * objects become child tables that carry the hash id of their parent's row.
 */
export const basic: Layout = {
  name: 'basic',
  title: 'Basic normalization',
  relation: (stream) => stream,
  wanted: (stream) => stream,
  kind: FLAT_TABLE,
  target: ({ selectedFields: _kept, ...target }) => ({
    ...target,
    stream: { ...target.stream, jsonSchema: flattenSchema(target.stream.jsonSchema).get('') ?? {} },
  }),
  ownColumns: (table) => [hashColumn(HASH_FIELD, table, new Set())],
  sides(target, table) {
    const schemas = flattenSchema(target.stream.jsonSchema);
    const kept = new Set(target.selectedFields ?? []);
    const paths = [...schemas.keys()].filter(
      (path) => path !== '' && (!target.selectedFields || kept.has(path.split('\u0000')[0] ?? '')),
    );
    const children = paths.map((path) => ({
      ...childPlan(target.table, table, path, paths),
      schema: schemas.get(path) ?? {},
    }));
    return [rawPlan(target.table), ...children];
  },
  side: (target, table, path, known) =>
    path === RAW_PATH ? rawPlan(target.table) : childPlan(target.table, table, path, known),
  lay(target, given): LaidRecord {
    const record = selected(target, given);
    const [own, ...children] = flattenRecord(record);
    if (own === undefined) throw new Error('a record without a row');
    return {
      main: withoutEmptyLists({ ...own.record, [HASH_FIELD]: own.hashId }),
      sides: [
        { path: RAW_PATH, record: { [DATA_FIELD]: record } },
        ...children.map((child) => ({
          path: child.path,
          record: withoutEmptyLists({
            [PARENT_FIELD]: child.parentHashId ?? '',
            [HASH_FIELD]: child.hashId,
            ...child.record,
          }),
        })),
      ],
    };
  },
  refusesMisfits: false,
  marksVanished: true,
};

/** An empty list is no row of a child table, and no reason for a column; the raw table has it. */
function withoutEmptyLists(record: LaidRecord['main']): LaidRecord['main'] {
  for (const field in record) {
    const value = record[field];
    if (Array.isArray(value) && value.length === 0) record[field] = null;
  }
  return record;
}

function rawPlan(stream: string): SidePlan {
  return {
    path: RAW_PATH,
    relation: rawRelation(stream),
    wanted: rawTable(stream),
    columns: [DATA_COLUMN],
    schema: {},
    kind: RAW_TABLE,
    keepsAll: true,
  };
}

function childPlan(stream: string, table: string, path: string, known: readonly string[]): SidePlan {
  const parent = parentPath(path, known);
  const parentColumn = hashColumn(PARENT_FIELD, parent === '' ? table : lastPart(parent), new Set());
  return {
    path,
    relation: sideRelation(stream, path),
    wanted: `${stream}_${flatFieldName(path)}`,
    columns: [parentColumn, hashColumn(HASH_FIELD, lastPart(path), new Set([parentColumn.name]))],
    schema: {},
    kind: { ...FLAT_TABLE, indexes: ['_airbyte_emitted_at', '_airbyte_ab_id', parentColumn.name] },
    keepsAll: false,
  };
}

function hashColumn(field: string, of: string, taken: ReadonlySet<string>): Column {
  const inner = cutToBytes(plainName(of), MAX_NAME_BYTES - '_airbyte__own_hashid'.length);
  const name = `_airbyte_${inner}_hashid`;
  return { field, name: taken.has(name) ? `_airbyte_${inner}_own_hashid` : name, type: 'string', declared: true };
}
