import { parse } from 'yaml';
import type { StreamDescriptor } from '#lib/catalog.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { MANIFEST_YAML } from '#lib/manifest/manifest-yaml.ts';

/**
 * What a manifest of ours says of its streams by itself, without asking the source: enough to make the demo's
 * connections before any request is made.
 */
export function descriptorsIn(manifest: string): StreamDescriptor[] {
  const document: JsonValue = parse(manifest, MANIFEST_YAML);
  const streams = isJsonObject(document) && Array.isArray(document.streams) ? document.streams : [];
  return streams.filter(isJsonObject).map((stream) => toDescriptor(stream, document));
}

function toDescriptor(stream: JsonObject, document: JsonValue): StreamDescriptor {
  const cursor = isJsonObject(stream.incremental_sync) ? stream.incremental_sync.cursor_field : undefined;
  const schema = isJsonObject(stream.schema_loader) ? followed(stream.schema_loader.schema, document) : undefined;
  const key = [stream.primary_key ?? []].flat().map((field) => [field].flat().map(String));
  return {
    name: String(stream.name),
    jsonSchema: isJsonObject(schema) ? schema : {},
    supportedSyncModes: typeof cursor === 'string' ? ['full_refresh', 'incremental'] : ['full_refresh'],
    sourceDefinedCursor: typeof cursor === 'string',
    defaultCursorField: typeof cursor === 'string' ? [cursor] : [],
    sourceDefinedPrimaryKey: key,
  };
}

/** What `{ $ref: '#/definitions/x' }` stands for; anything else stands for itself. */
function followed(value: JsonValue | undefined, document: JsonValue): JsonValue | undefined {
  if (!isJsonObject(value) || typeof value.$ref !== 'string') return value;
  const steps = value.$ref.split('/').slice(1);
  return steps.reduce<JsonValue | undefined>((at, step) => (isJsonObject(at) ? at[step] : undefined), document);
}
