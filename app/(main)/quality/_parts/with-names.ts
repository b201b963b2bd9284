import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';

/** Parameters that hold the name of a column, and those that hold a table's. */
const COLUMNS = [
  'column',
  'columns',
  'unique_columns',
  'per',
  'required',
  'forbidden',
  'only',
  'personal',
  'not_personal',
];
const TABLES = ['dataset', 'table', 'with_table'];

/** The schema of suites with the names that are known: the editor offers them, and takes others too. */
export function withNames(
  schema: JsonObject,
  names: { tables: readonly string[]; columns: readonly string[] },
): JsonObject {
  const walk = (value: JsonValue, name: string): JsonValue => {
    if (Array.isArray(value)) return value.map((each) => walk(each, name));
    if (!isJsonObject(value)) return value;
    const known = COLUMNS.includes(name) ? names.columns : TABLES.includes(name) ? names.tables : [];
    if (value.type === 'string' && known.length > 0) {
      const { type: _type, minLength: _least, ...rest } = value;
      return { ...rest, anyOf: [{ enum: [...known] }, { type: 'string', minLength: 1 }] };
    }
    const inside = (key: string) => (key === 'items' ? name : key);
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, walk(each, inside(key))]));
  };
  return walk(schema, '') as JsonObject;
}
