import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { type Dates, datesOf } from './dates.ts';
import { patternOf, readsOf, scope, textOf, type World } from './templates.ts';

export type Role =
  | 'stream'
  | 'parent'
  | 'token'
  | 'login'
  | 'parts'
  | 'schema'
  | 'create_job'
  | 'poll_job'
  | 'download'
  | 'delete_job';

/** One kind of request that a stream makes, and what its answer has to hold. */
export interface Endpoint {
  readonly name: string;
  readonly role: Role;
  readonly method: string;
  readonly pattern: RegExp;
  /** What its path says behind a question mark; null for most. */
  readonly query: RegExp | null;
  /** How many characters of the address are certain: the most certain endpoint answers. */
  readonly literal: number;
  /** Texts in the templates of the address, one or more of which it has. */
  readonly hints: readonly string[];
  readonly requester: JsonObject;
  readonly retriever: JsonObject;
  readonly stream: JsonObject;
  readonly schema: JsonValue | undefined;
  readonly dates: Dates | null;
  /** Where the cursor's date stands in the API's record, beside its own field. */
  readonly dateFields: readonly (readonly (string | number)[])[];
  /** Fields that must be there and differ from record to record. */
  readonly keys: readonly (readonly string[])[];
  /** Fields that templates of the stream read from its records. */
  readonly read: readonly (readonly (string | number)[])[];
  readonly literals: readonly unknown[];
  /** Read in many pieces: answers are short. */
  readonly sliced: boolean;
}

/** Requests that listing the streams of a manifest may need: those for schemas, properties and streams to make, and logins. */
export function endpointsOfSource(manifest: JsonObject, world: World): Endpoint[] {
  const all = [manifest.streams, manifest.dynamic_streams].flat().filter(isJsonObject);
  return all.flatMap((stream) => endpointsOf(stream, world)).filter(({ role }) => LISTING.includes(role));
}

const LISTING: readonly Role[] = ['parts', 'schema', 'token', 'login'];

/** Every request that reading a stream may need: its own, its parents', its logins'. */
export function endpointsOf(stream: JsonObject, world: World): Endpoint[] {
  const found: Endpoint[] = [];
  streamEndpoints(stream, 'stream', [], world, found);
  return found;
}

function streamEndpoints(
  stream: JsonObject,
  role: Role,
  keys: readonly (readonly string[])[],
  world: World,
  found: Endpoint[],
): void {
  for (const inner of [stream.full_refresh_stream, stream.incremental_stream, stream.stream_template])
    if (isJsonObject(inner)) streamEndpoints(inner, role, keys, world, found);
  if (Array.isArray(stream.streams))
    for (const inner of stream.streams.filter(isJsonObject)) streamEndpoints(inner, role, keys, world, found);
  nested(stream.components_resolver, world, found);
  const { retriever } = stream;
  if (!isJsonObject(retriever)) return;
  const add = (requester: JsonValue | undefined, as: Role) => {
    if (isJsonObject(requester)) found.push(endpoint(requester, retriever, stream, as, keys, world));
  };
  add(retriever.requester, role);
  add(retriever.creation_requester, 'create_job');
  add(retriever.polling_requester, 'poll_job');
  add(retriever.download_requester, 'download');
  add(retriever.delete_requester, 'delete_job');
  add(retriever.abort_requester, 'delete_job');
  nested(stream, world, found);
}

/** Parents, logins, and retrievers that fetch parts of a stream. */
function nested(value: JsonValue | undefined, world: World, found: Endpoint[], owner: JsonObject = {}): void {
  if (Array.isArray(value)) for (const item of value) nested(item, world, found, owner);
  if (!isJsonObject(value)) return;
  if (value.type === 'ParentStreamConfig' && isJsonObject(value.stream)) {
    streamEndpoints(value.stream, 'parent', parentKeys(value), world, found);
    return;
  }
  found.push(...loginsOf(value, owner, world));
  for (const [name, inner] of Object.entries(value)) {
    if (name === 'schema' || name === '$parameters' || name === 'definitions') continue;
    if (name === 'retriever' && PART_OWNERS.includes(String(value.type)) && isJsonObject(inner)) {
      if (isJsonObject(inner.requester))
        found.push(
          endpoint(inner.requester, inner, value, value.type === 'DynamicSchemaLoader' ? 'schema' : 'parts', [], world),
        );
    }
    nested(inner, world, found, value);
  }
}

const PART_OWNERS = ['PropertiesFromEndpoint', 'DynamicSchemaLoader', 'HttpComponentsResolver'];

function parentKeys({ parent_key: key, extra_fields: extra }: JsonObject): string[][] {
  const fields = Array.isArray(extra) ? extra.filter(Array.isArray).map((path) => path.map(String)) : [];
  return [String(key ?? 'id').split('/'), ...fields];
}

