import { copyJson, isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { defineKind } from '#lib/manifest/kind.ts';
import { interpolate, interpolateText, plain } from '#lib/manifest/template/interpolate.ts';
import { createAt, valueAt } from '../paths.ts';
import { scopeOf } from '../scope.ts';
import type { ConfigTransformation } from './config-rules.ts';

export const configRemapField = defineKind<ConfigTransformation>({
  name: 'ConfigRemapField',
  family: 'config_transformation',
  docs: 'Replaces a value of the config by another; one that the map does not have stays.',
  example: 'type: ConfigRemapField\nfield_path: [status]\nmap: { active: ACTIVE, closed: CLOSED }\n',
  fields: {
    map: {
      docs: 'Old values and new ones.',
      required: true,
      types: ['object', 'string'],
      variables: ['config', 'parameters'],
    },
    field_path: {
      docs: 'Where the value is, outermost first.',
      required: true,
      types: ['array'],
      variables: ['config', 'parameters'],
    },
  },
  problems: ({ field_path: path }) =>
    Array.isArray(path) && path.length === 0
      ? [{ field: 'field_path', message: 'field_path needs at least one part.' }]
      : [],
  create: (remap, build) => ({
    transform(config) {
      const scope = scopeOf({ config, now: build.now }, remap);
      const path = (remap.field_path as JsonValue[]).map((part) => interpolateText(String(part), scope));
      const key = String(valueAt(config, path));
      const map = mapOf(remap.map, scope);
      if (valueAt(config, path) === undefined || !Object.hasOwn(map, key)) return config;
      const result = copyJson(config);
      createAt(result, path, map[key] as JsonValue);
      return result;
    },
  }),
});

function mapOf(source: JsonValue | undefined, scope: ReturnType<typeof scopeOf>): JsonObject {
  if (typeof source === 'string') {
    const value = plain(interpolate(source, scope));
    return isJsonObject(value) ? value : {};
  }
  if (!isJsonObject(source)) return {};
  const entries = Object.entries(source).map(([key, value]): [string, JsonValue] => [
    interpolateText(key, scope),
    typeof value === 'string' ? (plain(interpolate(value, scope)) as JsonValue) : value,
  ]);
  return Object.fromEntries(entries.filter(([, value]) => value !== null));
}
