import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { defineKind, template } from '#lib/manifest/kind.ts';
import { interpolateText } from '#lib/manifest/template/interpolate.ts';
import type { Transformation } from '../families.ts';
import { scopeOf } from '../scope.ts';

export const keysToLower = defineKind<Transformation>({
  name: 'KeysToLower',
  family: 'transformation',
  docs: 'Writes top-level keys in lower case.',
  example: 'type: KeysToLower\n',
  fields: {},
  create: () => ({ transform: (record) => renamed(record, (key) => key.toLowerCase()) }),
});

export const keysReplace = defineKind<Transformation>({
  name: 'KeysReplace',
  family: 'transformation',
  docs: 'Replaces a text in all keys, nested ones too.',
  example: 'type: KeysReplace\nold: " "\nnew: _\n',
  fields: {
    old: template('The text.', ['record'], { required: true }),
    new: template('What stands in its place.', ['record'], { required: true }),
  },
  create(transformation, build) {
    return {
      transform(record) {
        const scope = scopeOf(build, transformation, { record });
        const [from, to] = [
          interpolateText(String(transformation.old), scope),
          interpolateText(String(transformation.new), scope),
        ];
        return deeplyRenamed(record, (key) => key.replaceAll(from, to)) as JsonObject;
      },
    };
  },
});

export const keysToSnakeCase = defineKind<Transformation>({
  name: 'KeysToSnakeCase',
  family: 'transformation',
  docs: 'Writes all keys in snake_case.',
  example: 'type: KeysToSnakeCase\n',
  fields: {},
  create: () => ({ transform: (record) => deeplyRenamed(record, snakeCase) as JsonObject }),
});

export const flattenFields = defineKind<Transformation>({
  name: 'FlattenFields',
  family: 'transformation',
  docs: 'Brings nested fields to the top, keys joined with dots.',
  example: 'type: FlattenFields\n',
  fields: { flatten_lists: { docs: 'Lists too; true when absent.', types: ['boolean'] } },
  create: (transformation) => ({ transform: (record) => flatten(record, transformation.flatten_lists !== false) }),
});

function renamed(record: JsonObject, rename: (key: string) => string): JsonObject {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [rename(key), value]));
}

function deeplyRenamed(value: JsonValue, rename: (key: string) => string): JsonValue {
  if (Array.isArray(value)) return value.map((item) => deeplyRenamed(item, rename));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [rename(key), deeplyRenamed(item, rename)]));
}

function snakeCase(key: string): string {
  return key
    .normalize('NFKD')
    .replace(/[^\w\s-]/g, '')
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .replace(/[\s-]+/g, '_')
    .toLowerCase();
}

function flatten(record: JsonObject, lists: boolean): JsonObject {
  const result: JsonObject = {};
  const walk = (value: JsonValue, path: string) => {
    if (isJsonObject(value))
      for (const [key, item] of Object.entries(value)) walk(item, path ? nameOf(key, path) : key);
    else if (lists && Array.isArray(value)) for (const [index, item] of value.entries()) walk(item, `${path}.${index}`);
    else result[path] = value;
  };
  // A name that is taken already gets its parents before it.
  const nameOf = (key: string, path: string) =>
    Object.hasOwn(result, key) || Object.hasOwn(record, key) ? `${path}.${key}` : key;
  walk(record, '');
  return result;
}