/** `owner` is the requester that an authenticator belongs to. */
function loginsOf(component: JsonObject, owner: JsonObject, world: World): Endpoint[] {
  const at = scope(world, component);
  const fixed = (url: string | null, role: Role): Endpoint[] =>
    url === null ? [] : [{ ...endpoint({ url, http_method: 'GET' }, component, {}, role, [], world), method: '*' }];
  if (component.type === 'OAuthAuthenticator') return fixed(textOf(component.token_refresh_endpoint, at), 'token');
  if (component.type === 'LegacySessionTokenAuthenticator') {
    const base = (textOf(owner.url ?? owner.url_base, scope(world, owner)) ?? '').replace(/\/*$/, '/');
    const below = (path: JsonValue | undefined) => fixed(`${base}${textOf(path, at) ?? ''}`, 'login');
    return [...below(component.login_url), ...below(component.validate_session_url)];
  }
  if (component.type === 'SessionTokenAuthenticator' && isJsonObject(component.login_requester))
    return [endpoint(component.login_requester, component, {}, 'login', [], world)];
  return [];
}

function endpoint(
  requester: JsonObject,
  retriever: JsonObject,
  stream: JsonObject,
  role: Role,
  keys: readonly (readonly string[])[],
  world: World,
): Endpoint {
  const { pattern, query, literal } = addressOf(requester, world);
  const dates = datesOf(stream.incremental_sync, world);
  const transformations = Array.isArray(stream.transformations) ? stream.transformations.filter(isJsonObject) : [];
  const selector = isJsonObject(retriever.record_selector) ? retriever.record_selector : {};
  const filter = isJsonObject(selector.record_filter) ? String(selector.record_filter.condition ?? '') : '';
  const filterReads = readsOf(filter, ['record']);
  const reads = [
    ...filterReads.chains,
    ...transformations.flatMap((item) => textsIn(item).flatMap((text) => readsOf(text, ['record']).chains)),
  ];
  const routers = retriever.partition_router ?? retriever.stream_slicer;
  const incremental = isJsonObject(stream.incremental_sync) ? stream.incremental_sync : {};
  return {
    name: String(stream.name ?? requester.name ?? role),
    ...{ role, pattern, query, literal, hints: hintsOf(requester), requester, retriever, stream, dates, keys },
    method: String(requester.http_method ?? 'GET').toUpperCase(),
    schema: schemaOf(stream.schema_loader),
    dateFields: dates ? dateSources(transformations, dates.field) : [],
    read: reads.map(({ path }) => path).filter((path) => path.length > 0),
    literals: filterReads.literals,
    sliced: (Array.isArray(routers) ? routers.length > 0 : isJsonObject(routers)) || incremental.step !== undefined,
  };
}

function textsIn(value: JsonValue | undefined): string[] {
  if (typeof value === 'string') return value.includes('record') ? [value] : [];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return isJsonObject(value) ? Object.values(value).flatMap(textsIn) : [];
}

/** A cursor field that a transformation makes: where its value comes from. */
function dateSources(transformations: readonly JsonObject[], field: string): (string | number)[][] {
  return transformations.flatMap(({ fields }) =>
    (Array.isArray(fields) ? fields.filter(isJsonObject) : [])
      .filter(({ path }) => Array.isArray(path) && path.length === 1 && path[0] === field)
      .flatMap(({ value }) => readsOf(String(value), ['record']).chains.map(({ path }) => [...path]))
      .filter((path) => path.length > 0),
  );
}

/** The first loader's inline schema; a reference to a definition has been resolved before. */
export function schemaOf(loader: JsonValue | undefined): JsonValue | undefined {
  const [first] = [loader].flat();
  return isJsonObject(first) ? first.schema : undefined;
}

function addressOf(requester: JsonObject, world: World): Pick<Endpoint, 'pattern' | 'query' | 'literal'> {
  const at = scope(world, requester);
  const path = String(requester.path ?? '').replace(/^\/+/, '');
  const base = String(requester.url ?? requester.url_base ?? '');
  const start = patternOf(base, at);
  const end = path === '' ? { pattern: '', literal: 0 } : patternOf(path, at);
  const below = withoutQuery(end.pattern);
  const joined = /^https?:/.test(end.pattern) ? below : `${withoutQuery(start.pattern)}\\/${below}`;
  // Some APIs are asked with two slashes, some addresses end with one: neither counts.
  const pattern = joined.replaceAll(/(?<!:)(\\\/)+/g, '\\/+').replace(/(\\\/\+)+$/, '');
  const query = end.pattern.split('\\?')[1];
  return {
    pattern: new RegExp(`^${pattern === ANYTHING ? DOWNLOADS : pattern}\\/*$`, 's'),
    query: query ? new RegExp(`^${query}(?:[=&]|$)`, 's') : null,
    literal: start.literal + end.literal,
  };
}

/** An address that is a template as a whole is that of a download. */
const ANYTHING = '.+?\\/';
const DOWNLOADS = 'https:\\/\\/download\\.example\\.com\\/.*';

function hintsOf({ path, url }: JsonObject): string[] {
  const { literals } = readsOf(String(path ?? url ?? ''), ['stream_slice', 'stream_partition', 'stream_interval']);
  return literals.filter((text): text is string => typeof text === 'string' && text.includes('/'));
}

function withoutQuery(pattern: string): string {
  const query = pattern.indexOf('\\?');
  return query < 0 ? pattern : pattern.slice(0, query);
}
