import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { resolve, type Schema } from './schema.ts';

/** What of a config may be kept where secrets may not: the fields that its schema knows, but for those that it marks as secret. */
export function withoutSecrets(schema: Schema, config: JsonObject): JsonObject {
  return objectWithout([schema], config, schema);
}

/** Of several alternatives, what one of them marks is left out whichever is chosen. */
function objectWithout(schemas: readonly Schema[], value: JsonObject, root: Schema): JsonObject {
  const all = schemas.flatMap((schema) => alternatives(resolve(schema, root)));
  const entries = Object.entries(value).flatMap(([name, item]) => {
    const known = all.flatMap(({ properties }) => (properties?.[name] ? [resolve(properties[name], root)] : []));
    const kept = known.length === 0 ? undefined : valueWithout(known, item, root);
    return kept === undefined ? [] : [[name, kept] as const];
  });
  return Object.fromEntries(entries);
}

function valueWithout(schemas: readonly Schema[], value: JsonValue, root: Schema): JsonValue | undefined {
  if (schemas.some(({ airbyte_secret }) => airbyte_secret)) return undefined;
  if (isJsonObject(value)) return objectWithout(schemas, value, root);
  if (!Array.isArray(value)) return value;
  const items = schemas.flatMap(({ items: item }) => (item ? [resolve(item, root)] : []));
  return items.length === 0 ? undefined : value.flatMap((item) => valueWithout(items, item, root) ?? []);
}

function alternatives(schema: Schema): Schema[] {
  return [schema, ...(schema.oneOf ?? []), ...(schema.anyOf ?? [])];
}
