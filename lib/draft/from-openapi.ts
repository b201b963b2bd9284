import { parse } from 'yaml';
import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import type { Draft, DraftAuth, DraftStream, Found } from './draft.ts';
import { nameOf } from './draft-calls.ts';
import { apiKey, basic, bearer } from './find-auth.ts';
import { isSince } from './find-keys.ts';
import { findPagination, isPaging } from './find-pagination.ts';
import { isOfType, resolved, schemaOf } from './openapi-schema.ts';

const MOST_BYTES = 32 * 1024 * 1024;
/** Lists are looked for no deeper than this. */
const LIST_LEVELS = 5;
const LIST_NAMES = /^(data|items|results|records|value|values|rows|entries|list|content)$/i;

/** One operation that can become a stream, for people to pick. */
export interface Operation {
  /** `GET /orders`: what picks it. */
  readonly id: string;
  readonly name: string;
  readonly summary: string;
  /** Whether its answer holds a list of objects. */
  readonly isList: boolean;
}

/** An OpenAPI 3 document, read once. */
export interface OpenApi {
  readonly title: string;
  readonly operations: readonly Operation[];
  draft(picked: readonly string[]): Draft;
}

/**
 * Reads an OpenAPI 3 document, JSON or YAML. Nothing is fetched: references to other files are not followed.
 * @throws WeirError when it is none
 */
export function parseOpenApi(text: string): OpenApi {
  const document = documentIn(text);
  const found = operationsIn(document);
  return {
    title: String(objectOf(document.info).title ?? 'API'),
    operations: found.map(({ operation }) => operation),
    draft: (picked) =>
      draftOf(
        document,
        found.filter(({ operation }) => picked.includes(operation.id)),
      ),
  };
}

interface FoundOperation {
  readonly operation: Operation;
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly JsonObject[];
  readonly definition: JsonObject;
  readonly list: { readonly path: readonly string[]; readonly record: JsonObject } | null;
}

function documentIn(text: string): JsonObject {
  if (text.length > MOST_BYTES) throw unreadable(`It is larger than ${MOST_BYTES / 1024 / 1024} MiB.`);
  let document: unknown;
  try {
    document = parse(text, { maxAliasCount: 100, merge: true });
  } catch (cause) {
    throw unreadable(`It is neither JSON nor YAML: ${String((cause as Error).message).split('\n')[0]}`);
  }
  if (!isJsonObject(document)) throw unreadable('It is no object.');
  if (typeof document.swagger === 'string') throw unreadable('It is Swagger 2; convert it to OpenAPI 3 first.');
  if (!/^3\./.test(String(document.openapi))) throw unreadable('It does not say openapi: 3.');
  return document;
}

function operationsIn(document: JsonObject): FoundOperation[] {
  return Object.entries(objectOf(document.paths)).flatMap(([path, item]) => {
    const shared = listOf(objectOf(item).parameters);
    return Object.entries(objectOf(item))
      .filter(([method]) => method === 'get' || method === 'post')
      .map(([method, value]) => operationOf(document, { path, method, definition: objectOf(value), shared }))
      .filter(({ operation, method: verb }) => verb === 'GET' || operation.isList);
  });
}

function operationOf(
  document: JsonObject,
  { path, method, definition, shared }: { path: string; method: string; definition: JsonObject; shared: JsonValue[] },
): FoundOperation {
  const verb = method.toUpperCase();
  const list = listIn(schemaOf(document, answerSchema(document, definition), LIST_LEVELS));
  return {
    ...{ method: verb, path, definition, list },
    parameters: [...shared, ...listOf(definition.parameters)].map((item) => resolved(document, item)),
    operation: {
      id: `${verb} ${path}`,
      name: nameOf(`https://x.example${path.replaceAll(/\{[^}]*\}/g, '1')}`),
      summary: String(definition.summary ?? definition.description ?? '').split('\n')[0] ?? '',
      isList: list !== null,
    },
  };
}

function answerSchema(document: JsonObject, definition: JsonObject): JsonValue {
  const responses = objectOf(definition.responses);
  const code = Object.keys(responses).find((item) => /^2/.test(item)) ?? 'default';
  const content = objectOf(resolved(document, responses[code] ?? null).content);
  const type = Object.keys(content).find((item) => /json/i.test(item)) ?? '*/*';
  return objectOf(content[type]).schema ?? null;
}

/** Where the records are by the schema of an answer: the list itself, or the list of objects in it that is named so. */
function listIn(schema: JsonObject, path: readonly string[] = []): FoundOperation['list'] {
  if (isOfType(schema, 'array')) {
    const record = objectOf(schema.items);
    return record.type === undefined || isOfType(record, 'object') ? { path, record } : null;
  }
  if (path.length > 3) return null;
  const inner = Object.entries(objectOf(schema.properties)).flatMap(([name, value]) => {
    const found = listIn(objectOf(value), [...path, name]);
    return found ? [{ ...found, usual: LIST_NAMES.test(name) }] : [];
  });
  return inner.find(({ usual }) => usual) ?? inner[0] ?? null;
}

