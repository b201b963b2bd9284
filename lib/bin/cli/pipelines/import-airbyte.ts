import { readSyncCatalog } from '#lib/api/airbyte/catalog.ts';
import { readNamespace } from '#lib/api/airbyte/connection-shapes.ts';
import { destinationTypeOf } from '#lib/api/airbyte/definitions.ts';
import { readConfigSchedule } from '#lib/api/airbyte/schedule.ts';
import { readConnectionState } from '#lib/api/airbyte/state.ts';
import type { StreamDescriptor } from '#lib/catalog.ts';
import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import type { Exported } from './export.ts';
import { toDocumentStream } from './streams.ts';

const TIMEOUT_MS = 120_000;

/** How a running Airbyte is reached: with a client id and secret, a user and password, or neither. */
export interface AirbyteAccess {
  readonly url: string;
  readonly clientId?: string | undefined;
  readonly clientSecret?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

export interface Imported {
  readonly things: readonly Exported[];
  /** What could not be taken over as it was, one sentence each. */
  readonly notes: readonly string[];
}

type Ask = (verb: string, body: JsonObject) => Promise<JsonObject>;

/**
 * Reads connectors, sources, destinations, connections, catalogs and states of an Airbyte through its API. Nothing is
 * changed there; secrets are masked by it and have to be entered anew.
 */
export async function readAirbyte(access: AirbyteAccess): Promise<Imported> {
  const ask = await airbyteClient(access);
  const notes: string[] = [];
  const workspaces = rowsOf(await ask('workspaces/list', {}), 'workspaces');
  const workspaceId = text(workspaces[0]?.workspaceId);
  if (workspaces.length > 1)
    notes.push(`Airbyte has ${workspaces.length} workspaces: ${text(workspaces[0]?.name)} was read.`);
  const of = (what: string, key: string, body: JsonObject = { workspaceId }) =>
    ask(what, body).then((answer) => rowsOf(answer, key));
  const [sources, destinations, connections] = await Promise.all([
    of('sources/list', 'sources'),
    of('destinations/list', 'destinations'),
    of('connections/list', 'connections'),
  ]);
  const manifests = await readManifests(ask, workspaceId, sources, notes);
  const taken = destinations.flatMap((row) => destinationOf(row, notes));
  const names = namesById([...sources, ...destinations]);
  const made = await Promise.all(connections.map((row) => connectionOf(ask, row, names, taken, notes)));
  return { things: [...manifests, ...sources.map(sourceOf), ...taken, ...made.flat()], notes };
}

function sourceOf(row: JsonObject): Exported {
  const body = { connector: text(row.sourceName), config: objectOf(row.connectionConfiguration) };
  return { kind: 'source', name: text(row.name), body };
}

function destinationOf(row: JsonObject, notes: string[]): Exported[] {
  const type = destinationTypeOf(text(row.destinationDefinitionId), text(row.destinationName));
  if (type === null) {
    notes.push(
      `Destination ${text(row.name)}: Weir has no ${text(row.destinationName)}; its connections are left out.`,
    );
    return [];
  }
  return [{ kind: 'destination', name: text(row.name), body: { type, config: objectOf(row.connectionConfiguration) } }];
}

async function connectionOf(
  ask: Ask,
  row: JsonObject,
  names: ReadonlyMap<string, string>,
  destinations: readonly Exported[],
  notes: string[],
): Promise<Exported[]> {
  const name = text(row.name);
  const [source = '', destination = ''] = [names.get(text(row.sourceId)), names.get(text(row.destinationId))];
  if (row.status === 'deprecated' || !destinations.some((each) => each.name === destination)) return [];
  try {
    const streams = readSyncCatalog(row.syncCatalog, []);
    const read = readConfigSchedule(row);
    const namespaceDefinition = readNamespace(row.namespaceDefinition);
    const states = await statesOf(ask, text(row.connectionId), name, notes);
    const body: JsonObject = {
      source,
      destination,
      status: row.status === 'active' ? 'active' : 'inactive',
      ...(read && { schedule: { ...read.schedule } as JsonObject }),
      ...(namespaceDefinition && { namespaceDefinition }),
      ...(namespaceDefinition === 'custom' && { namespaceFormat: text(row.namespaceFormat) }),
      prefix: text(row.prefix),
      streams: streams.map((stream) => ({
        ...toDocumentStream(stream),
        descriptor: stream.stream satisfies StreamDescriptor as unknown as JsonObject,
      })),
      ...(states.length > 0 && { states }),
    };
    return [{ kind: 'connection', name, body }];
  } catch (error) {
    if (!(error instanceof WeirError)) throw error;
    const said = error.issues.map(({ path, message }) => `${path}: ${message}`).join(' ');
    notes.push(`Connection ${name} is left out: ${error.message} ${said}`);
    return [];
  }
}

async function statesOf(ask: Ask, connectionId: string, name: string, notes: string[]): Promise<JsonObject[]> {
  const state = await ask('state/get', { connectionId });
  if (state.stateType === 'legacy') {
    notes.push(`Connection ${name}: its state has the legacy form and is left out; it begins afresh.`);
    return [];
  }
  return readConnectionState(state).map(({ name: stream, namespace, state: value }) => ({
    ...{ name: stream, namespace, state: value },
  }));
}

/** Connectors that were declared as manifests are brought along; of the others the name is left to be filled in. */
async function readManifests(ask: Ask, workspaceId: string, sources: readonly JsonObject[], notes: string[]) {
  const wanted = new Map(sources.map((row) => [text(row.sourceName), text(row.sourceDefinitionId)]));
  const found: Exported[] = [];
  for (const [name, definitionId] of wanted) {
    const manifest = await manifestOf(ask, workspaceId, definitionId);
    if (manifest) found.push({ kind: 'connector', name, body: { manifest: JSON.stringify(manifest, null, 2) } });
    else
      notes.push(
        `Connector ${name}: Airbyte has no manifest of it. Add connectors/${name}.yaml with one before weir apply.`,
      );
  }
  return found;
}

async function manifestOf(ask: Ask, workspaceId: string, id: string): Promise<JsonObject | null> {
  try {
    const answer = await ask(`GET workspaces/${workspaceId}/definitions/declarative_sources/${id}`, {});
    return isJsonObject(answer.manifest) ? answer.manifest : null;
  } catch (error) {
    if (error instanceof WeirError && error.code === 'airbyte_refused') return null;
    throw error;
  }
}

/** Verbs go to the Config API; `GET …` goes to the public one. */
async function airbyteClient({ url, ...access }: AirbyteAccess): Promise<Ask> {
  const base = url.replace(/\/+$/, '').replace(/\/api(\/v1|\/public\/v1)?$/, '');
  const { clientId, clientSecret, username, password } = access;
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  const send = async (method: string, path: string, body: JsonObject): Promise<JsonObject> => {
    const answer = await fetch(`${base}${path}`, {
      method,
      headers,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(method === 'POST' && { body: JSON.stringify(body) }),
    });
    const said = await answer.text();
    if (!answer.ok) throw refused(`${method} ${path}`, answer.status, said);
    return said === '' ? {} : (JSON.parse(said) as JsonObject);
  };
  if (username) headers.authorization = `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}`;
  if (clientId) {
    const body = { client_id: clientId, client_secret: clientSecret ?? '' };
    headers.authorization = `Bearer ${text((await send('POST', '/api/v1/applications/token', body)).access_token)}`;
  }
  return (verb, body) =>
    verb.startsWith('GET ')
      ? send('GET', `/api/public/v1/${verb.slice(4)}`, body)
      : send('POST', `/api/v1/${verb}`, body);
}

function namesById(rows: readonly JsonObject[]): Map<string, string> {
  return new Map(rows.map((row) => [text(row.sourceId ?? row.destinationId), text(row.name)]));
}

function rowsOf(answer: JsonObject, key: string): JsonObject[] {
  return Array.isArray(answer[key]) ? answer[key].filter(isJsonObject) : [];
}

function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function refused(what: string, status: number, said: string): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'airbyte_refused',
    message: `Airbyte answered ${what} with ${status}: ${said.slice(0, 300)}`,
    hint: status === 401 ? 'Give --client-id and --client-secret, or --user and --password.' : 'Check the address.',
  });
}
