import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';

/** The definition of a kind in the schema of the language. */
export function definitionOf(schema: JsonObject, type: string): JsonObject | null {
  const definition = isJsonObject(schema.definitions) ? schema.definitions[type] : undefined;
  return isJsonObject(definition) ? definition : null;
}

export function propertiesOf(kind: JsonObject | null): JsonObject {
  return isJsonObject(kind?.properties) ? kind.properties : {};
}

/** What a field begins with: the first kind that it takes with that kind's example, a value of its list, or an empty one of its type. */
export function startValue(schema: JsonObject, field: JsonValue | undefined): JsonValue {
  if (!isJsonObject(field)) return '';
  if (Array.isArray(field.enum)) return field.enum[0] ?? '';
  const [first] = Array.isArray(field.anyOf) ? field.anyOf : [];
  if (isJsonObject(first) && typeof first.$ref === 'string')
    return exampleOf(definitionOf(schema, first.$ref.split('/').at(-1) ?? '')) ?? {};
  const type = Array.isArray(field.type) ? field.type[0] : field.type;
  return ({ boolean: false, integer: 0, number: 0, array: [], object: {} } as JsonObject)[String(type)] ?? '';
}

/** The example of a kind, as a value; null when there is none. */
export function exampleOf(kind: JsonObject | null): JsonValue | null {
  const [snippet] = Array.isArray(kind?.defaultSnippets) ? kind.defaultSnippets : [];
  return isJsonObject(snippet) ? (snippet.body ?? null) : null;
}
