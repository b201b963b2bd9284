import type { ConfiguredStream, NewFields } from '#lib/catalog.ts';
import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { type ColumnType, columnTypeOf, typeOfValue, widen } from './column-type.ts';
import { columnName } from './names.ts';

/** One column of a stream's table and the field that fills it. */
export interface Column {
  readonly field: string;
  readonly name: string;
  readonly type: ColumnType;
  /** The source's schema gives the type: values that don't fit become null. Otherwise the column widens. */
  readonly declared: boolean;
}

/** The columns of a stream's table as far as known. Frozen: growing gives another one. */
export interface TableShape {
  readonly columns: readonly Column[];
  /** Position in `columns` by field. */
  readonly indexOf: ReadonlyMap<string, number>;
  readonly keyFields: readonly string[];
  readonly cursorField: string | null;
  /** Positions of the key's columns; -1 for one that has not been seen. */
  readonly key: readonly number[];
  /** Fields to keep; all when null. */
  readonly selected: ReadonlySet<string> | null;
  /** What becomes of fields that are new; where the schema names none, all are welcome. */
  readonly newFields: NewFields;
  /** Fields that the schema names and says nothing more of: what arrives for them, or moves up out of them, is not new. */
  readonly open: ReadonlySet<string>;
  /**
   * Position of `OVERFLOW_COLUMN`, once there are as many columns as there may be: further fields go into it as one JSON
   * object. Null before.
   */
  readonly overflow: number | null;
}

/** Postgres takes 1,600 columns and rows whose fixed part fits a page of 8 KiB; this keeps clear of both. */
export const MAX_COLUMNS = 800;
const OVERFLOW_COLUMN = '_airbyte_additional_properties';
/** No field maps to it: fields may be called anything, but `field` here holds a character that no decoder lets through. */
const OVERFLOW: Column = { field: '\u0000overflow', name: OVERFLOW_COLUMN, type: 'json', declared: true };

/** The shape to begin with: what the table has (`existing`) and what the schema names. Types only ever widen. */
export function shapeOfStream(
  configured: ConfiguredStream & { readonly newFields?: NewFields },
  existing: readonly Column[],
): TableShape {
  const stream = configured.stream.name;
  const keyFields = configured.primaryKey.map((path) => topLevel(path, 'primary key', stream));
  const cursorField = configured.cursorField.length > 0 ? topLevel(configured.cursorField, 'cursor', stream) : null;
  if (keyFields.length === 0 && configured.destinationSyncMode.endsWith('_dedup')) throw keyMissing(stream);
  const { selectedFields } = configured;
  const selected = selectedFields
    ? new Set([...selectedFields, ...keyFields, ...(cursorField ? [cursorField] : [])])
    : null;
  const declared = declaredFields(configured.stream.jsonSchema);
  const newFields = declared.length > 0 ? (configured.newFields ?? 'add') : 'add';
  const open = openFields(configured.stream.jsonSchema);
  const empty = buildShape(existing, { keyFields, cursorField, selected, newFields, open });
  return buildShape(mergeColumns(empty, declared, true), empty);
}

interface FieldType {
  readonly field: string;
  readonly type: ColumnType;
}

function declaredFields({ properties }: JsonObject): readonly FieldType[] {
  return Object.entries(isJsonObject(properties) ? properties : {}).flatMap(([field, schema]) => {
    const type = columnTypeOf(schema);
    return type === null ? [] : [{ field, type }];
  });
}

function openFields({ properties }: JsonObject): ReadonlySet<string> {
  const named = Object.entries(isJsonObject(properties) ? properties : {});
  return new Set(named.flatMap(([field, schema]) => (saysNothingMore(schema) ? field : [])));
}

function saysNothingMore(schema: JsonValue): boolean {
  const type = columnTypeOf(schema);
  if (type === null) return true;
  const properties = isJsonObject(schema) ? schema.properties : undefined;
  return (type === 'object' || type === 'json') && Object.keys(isJsonObject(properties) ? properties : {}).length === 0;
}

/** Flat fields carry the names of those that they moved up out of, with U+0000 between them. */
function isOpen({ open }: TableShape, field: string): boolean {
  for (let end = field.length; end > 0; end = field.lastIndexOf('\u0000', end - 1))
    if (open.has(field.slice(0, end))) return true;
  return false;
}

/**
 * The shape that takes all of these records: new fields become columns, columns that were inferred widen, and integers
 * that a bigint can't hold make their column a number. The same object when nothing changes.
 */
