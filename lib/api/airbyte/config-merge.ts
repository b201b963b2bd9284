import { isJsonObject, type JsonObject } from '#lib/json.ts';

/** The keys by which the public API names the kind inside a config; they are no settings. */
const KINDS = ['sourceType', 'destinationType'];

/** A config without the name of its kind. */
export function settingsOf(config: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(config).filter(([key]) => !KINDS.includes(key)));
}

/** What a partial update leaves: objects are merged, everything else is replaced, and absent keys stay. */
export function mergedSettings(stored: JsonObject, sent: JsonObject): JsonObject {
  const merged: JsonObject = { ...stored };
  for (const [key, value] of Object.entries(sent)) {
    const old = stored[key];
    merged[key] = isJsonObject(value) && isJsonObject(old) ? mergedSettings(old, value) : value;
  }
  return merged;
}
