import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { decoded } from './decoded.ts';

const MOST_DEPTH = 8;
/** Parts of one schema; documents that refer to each other in circles would have no end. */
const MOST_PARTS = 4_000;
/** Keywords of OpenAPI that mean nothing in a stream's schema. */
const KEPT = ['type', 'format', 'enum', 'description', 'items', 'properties', 'additionalProperties', 'example'];

/** What a reference within the document stands for; an empty object where it leads nowhere or out of the document. */
export function resolved(document: JsonObject, value: JsonValue, depth = 0): JsonObject {
  if (!isJsonObject(value)) return {};
  const { $ref: ref } = value;
  if (typeof ref !== 'string' || depth > MOST_DEPTH) return value;
  if (!ref.startsWith('#/')) return {};
  let target: JsonValue | undefined = document;
  for (const part of ref.slice(2).split('/')) {
    const key = decoded(part).replaceAll('~1', '/').replaceAll('~0', '~');
    target = isJsonObject(target) && Object.hasOwn(target, key) ? target[key] : undefined;
  }
  return resolved(document, target ?? null, depth + 1);
}

/** A schema without references and choices, as a stream's schema has it: what is deeper than `levels` stays open. */
export function schemaOf(document: JsonObject, value: JsonValue, levels = MOST_DEPTH): JsonObject {
  return flattened({ document, left: MOST_PARTS }, value, levels);
}

interface Reading {
  readonly document: JsonObject;
  left: number;
}

function flattened(reading: Reading, value: JsonValue, levels: number): JsonObject {
  if (levels <= 0 || reading.left-- <= 0) return {};
  const merged = combined(reading, resolved(reading.document, value), levels);
  const result = Object.fromEntries(Object.entries(merged).filter(([key]) => KEPT.includes(key)));
  const inner = (item: JsonValue) => flattened(reading, item, levels - 1);
  if (isJsonObject(merged.properties)) {
    result.type = result.type ?? 'object';
    result.properties = Object.fromEntries(
      Object.entries(merged.properties).map(([name, item]) => [name, orNull(inner(item))]),
    );
  }
  if (merged.items !== undefined) result.items = inner(merged.items);
  if (isJsonObject(merged.additionalProperties)) result.additionalProperties = inner(merged.additionalProperties);
  return result;
}

/** `allOf` joined; of `oneOf` and `anyOf` the properties of all. */
function combined(reading: Reading, schema: JsonObject, levels: number): JsonObject {
  const parts = [schema.allOf, schema.oneOf, schema.anyOf].flatMap((list) => (Array.isArray(list) ? list : []));
  if (parts.length === 0) return schema;
  const { allOf: _all, oneOf: _one, anyOf: _any, ...own } = schema;
  const all = [...parts.map((part) => combined(reading, resolved(reading.document, part), levels - 1)), own];
  const properties = Object.assign({}, ...all.map((part) => part.properties ?? {})) as JsonObject;
  return Object.assign({}, ...all, Object.keys(properties).length > 0 ? { properties } : {}) as JsonObject;
}

/** Whether a value may be of a type. */
export function isOfType({ type }: JsonObject, name: string): boolean {
  return [type].flat().includes(name);
}

/** APIs leave out more than their documents say: every field may be null. */
function orNull(schema: JsonObject): JsonObject {
  const types = [schema.type].flat().filter((type) => typeof type === 'string');
  if (types.length === 0 || types.includes('null')) return schema;
  return { ...schema, type: [...types, 'null'] };
}
