import type { ConfiguredStream, NewFields } from '#lib/catalog.ts';
import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';

/**
 * Whether the list of objects at `path` (of flat names) gets a table of its own: the schema names it or leaves open what lies there, or
 * new fields are welcome. @throws WeirError `schema_changed` where the stream refuses what is new
 */
export function takesList(
  { stream, newFields = 'add' }: Pick<ConfiguredStream, 'stream'> & { readonly newFields?: NewFields },
  path: string,
): boolean {
  if (newFields === 'add' || namesList(stream.jsonSchema, path)) return true;
  if (newFields === 'refuse') throw fieldIsNew(path);
  return false;
}

export function fieldIsNew(field: string, row?: number): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'schema_changed',
    message: `A record has a field that the stream’s schema does not name: ${field.replaceAll('\u0000', '.')}.`,
    hint: 'Discover the schema again and save the connection, or choose another rule for schema changes.',
    ...(row !== undefined && { where: { row } }),
  });
}

function namesList(schema: JsonObject, path: string): boolean {
  let at: JsonValue | undefined = schema;
  for (const part of path.split('\u0000')) {
    const properties: JsonValue | undefined = isJsonObject(at) ? at.properties : undefined;
    if (!isJsonObject(properties) || Object.keys(properties).length === 0) return true;
    if (!Object.hasOwn(properties, part)) return false;
    const property: JsonValue = properties[part] ?? null;
    at = isJsonObject(property) && isJsonObject(property.items) ? property.items : property;
  }
  return true;
}