export function growShape(shape: TableShape, records: readonly JsonObject[]): TableShape {
  const found = new Map<string, ColumnType>();
  for (const record of records) {
    for (const field of Object.keys(record)) {
      const value = record[field];
      if (value === null || value === undefined) continue;
      found.set(field, typeAfter(shape, field, found.get(field), typeOfValue(value)));
    }
  }
  const fields = [...found].map(([field, type]) => ({ field, type }));
  const columns = mergeColumns(shape, fields, false);
  const changed =
    columns.length !== shape.columns.length || columns.some((one, i) => one.type !== shape.columns[i]?.type);
  return changed ? buildShape(columns, shape) : shape;
}

/** What the field's column becomes by one more value; `sofar` is what the values before made of it. */
function typeAfter(shape: TableShape, field: string, sofar: ColumnType | undefined, type: ColumnType): ColumnType {
  const column = shape.columns[shape.indexOf.get(field) ?? -1];
  if (column) return grownType({ ...column, type: sofar ?? column.type }, type);
  return sofar === undefined ? type : widen(sofar, type);
}

/** Would the column, grown, take a value of `type` that it doesn't take now? */
export function canGrow(column: Column, type: ColumnType): boolean {
  return grownType(column, type) !== column.type;
}

/** A declared column only grows from integer to number. */
function grownType(column: Column, type: ColumnType): ColumnType {
  if (!column.declared) return widen(column.type, type);
  return column.type === 'integer' && type === 'number' ? 'number' : column.type;
}

/** The shape's columns with these fields in. Key and cursor get a column even beyond the limit. */
function mergeColumns(shape: TableShape, fields: readonly FieldType[], declared: boolean): readonly Column[] {
  const columns = [...shape.columns];
  const taken = new Set(columns.map((column) => column.name.toLowerCase()));
  for (const { field, type } of fields) {
    const index = shape.indexOf.get(field);
    const known = index === undefined ? undefined : columns[index];
    if (index !== undefined && known) {
      columns[index] = { ...known, type: widen(known.type, type), declared: declared || known.declared };
    } else if (
      (declared ? wants(shape, field) : keeps(shape, field)) &&
      (columns.length < MAX_COLUMNS || isRequired(shape, field))
    ) {
      const name = columnName(field, taken);
      taken.add(name.toLowerCase());
      columns.push({ field, name, type, declared });
    }
  }
  return columns;
}

/** Does the field get a column if it is new? */
export function keeps(shape: TableShape, field: string): boolean {
  return wants(shape, field) && (shape.newFields === 'add' || isOpen(shape, field) || isRequired(shape, field));
}

/** Whoever set up the stream did not take the field out. */
export function wants(shape: TableShape, field: string): boolean {
  return shape.selected === null || shape.selected.has(field);
}

function isRequired(shape: TableShape, field: string): boolean {
  return shape.cursorField === field || shape.keyFields.includes(field);
}

function buildShape(
  columns: readonly Column[],
  {
    keyFields,
    cursorField,
    selected,
    newFields,
    open,
  }: Pick<TableShape, 'keyFields' | 'cursorField' | 'selected' | 'newFields' | 'open'>,
): TableShape {
  const all = columns.length < MAX_COLUMNS || columns.some(isOverflow) ? [...columns] : [...columns, OVERFLOW];
  const indexOf = new Map(all.map((column, index) => [column.field, index]));
  const key = keyFields.map((field) => indexOf.get(field) ?? -1);
  const overflow = all.findIndex(isOverflow);
  return Object.freeze({
    columns: Object.freeze(all),
    indexOf,
    keyFields,
    cursorField,
    key,
    selected,
    newFields,
    open,
    overflow: overflow < 0 ? null : overflow,
  });
}

function isOverflow({ field }: Column): boolean {
  return field === OVERFLOW.field;
}

function topLevel(path: readonly string[], what: string, stream: string): string {
  const [field] = path;
  if (path.length === 1 && field !== undefined) return field;
  throw new WeirError({
    kind: 'config',
    code: 'nested_field',
    message: `The ${what} of stream ${stream} is ${path.join('.')}, which lies inside another field.`,
    hint: 'Choose a field of the record itself, or copy it to the top with AddFields.',
    where: { stream },
  });
}

function keyMissing(stream: string): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'key_missing',
    message: `Stream ${stream} has no primary key, and its sync mode removes duplicates by key.`,
    hint: 'Set a primary key in the connection, or choose a mode without dedup.',
    where: { stream },
  });
}
