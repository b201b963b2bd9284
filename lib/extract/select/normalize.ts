import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { str } from '#lib/manifest/template/values.ts';

const TRUE = ['y', 'yes', 't', 'true', 'on', '1'];
const FALSE = ['n', 'no', 'f', 'false', 'off', '0'];

/** Casts values to the one type their schema names; what can't be cast stays (the CDK's default normalization). */
export function normalize(record: JsonObject, schema: JsonObject): JsonObject {
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, cast(value, properties[key])]));
}

function cast(value: JsonValue, schema: JsonValue | undefined): JsonValue {
  if (!isJsonObject(schema) || value === null) return value;
  const types = [schema.type].flat().filter((type) => typeof type === 'string' && type !== 'null');
  if (types.length !== 1) return value;
  switch (types[0]) {
    case 'string':
      return typeof value === 'string' ? value : str(value);
    case 'integer':
      return toNumber(value, /^[+-]?\d+$/);
    case 'number':
      return toNumber(value, /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/);
    case 'boolean':
      return toBoolean(value);
    case 'array':
      return Array.isArray(value)
        ? value.map((item) => cast(item, schema.items))
        : isJsonObject(value)
          ? value
          : [cast(value, schema.items)];
    case 'object':
      return isJsonObject(value) ? normalize(value, schema) : value;
    default:
      return value;
  }
}

function toNumber(value: JsonValue, pattern: RegExp): JsonValue {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value !== 'string' || !pattern.test(value.trim())) return value;
  const number = Number(value);
  return Number.isInteger(number) && !Number.isSafeInteger(number) && /^[+-]?\d+$/.test(value.trim())
    ? BigInt(value.trim())
    : number;
}

function toBoolean(value: JsonValue): JsonValue {
  if (typeof value === 'number') return value === 1 ? true : value === 0 ? false : value;
  if (typeof value !== 'string') return value;
  if (TRUE.includes(value.toLowerCase())) return true;
  return FALSE.includes(value.toLowerCase()) ? false : value;
}
