import { ExactNumber, isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { str } from '#lib/manifest/template/values.ts';

const TRUE = ['y', 'yes', 't', 'true', 'on', '1'];
const FALSE = ['n', 'no', 'f', 'false', 'off', '0'];
const SIMPLE = ['string', 'integer', 'number', 'boolean', 'null'];

/** Casts values to the one type their schema names; what can't be cast stays (the CDK's default normalization). */
export function normalize(record: JsonObject, schema: JsonObject): JsonObject {
  return below(record, schema) as JsonObject;
}

/** What stands in a value, cast wherever the schema says something of it: by its keywords, whatever type it names. */
function below(value: JsonValue, schema: JsonValue | undefined): JsonValue {
  if (!isJsonObject(schema)) return value;
  const { properties, items, additionalProperties: others } = schema;
  let result = value;
  if (isJsonObject(result) && (isJsonObject(properties) || isJsonObject(others))) {
    const known = isJsonObject(properties) ? properties : {};
    const entries = Object.entries(result).map(([key, item]) => [
      key,
      Object.hasOwn(known, key) ? below(cast(item, known[key]), known[key]) : below(item, others),
    ]);
    result = Object.fromEntries(entries) as JsonObject;
  }
  if (Array.isArray(result) && isJsonObject(items)) result = result.map((item) => below(cast(item, items), items));
  for (const branch of listOf(schema.allOf)) result = below(result, branch);
  const chosen = [...listOf(schema.anyOf), ...listOf(schema.oneOf)].find((branch) => mayBe(result, branch));
  return below(result, chosen);
}

function cast(value: JsonValue, schema: JsonValue | undefined): JsonValue {
  if (!isJsonObject(schema)) return value;
  const all = [schema.type].flat();
  if (value === null && all.includes('null')) return null;
  const types = all.filter((type) => typeof type === 'string' && type !== 'null');
  if (types.length !== 1) return value;
  switch (types[0]) {
    case 'string':
      return typeof value === 'string' ? value : str(value);
    case 'integer':
      return toInteger(value);
    case 'number':
      return toNumber(value, /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/);
    case 'boolean':
      return toBoolean(value);
    case 'array':
      return isSimple(value) && holdsSimple(schema.items) ? [value] : value;
    default:
      return value;
  }
}

function listOf(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value : [];
}

/** As far as its type says. */
function mayBe(value: JsonValue, branch: JsonValue): boolean {
  const types = isJsonObject(branch) ? [branch.type].flat() : [];
  const type = Array.isArray(value) ? 'array' : isJsonObject(value) ? 'object' : null;
  return type !== null && (types[0] === undefined || types.includes(type));
}

function isSimple(value: JsonValue): boolean {
  return !Array.isArray(value) && !isJsonObject(value);
}

/** As the CDK looks at it: a type that is one word, no list, counts for its letters and so for none. */
function holdsSimple(items: JsonValue | undefined): boolean {
  const types = isJsonObject(items) ? items.type : undefined;
  if (typeof types === 'string') return false;
  return listOf(types).every((type) => SIMPLE.includes(String(type)));
}

function toInteger(value: JsonValue): JsonValue {
  if (typeof value === 'number') return Number.isFinite(value) ? Math.trunc(value) : value;
  if (value instanceof ExactNumber)
    return /^-?\d+\.\d+$/.test(value.text) ? BigInt(value.text.split('.')[0] ?? 0) : value;
  return toNumber(value, /^[+-]?\d+$/);
}

function toNumber(value: JsonValue, pattern: RegExp): JsonValue {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value !== 'string') return value;
  // Python reads 1_000 as a number.
  const text = value.trim().replace(/(?<=\d)_(?=\d)/g, '');
  if (!pattern.test(text)) return value;
  const number = Number(text);
  return Number.isInteger(number) && !Number.isSafeInteger(number) && /^[+-]?\d+$/.test(text) ? BigInt(text) : number;
}

/** What is no text counts as Python's `bool` has it. */
function toBoolean(value: JsonValue): JsonValue {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') {
    if (TRUE.includes(value.toLowerCase())) return true;
    return FALSE.includes(value.toLowerCase()) ? false : value;
  }
  if (Array.isArray(value)) return value.length > 0;
  return isJsonObject(value) ? Object.keys(value).length > 0 : Boolean(value);
}