function draftOf(document: JsonObject, picked: readonly FoundOperation[]): Draft {
  const { url, settings } = serverOf(document);
  const missing = new Map<string, JsonObject>();
  const streams = picked.map((item) => streamOf(document, item, picked, missing));
  const taken = new Set<string>();
  return {
    baseUrl: url,
    auth: authOf(document, picked),
    settings: { ...settings, ...Object.fromEntries(missing) },
    streams: streams.map((stream) => ({ ...stream, name: free(stream.name, taken) })),
    ...{ unread: null, lists: [] },
  };
}

function free(name: string, taken: Set<string>): string {
  let result = name;
  for (let count = 2; taken.has(result); count++) result = `${name}_${count}`;
  taken.add(result);
  return result;
}

/** The address of the first server; its variables become settings. */
function serverOf(document: JsonObject): { url: string; settings: Record<string, JsonObject> } {
  const server = objectOf(listOf(document.servers)[0] ?? null);
  const variables = objectOf(server.variables);
  const settings: Record<string, JsonObject> = {};
  const url = String(server.url ?? '').replaceAll(/\{([^}]+)\}/g, (_all, name: string) => {
    const { default: value, description, enum: values } = objectOf(variables[name]);
    settings[name] = {
      ...{ type: 'string', title: name },
      ...(description !== undefined && { description }),
      ...(values !== undefined && { enum: values }),
      ...(value !== undefined && { default: value }),
    };
    return `{{ config['${name}'] }}`;
  });
  if (/^https?:\/\//.test(url) || url.startsWith('{{')) return { url: url.replace(/\/$/, ''), settings };
  const base = { type: 'string', title: 'Address of the API', examples: ['https://api.example.com'] };
  return { url: `{{ config['base_url'] }}${url.replace(/\/$/, '')}`, settings: { ...settings, base_url: base } };
}

function streamOf(
  document: JsonObject,
  found: FoundOperation,
  picked: readonly FoundOperation[],
  settings: Map<string, JsonObject>,
): DraftStream {
  const { list, method, operation, parameters } = found;
  const answered = schemaOf(document, answerSchema(document, found.definition));
  const record = list?.path.reduce((inner, name) => objectOf(objectOf(inner.properties)[name]), answered) ?? answered;
  const fields = list ? objectOf(record.items) : record;
  const properties = objectOf(fields.properties);
  const query = parameters.filter((item) => item.in === 'query');
  const names = query.map(({ name }) => String(name));
  const { path, router } = pathOf(found, picked, settings);
  const answer = { status: 200, headers: headersOf(document, found.definition), body: sample(answered) };
  return {
    ...{
      name: operation.name,
      seen: 'document' as const,
      method,
      path,
      headers: {},
      body: null,
      ...(router && { router }),
    },
    parameters: requiredOf(query, settings),
    recordPath: { value: list?.path ?? [], evidence: 'By the schema of the answer in the OpenAPI document.' },
    paginator: findPagination({
      ...{ answer, url: 'https://x.example/', count: 0, known: names, sizes: sizesOf(query) },
      lastRecord: properties.id === undefined ? null : { id: 'last' },
    }),
    primaryKey: keyOf(properties, operation.name),
    cursor: cursorOf(properties, names),
    schema: Object.keys(properties).length > 0 ? { ...fields, type: 'object', additionalProperties: true } : null,
  };
}

/** `/users/{id}/orders` is read for each user where users are read too; else the id is a setting. */
function pathOf({ path }: FoundOperation, picked: readonly FoundOperation[], settings: Map<string, JsonObject>) {
  const names = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name ?? '');
  const [first = ''] = names;
  const parentPath = path.slice(0, path.indexOf(`/{${first}}`));
  const parent = names.length === 1 ? picked.find((item) => item.list && item.path === parentPath) : undefined;
  if (parent) {
    const partition = `${parent.operation.name}_id`;
    const router: JsonObject = {
      type: 'SubstreamPartitionRouter',
      parent_stream_configs: [
        {
          type: 'ParentStreamConfig',
          parent_key: 'id' in objectOf(parent.list?.record.properties) ? 'id' : first,
          partition_field: partition,
          stream: { $ref: `#/streams/${picked.indexOf(parent)}` },
        },
      ],
    };
    return { path: path.replace(`{${first}}`, `{{ stream_partition['${partition}'] }}`), router };
  }
  for (const name of names) settings.set(name, { type: 'string', title: name });
  return { path: path.replaceAll(/\{([^}]+)\}/g, (_all, name: string) => `{{ config['${name}'] }}`), router: null };
}

/** The largest page that a parameter may ask for; a page that is smaller than asked for would look like the last one. */
function sizesOf(query: readonly JsonObject[]): Record<string, number> {
  return Object.fromEntries(
    query.flatMap(({ name, schema }) => {
      const { maximum, default: usual } = objectOf(schema);
      const size = maximum ?? usual;
      return typeof size === 'number' ? [[String(name), size]] : [];
    }),
  );
}

