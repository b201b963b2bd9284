import { isJsonObject, type JsonObject } from '#lib/json.ts';

/** The record with other keys, those of objects in objects too; what stands in lists stays, as in the CDK. */
export function renameKeys(record: JsonObject, rename: (key: string) => string): JsonObject {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => [
      rename(key),
      isJsonObject(value) ? renameKeys(value, rename) : value,
    ]),
  );
}
