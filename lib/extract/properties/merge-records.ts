import { isJsonObject, type JsonObject } from '#lib/json.ts';

/**
 * Records that came in parts, put together by their key. Those that stand for themselves come first, as in the CDK, which gives the others
 * out once all parts are there.
 */
export function mergeRecords(
  parts: readonly (readonly JsonObject[])[],
  mergeKey: (record: JsonObject) => string | null,
): JsonObject[] {
  const alone: JsonObject[] = [];
  const merged = new Map<string, JsonObject>();
  for (const record of parts.flat()) {
    const key = mergeKey(record);
    if (key === null) alone.push(record);
    else merged.set(key, deepMerge(merged.get(key) ?? {}, record));
  }
  return [...alone, ...merged.values()];
}

function deepMerge(into: JsonObject, from: JsonObject): JsonObject {
  const merged = { ...into };
  for (const [name, value] of Object.entries(from)) {
    const known = merged[name];
    merged[name] = isJsonObject(known) && isJsonObject(value) ? deepMerge(known, value) : value;
  }
  return merged;
}
