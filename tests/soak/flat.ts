import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';

/** Between the names of fields that move up, as columns carry them. */
export const INSIDE = '\u0000';

/** A record as a flat table has it: fields of objects move up, lists of objects go. */
export function flat(record: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(record).flatMap(([field, value]) => members(field, value)));
}

/** The rows of its child table. */
export function childrenOf({ lines }: JsonObject): JsonObject[] {
  return isRows(lines ?? null) ? (lines as JsonObject[]) : [];
}

function members(field: string, value: JsonValue): [string, JsonValue][] {
  if (isRows(value)) return [];
  if (!isJsonObject(value)) return [[field, value]];
  return Object.entries(value).flatMap(([name, inner]) => members(field + INSIDE + name, inner));
}

function isRows(value: JsonValue): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isJsonObject);
}
