import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { defineKind } from '#lib/manifest/kind.ts';
import type { Transformation } from '../families.ts';

export const flattenFields = defineKind<Transformation>({
  name: 'FlattenFields',
  family: 'transformation',
  docs: 'Brings nested fields to the top; names that are taken, and those in lists, get the path before them.',
  example: 'type: FlattenFields\n',
  fields: { flatten_lists: { docs: 'Lists too; true when absent.', types: ['boolean'] } },
  create: (transformation) => ({ transform: (record) => flatten(record, transformation.flatten_lists !== false) }),
});

/** In the CDK's order, last field first, since the order decides which of two fields keeps its short name. */
function flatten(record: JsonObject, lists: boolean): JsonObject {
  const flat = new Map<string, JsonValue>();
  const stack: [JsonValue, string][] = [[record, '_']];
  let inList = false;
  for (let next = stack.pop(); next; next = stack.pop()) {
    const [value, path] = next;
    if (isJsonObject(value)) {
      for (const [key, item] of Object.entries(value))
        stack.push([item, flat.has(key) || inList ? `${path}.${key}` : key]);
    } else if (Array.isArray(value) && lists) {
      for (const [index, item] of value.entries()) {
        inList = true;
        stack.push([item, `${path}.${index}`]);
      }
    } else flat.set(path, value);
  }
  return Object.fromEntries([...flat].reverse());
}
