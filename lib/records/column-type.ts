import { ExactNumber, isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';

/** A column's type in Airbyte's words. `json` holds anything; `number` holds every digit. */
export type ColumnType =
  | 'boolean'
  | 'integer'
  | 'number'
  | 'string'
  | 'date'
  | 'timestamp_with_timezone'
  | 'timestamp_without_timezone'
  | 'time_with_timezone'
  | 'time_without_timezone'
  | 'object'
  | 'array'
  | 'json';

const TEMPORAL: Record<string, ColumnType> = {
  date: 'date',
  'date-time': 'timestamp_with_timezone',
  time: 'time_with_timezone',
};
const AIRBYTE_TYPES: Record<string, ColumnType> = {
  timestamp_with_timezone: 'timestamp_with_timezone',
  timestamp_without_timezone: 'timestamp_without_timezone',
  time_with_timezone: 'time_with_timezone',
  time_without_timezone: 'time_without_timezone',
  integer: 'integer',
  big_integer: 'number',
  big_number: 'number',
};
const MAX_SCHEMA_DEPTH = 20;

/**
 * The column type that a property's JSON schema asks for, after Airbyte's protocol (`format`, `airbyte_type`).
 * Null when the schema leaves it open: then the type follows from what arrives.
 */
export function columnTypeOf(schema: JsonValue | undefined, depth = 0): ColumnType | null {
  if (!isJsonObject(schema) || depth > MAX_SCHEMA_DEPTH) return null;
  const { type } = schema;
  if (type === undefined) return typeOfAlternatives(schema, depth);
  const names = (Array.isArray(type) ? type : [type]).filter((name) => name !== 'null');
  const types = names.map((name) => scalarType(name, schema)).filter((one) => one !== null);
  return unite(types);
}

/** `oneOf` with one alternative beside null is that alternative; with several it is their widest type. */
function typeOfAlternatives(schema: JsonObject, depth: number): ColumnType | null {
  const alternatives = schema.oneOf ?? schema.anyOf;
  if (Array.isArray(alternatives)) {
    return unite(alternatives.map((one) => columnTypeOf(one, depth + 1)).filter((one) => one !== null));
  }
  if (Array.isArray(schema.allOf)) return columnTypeOf(schema.allOf[0], depth + 1);
  if (isJsonObject(schema.properties)) return 'object';
  return null;
}

function scalarType(name: JsonValue, schema: JsonObject): ColumnType | null {
  const { airbyte_type: airbyteType, format } = schema;
  const named = typeof airbyteType === 'string' ? AIRBYTE_TYPES[airbyteType] : undefined;
  switch (name) {
    case 'string':
      return named ?? (typeof format === 'string' ? (TEMPORAL[format] ?? 'string') : 'string');
    case 'number':
      return named === 'integer' ? 'integer' : 'number';
    case 'integer':
    case 'boolean':
    case 'object':
    case 'array':
      return name;
    default:
      return null;
  }
}

function unite(types: readonly ColumnType[]): ColumnType | null {
  return types.reduce<ColumnType | null>((all, one) => (all === null ? one : widen(all, one)), null);
}

/** The type that a value shows by itself. Text stays text: a string is never taken for a date. */
export function typeOfValue(value: Exclude<JsonValue, null>): ColumnType {
  switch (typeof value) {
    case 'boolean':
      return 'boolean';
    case 'bigint':
      return fitsBigint(value) ? 'integer' : 'number';
    case 'number':
      return Number.isSafeInteger(value) ? 'integer' : 'number';
    case 'string':
      return 'string';
    default:
      return value instanceof ExactNumber ? 'number' : 'json';
  }
}

const NESTED: readonly ColumnType[] = ['object', 'array', 'json'];

/**
 * The type that holds what is in a column of `current` and also `incoming`. Text holds everything as text and JSON
 * holds everything as JSON; which of the two a mixed column becomes depends on which was there first.
 */
export function widen(current: ColumnType, incoming: ColumnType): ColumnType {
  if (current === incoming || current === 'string' || current === 'json') return current;
  if (NESTED.includes(current) || NESTED.includes(incoming)) return 'json';
  const numbers: readonly ColumnType[] = ['integer', 'number'];
  return numbers.includes(current) && numbers.includes(incoming) ? 'number' : 'string';
}

const MAX_BIGINT = 2n ** 63n - 1n;
const MIN_BIGINT = -(2n ** 63n);

export function fitsBigint(value: bigint): boolean {
  return value >= MIN_BIGINT && value <= MAX_BIGINT;
}
