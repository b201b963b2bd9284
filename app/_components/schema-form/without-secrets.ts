import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { resolve, type Schema } from './schema.ts';

/** What of a config may be kept where secrets may not: the fields that its schema knows, but for those that it marks as secret. */
export function withoutSecrets(schema: Schema, config: JsonObject): JsonObject {
  return objectWithout([schema], config, schema);
}

/** Of several alternatives, what one of them marks is left out whichever is chosen. */
function objectWithout(schemas: readonly Schema[], value: JsonObject, root: Schema): JsonObject {
  const all = schemas.flatMap((schema) => alternatives(schema, root));
  const entries = Object.entries(value).flatMap(([name, item]) => {
    const known = all.flatMap(({ properties }) => properties?.[name] ?? []);
    const kept = known.length === 0 ? undefined : valueWithout(known, item, root);
    return kept === undefined ? [] : [[name, kept] as const];
  });
  return Object.fromEntries(entries);
}

function valueWithout(schemas: readonly Schema[], value: JsonValue, root: Schema): JsonValue | undefined {
  const all = schemas.flatMap((schema) => alternatives(schema, root));
  if (all.some(({ airbyte_secret }) => airbyte_secret)) return undefined;
  if (isJsonObject(value)) return objectWithout(schemas, value, root);
  if (!Array.isArray(value)) return value;
  const items = all.flatMap(({ items: item }) => item ?? []);
  return items.length === 0 ? undefined : value.flatMap((item) => valueWithout(items, item, root) ?? []);
}

/** A schema and all that it may stand for. A definition that names itself adds nothing. */
function alternatives(schema: Schema, root: Schema, within: readonly string[] = []): Schema[] {
  const { $ref } = schema;
  if ($ref !== undefined && within.includes($ref)) return [];
  const resolved = resolve(schema, root);
  const below = $ref === undefined ? within : [...within, $ref];
  const nested = [resolved.oneOf, resolved.anyOf, resolved.allOf].flatMap((list) => list ?? []);
  return [resolved, ...nested.flatMap((one) => alternatives(one, root, below))];
}