/** Query parameters that must be there: their default, or a setting. */
function requiredOf(query: readonly JsonObject[], settings: Map<string, JsonObject>): Record<string, string> {
  const wanted = query.filter((item) => item.required === true && !isPaging(String(item.name)));
  return Object.fromEntries(
    wanted.map(({ name, schema, description }) => {
      const { default: value } = objectOf(schema);
      if (value !== undefined) return [String(name), String(value)];
      settings.set(String(name), {
        ...{ type: 'string', title: String(name) },
        ...(typeof description === 'string' && { description }),
      });
      return [String(name), `{{ config['${String(name)}'] }}`];
    }),
  );
}

function keyOf(properties: JsonObject, name: string): Found<readonly string[]> | null {
  const singular = name.replace(/ies$/, 'y').replace(/s$/, '');
  const key = ['id', `${singular}_id`, `${singular}Id`, 'uuid', 'key'].find((field) => field in properties);
  return key ? { value: [key], evidence: `\`${key}\` is a field of the record, and called like a key.` } : null;
}

function cursorOf(properties: JsonObject, parameters: readonly string[]): DraftStream['cursor'] {
  const field = Object.keys(properties).find(
    (name) => /(updated|modified|changed)/i.test(name) && /date/.test(String(objectOf(properties[name]).format)),
  );
  if (!field) return null;
  const parameter = parameters.find((name) => isSince(name, field)) ?? null;
  const isDay = objectOf(properties[field]).format === 'date';
  return {
    value: { field, datetimeFormat: isDay ? '%Y-%m-%d' : '%Y-%m-%dT%H:%M:%SZ', parameter },
    evidence: `\`${field}\` is a time by the schema, and its name says when a record changed. ${
      parameter
        ? `\`${parameter}\` filters by it.`
        : 'No parameter filters by it: what is known already is left out here.'
    }`,
  };
}

function authOf(document: JsonObject, picked: readonly FoundOperation[]): Found<DraftAuth> | null {
  const schemes = objectOf(objectOf(document.components).securitySchemes);
  const required = [...picked.flatMap(({ definition }) => listOf(definition.security)), ...listOf(document.security)];
  const name = required.flatMap((item) => Object.keys(objectOf(item)))[0] ?? Object.keys(schemes)[0];
  if (name === undefined) return null;
  const scheme = resolved(document, schemes[name] ?? null);
  const value = authenticatorOf(scheme);
  return value && { value, evidence: `By the security scheme ${name} of the OpenAPI document.` };
}

function authenticatorOf({ type, scheme, in: place, name, flows }: JsonObject): DraftAuth | null {
  if (type === 'http') return /^basic$/i.test(String(scheme)) ? basic() : bearer();
  if (type === 'apiKey') return apiKey(place === 'query' ? 'request_parameter' : 'header', String(name));
  if (type !== 'oauth2') return type === 'openIdConnect' ? bearer() : null;
  const { tokenUrl } = objectOf(objectOf(flows).clientCredentials);
  return typeof tokenUrl === 'string' ? clientCredentials(tokenUrl) : bearer();
}

function clientCredentials(tokenUrl: string): DraftAuth {
  return {
    authenticator: {
      ...{ type: 'OAuthAuthenticator', token_refresh_endpoint: tokenUrl, grant_type: 'client_credentials' },
      client_id: "{{ config['client_id'] }}",
      client_secret: "{{ config['client_secret'] }}",
    },
    settings: {
      client_id: { type: 'string', title: 'Client id' },
      client_secret: { type: 'string', title: 'Client secret', airbyte_secret: true },
    },
    values: {},
  };
}

function headersOf(document: JsonObject, definition: JsonObject): Record<string, string> {
  const response = resolved(document, objectOf(definition.responses)['200'] ?? null);
  const names = Object.keys(objectOf(response.headers)).map((name) => name.toLowerCase());
  return names.includes('link') ? { link: '<https://x.example/>; rel="next"' } : {};
}

/** A body such as the schema describes, for what is read off an answer: its scalars, with values that say "there is more". */
function sample(schema: JsonObject, depth = 0): JsonValue {
  const { format, properties } = schema;
  if (schema.example !== undefined) return schema.example;
  if (properties !== undefined && depth < 4)
    return Object.fromEntries(
      Object.entries(objectOf(properties)).map(([name, inner]) => [name, sample(objectOf(inner), depth + 1)]),
    );
  if (isOfType(schema, 'array')) return [];
  if (isOfType(schema, 'boolean')) return true;
  if (isOfType(schema, 'integer') || isOfType(schema, 'number')) return 1;
  return format === 'uri' || format === 'url' ? 'https://x.example/next' : 'text';
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function listOf(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function unreadable(reason: string): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'bad_openapi',
    message: `The OpenAPI document can't be read. ${reason}`,
    hint: 'Take the document itself (openapi.json or openapi.yaml), not the page that shows it.',
  });
}
