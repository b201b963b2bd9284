import { createHash } from 'node:crypto';
import { isJsonObject, type JsonObject, type JsonValue, stringifyJson } from '#lib/json.ts';

/** Objects nested deeper than this stay JSON. */
const MAX_DEPTH = 16;
/** Between the parts of a nested field's name, where no decoder lets it through; `plainName` makes it `_`. */
const SEPARATOR = '\u0000';

/** One row of a stream's own table (`path` is empty) or of a child table, which the array at `path` fills. */
export interface FlatRow {
  readonly path: string;
  /** Told from others by its values, those of its parent included; children carry it. */
  readonly hashId: string;
  readonly parentHashId: string | null;
  /** Nested objects are gone into their fields: `contact` with `email` into one field that `flatFieldName` shows. */
  readonly record: JsonObject;
}

/**
 * A record as rows of flat tables, in the manner of Airbyte's basic normalization: fields of objects move up, each array of objects
 * becomes rows of a child table, other arrays stay as they are. The stream's own row comes first.
 */
export function flattenRecord(record: JsonObject): FlatRow[] {
  const rows: FlatRow[] = [];
  addRow(rows, '', record, null);
  return rows;
}

/** The JSON schema of each table's fields, by path; the stream's own is under the empty path. */
export function flattenSchema(schema: JsonObject): Map<string, JsonObject> {
  const tables = new Map<string, Map<string, JsonValue>>();
  addSchema(tables, '', schema);
  return new Map(
    [...tables].map(([path, properties]) => [path, { type: 'object', properties: Object.fromEntries(properties) }]),
  );
}

/** How a flat field or the path of a child table is called before it becomes a name in a database: `contact_email`. */
export function flatFieldName(field: string): string {
  return field.replaceAll(SEPARATOR, '_');
}

/** The array that fills a child table, by its own name: `addresses` of `contact_addresses`. */
export function lastPart(path: string): string {
  return path.slice(path.lastIndexOf(SEPARATOR) + 1);
}

/** The path of the table that a child table's rows belong to. */
export function parentPath(path: string, paths: Iterable<string>): string {
  let parent = '';
  for (const other of paths)
    if (other !== path && path.startsWith(`${other}${SEPARATOR}`) && other.length > parent.length) parent = other;
  return parent;
}

interface Child {
  readonly path: string;
  readonly items: readonly JsonObject[];
}

function addRow(rows: FlatRow[], path: string, record: JsonObject, parentHashId: string | null): void {
  const fields: [string, JsonValue][] = [];
  const children: Child[] = [];
  moveUp(fields, children, { record, prefix: '', path, depth: 0 });
  // Not by assignment: a field may be called `__proto__`.
  const flat = Object.fromEntries(fields);
  const hashId = hashOf(flat, parentHashId);
  rows.push({ path, hashId, parentHashId, record: flat });
  for (const child of children) for (const item of child.items) addRow(rows, child.path, item, hashId);
}

interface Nested {
  readonly record: JsonObject;
  /** Of the fields' names. */
  readonly prefix: string;
  /** Of the table. */
  readonly path: string;
  readonly depth: number;
}

function moveUp(fields: [string, JsonValue][], children: Child[], { record, prefix, path, depth }: Nested): void {
  for (const [name, value] of Object.entries(record)) {
    const field = prefix + name;
    if (isJsonObject(value) && depth < MAX_DEPTH)
      moveUp(fields, children, { record: value, prefix: field + SEPARATOR, path, depth: depth + 1 });
    else if (isList(value) && tableDepth(path) < MAX_DEPTH)
      children.push({ path: childPath(path, field), items: value.filter(isJsonObject) });
    else fields.push([field, value]);
  }
}

/** A null among objects is no row, and no reason to keep the others from their table. */
function isList(value: JsonValue): value is (JsonObject | null)[] {
  return Array.isArray(value) && value.some(isJsonObject) && value.every((item) => item === null || isJsonObject(item));
}

function childPath(path: string, field: string): string {
  return path === '' ? field : path + SEPARATOR + field;
}

function tableDepth(path: string): number {
  return path === '' ? 0 : path.split(SEPARATOR).length;
}

/** md5 over the values as text, joined by `-`, the parent's first; fields in the order of their names. */
function hashOf(flat: JsonObject, parentHashId: string | null): string {
  const texts = Object.keys(flat)
    .toSorted()
    .map((field) => textOf(flat[field] ?? null));
  const all = parentHashId === null ? texts : [parentHashId, ...texts];
  return createHash('md5').update(all.join('-')).digest('hex');
}

function textOf(value: JsonValue): string {
  if (value === null) return '';
  return typeof value === 'string' ? value : stringifyJson(value);
}

function addSchema(tables: Map<string, Map<string, JsonValue>>, path: string, schema: JsonObject): void {
  const properties = tables.get(path) ?? new Map<string, JsonValue>();
  tables.set(path, properties);
  const into = (inner: JsonObject, prefix: string, depth: number): void => {
    for (const [name, property] of Object.entries(propertiesOf(inner))) {
      const field = prefix + name;
      const items = isJsonObject(property) && hasType(property, 'array') ? property.items : undefined;
      if (isJsonObject(property) && hasProperties(property) && depth < MAX_DEPTH)
        into(property, field + SEPARATOR, depth + 1);
      else if (isJsonObject(items) && hasProperties(items) && tableDepth(path) < MAX_DEPTH)
        addSchema(tables, childPath(path, field), items);
      else properties.set(field, property);
    }
  };
  into(schema, '', 0);
}

function propertiesOf(schema: JsonObject): JsonObject {
  return isJsonObject(schema.properties) ? schema.properties : {};
}

function hasProperties(schema: JsonObject): boolean {
  return Object.keys(propertiesOf(schema)).length > 0;
}

function hasType({ type }: JsonObject, wanted: string): boolean {
  return [type ?? []].flat().includes(wanted);
}
