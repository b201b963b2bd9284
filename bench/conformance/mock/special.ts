import { isJsonObject, type JsonObject, type JsonValue, stringifyJson } from '#lib/json.ts';
import { comparableBody } from '../compare.ts';
import type { MockAnswer, Received } from './answers.ts';
import { type Endpoint, schemaOf } from './endpoints.ts';
import { recordOf, setAt } from './records.ts';
import { hash, readsOf, scope, textOf, type World } from './templates.ts';

/** A token of a login: the same for the same config, so that both engines send the same header. */
export function loginAnswer({ retriever, role }: Endpoint, world: World): MockAnswer {
  const at = scope(world, retriever);
  const body: JsonObject = {};
  if (role === 'token') {
    body[textOf(retriever.access_token_name, at) ?? 'access_token'] = 'mock-access-token';
    body[textOf(retriever.expires_in_name, at) ?? 'expires_in'] = 3600;
    const updater = isJsonObject(retriever.refresh_token_updater) ? retriever.refresh_token_updater : {};
    body[textOf(updater.refresh_token_name, at) ?? 'refresh_token'] = 'mock-refresh-token';
  } else if (typeof retriever.session_token_response_key === 'string')
    body[retriever.session_token_response_key] = 'mock-session';
  else
    setAt(
      body,
      (Array.isArray(retriever.session_token_path) ? retriever.session_token_path : ['token']).map(
        (part) => textOf(part, at) ?? '',
      ),
      'mock-session',
    );
  return json(body);
}

/** A job that is created, runs when it is first asked for, and is done the second time. */
export function jobAnswer(
  { retriever, role, stream }: Endpoint,
  world: World,
  request: Received,
  tries: number,
): MockAnswer {
  const body: JsonObject = {};
  const templates = texts(retriever).flatMap((text) => readsOf(text, ['creation_response', 'polling_response']).chains);
  for (const { root, path } of templates)
    if (path.length > 0 && (role === 'create_job') === (root === 'creation_response'))
      setAt(body, path, `job-${hash(comparableBody(request.body) + request.path) % 1000}`);
  if (role !== 'poll_job') return json(Object.keys(body).length > 0 ? body : { id: 'job-1' });
  const mapping = isJsonObject(retriever.status_mapping) ? retriever.status_mapping : {};
  const word = (name: string) => (Array.isArray(mapping[name]) ? (mapping[name][0] ?? name) : name);
  const path = pathOf(retriever.status_extractor);
  setAt(body, path, tries === 0 && hash(String(stream.name)) % 2 === 0 ? word('running') : word('completed'));
  const target = pathOf(retriever.download_target_extractor ?? retriever.urls_extractor);
  if (target.length > 0)
    setAt(
      body,
      target,
      [1, 2].map((part) => `https://download.example.com/${hash(request.path) % 1000}/${part}`),
    );
  void world;
  return json(body);
}

/** What a list of properties, of a schema's fields, or of components to make holds. */
export function partsRecord({ stream, schema }: Endpoint, index: number, world: World): JsonObject {
  const record: JsonObject = {};
  const names = Object.keys(isJsonObject(schema) && isJsonObject(schema.properties) ? schema.properties : {});
  const name = names[index] ?? `field_${index}`;
  if (stream.type === 'PropertiesFromEndpoint')
    setAt(record, pathOf({ field_path: stream.property_field_path ?? [] }), name);
  else if (stream.type === 'DynamicSchemaLoader') {
    const identifier = isJsonObject(stream.schema_type_identifier) ? stream.schema_type_identifier : {};
    setAt(record, pathOf({ field_path: identifier.schema_pointer ?? [] }), fieldsOf(identifier, names));
  } else {
    for (const { path } of texts(stream).flatMap((text) => readsOf(text, ['components_values']).chains))
      if (path.length > 0) setAt(record, path, `${String(path.at(-1))}_${index}`);
  }
  void [world, recordOf, schemaOf];
  return record;
}

/** A few fields as an API describes them, in the words that the manifest knows. */
function fieldsOf(identifier: JsonObject, names: readonly string[]): JsonObject[] {
  const mappings = Array.isArray(identifier.types_mapping) ? identifier.types_mapping.filter(isJsonObject) : [];
  const types = mappings.map(({ current_type: type }) => [type].flat()[0] ?? 'string');
  return Array.from({ length: 4 }, (_, index) => {
    const field: JsonObject = {};
    setAt(field, pathOf({ field_path: identifier.key_pointer ?? [] }), names[index] ?? `field_${index}`);
    if (Array.isArray(identifier.type_pointer))
      setAt(
        field,
        pathOf({ field_path: identifier.type_pointer }),
        types[index % Math.max(1, types.length)] ?? 'string',
      );
    return field;
  });
}

function pathOf(extractor: JsonValue | undefined): string[] {
  return isJsonObject(extractor) && Array.isArray(extractor.field_path) ? extractor.field_path.map(String) : [];
}

function texts(value: JsonValue | undefined): string[] {
  if (typeof value === 'string') return value.includes('{{') ? [value] : [];
  if (Array.isArray(value)) return value.flatMap(texts);
  return isJsonObject(value)
    ? Object.entries(value).flatMap(([key, inner]) => (key === 'schema' ? [] : texts(inner)))
    : [];
}

function json(body: JsonObject): MockAnswer {
  return { status: 200, headers: { 'Content-Type': 'application/json' }, body: stringifyJson(body) };
}
