import { WeirError } from '#lib/errors.ts';
import type { JsonObject, JsonValue } from '#lib/json.ts';
import { type Build, component, defineKind } from '#lib/manifest/kind.ts';
import { interpolateString, plain } from '#lib/manifest/template/interpolate.ts';
import { type PathPart, valueAt } from '../paths.ts';
import { scopeOf } from '../scope.ts';
import { schemaOf, type TypesMap } from './field-types.ts';

/** Reads the properties of a schema out of what an API says of its fields. */
export interface SchemaTypeIdentifier {
  properties(answer: JsonObject): JsonObject;
}

const pointer = (docs: string, required = false) => ({
  ...{ docs, required, types: ['array'] as const, variables: ['config', 'parameters'] },
});

export const schemaTypeIdentifier = defineKind<SchemaTypeIdentifier>({
  name: 'SchemaTypeIdentifier',
  family: 'schema_type_identifier',
  docs: 'Where an answer says which fields there are, and of what type.',
  example:
    'type: SchemaTypeIdentifier\nschema_pointer: [fields]\nkey_pointer: [name]\ntype_pointer: [type]\ntypes_mapping:\n  - { type: TypesMap, current_type: singleLineText, target_type: string }\n',
  fields: {
    schema_pointer: pointer('Where the list of fields is; the whole record when absent.'),
    key_pointer: pointer('Where the name is in a field.', true),
    type_pointer: pointer('Where the type is in a field; every field is a string when absent.'),
    types_mapping: component('What the types are here.', 'types_map', { types: ['array'], defaultType: 'TypesMap' }),
  },
  create(identifier, build) {
    const path = (name: string) => pathOf(identifier, name, build);
    const paths = { schema: path('schema_pointer'), key: path('key_pointer'), type: path('type_pointer') };
    const maps = [identifier.types_mapping ?? []].flat().map((entry) => build.create<TypesMap>(entry));
    return {
      properties(answer) {
        const fields = valueAt(answer, paths.schema) ?? [];
        const list = Array.isArray(fields) ? fields : Object.keys(fields as JsonObject);
        return Object.fromEntries(
          list.map((field) => [keyOf(field, paths.key), typeOf(field, paths.type, maps)] as const),
        );
      },
    };
  },
});

function pathOf(identifier: JsonObject, name: string, build: Build): PathPart[] {
  const parts = Array.isArray(identifier[name]) ? identifier[name] : [];
  const scope = scopeOf(build, identifier);
  return parts.map((part) => plain(interpolateString(String(part), scope)) as PathPart);
}

function keyOf(field: JsonValue, path: readonly PathPart[]): string {
  const key = valueAt(field, path);
  if (typeof key === 'string') return key;
  throw new WeirError({
    kind: 'config',
    code: 'bad_key_pointer',
    message: `key_pointer ${path.join('.')} leads to ${JSON.stringify(key ?? null)}, which is no name of a field.`,
    hint: 'Correct schema_pointer and key_pointer; the answer in a test of this stream shows where the names are.',
  });
}

function typeOf(field: JsonValue, path: readonly PathPart[], maps: readonly TypesMap[]): JsonObject {
  const type = path.length === 0 ? 'string' : (valueAt(field, path) ?? 'string');
  for (const map of maps) {
    const schema = map.map(type, field);
    if (schema) return schema();
  }
  return schemaOf(type);
}
