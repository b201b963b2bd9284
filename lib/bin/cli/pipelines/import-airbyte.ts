import { PUBLIC_MODES, readSyncCatalog } from '#lib/api/airbyte/catalog.ts';
import { readNamespace, readSchemaPolicy } from '#lib/api/airbyte/connection-shapes.ts';
import { destinationTypeOf } from '#lib/api/airbyte/definitions.ts';
import { readCpu, readMemory } from '#lib/api/airbyte/resources.ts';
import { readConfigSchedule } from '#lib/api/airbyte/schedule.ts';
import { readConnectionState } from '#lib/api/airbyte/state.ts';
import type { ConfiguredStream } from '#lib/catalog.ts';
import { readManifest } from '#lib/connections/manifests.ts';
import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import { type AirbyteAccess, type AirbyteApi, airbyteApi, isMissing } from './airbyte-client.ts';
import type { Exported } from './export.ts';
import { toDocumentStream } from './streams.ts';

export interface Imported {
  readonly things: readonly Exported[];
  /** What stays undone until a manifest is added: sources of connectors that have none, and their connections. */
  readonly waiting: readonly Exported[];
  /** What could not be taken over as it was, one sentence each. */
  readonly notes: readonly string[];
}

/** All that is known while it is read. */
interface Reading {
  readonly api: AirbyteApi;
  readonly workspaceId: string;
  readonly notes: string[];
  /** Names of things by their ids in Airbyte, where two may have one name. */
  readonly names: ReadonlyMap<string, string>;
}

/**
 * Reads connectors, sources, destinations, connections, catalogs and states of an Airbyte through its API. Nothing is
 * changed there; secrets are masked by it and have to be entered anew.
 * @param declared names of connectors that the folder declares by itself
 */
export async function readAirbyte(access: AirbyteAccess, declared: readonly string[] = []): Promise<Imported> {
  const api = await airbyteApi(access);
  const notes: string[] = [];
  const workspaceId = await workspaceOf(api, access.workspace, notes);
  const [sources, destinations, connections] = [
    await api.all('sources/list', { workspaceId }, 'sources', 'sourceId'),
    await api.all('destinations/list', { workspaceId }, 'destinations', 'destinationId'),
    rowsOf(await api.config('connections/list', { workspaceId }), 'connections'),
  ];
  const definitions = sources.map((row) => ({ id: row.sourceDefinitionId ?? '', name: row.sourceName ?? '' }));
  const names = new Map([
    ...namesOf(definitions, 'id', 'Connector', notes),
    ...namesOf(sources, 'sourceId', 'Source', notes),
    ...namesOf(destinations, 'destinationId', 'Destination', notes),
    ...namesOf(connections, 'connectionId', 'Connection', notes),
  ]);
  const reading: Reading = { api, workspaceId, notes, names };
  const connectors = await readConnectors(reading, sources);
  const known = [...connectors.map(({ name }) => name), ...declared];
  const taken = inOrder(destinations).flatMap((row) => destinationOf(reading, row));
  const made: Exported[] = [];
  // One after the other: what is said of them keeps its order, and Airbyte its peace.
  for (const row of inOrder(connections)) made.push(...(await connectionOf(reading, row, taken)));
  const brought = inOrder(sources).map((row) => sourceOf(reading, row));
  const lacks = ({ body }: Exported) => !known.includes(text(body.connector));
  const missing = brought.filter(lacks);
  const isWaiting = ({ body }: Exported) => missing.some(({ name }) => name === body.source);
  noteMissing(reading, missing, made.filter(isWaiting));
  return {
    things: [
      ...connectors,
      ...brought.filter((each) => !lacks(each)),
      ...taken,
      ...made.filter((each) => !isWaiting(each)),
    ],
    waiting: [...missing, ...made.filter(isWaiting)],
    notes,
  };
}

/** The one that was asked for, by name or id, or the first. Newer Airbytes list them in the public API alone. */
async function workspaceOf(api: AirbyteApi, wanted: string | undefined, notes: string[]): Promise<string> {
  const all = await workspacesOf(api);
  const found = wanted
    ? all.find(({ workspaceId, name }) => workspaceId === wanted || name === wanted)
    : all.find(({ tombstone }) => tombstone !== true);
  const others = all.map(({ name }) => text(name)).join(', ');
  if (!found)
    throw new WeirError({
      kind: 'config',
      code: 'unknown_name',
      message: wanted ? `Airbyte has no workspace ${wanted}.` : 'Airbyte shows no workspace.',
      hint: wanted ? `It has: ${others}.` : 'Check that the credentials may read one.',
    });
  if (!wanted && all.length > 1)
    notes.push(
      `Airbyte has ${all.length} workspaces (${others}): ${text(found.name)} was read; --workspace names one.`,
    );
  return text(found.workspaceId);
}

async function workspacesOf(api: AirbyteApi): Promise<JsonObject[]> {
  const listed = await orMissing(() => api.config('workspaces/list', {}));
  return listed ? rowsOf(listed, 'workspaces') : api.openAll('workspaces');
}

/** Airbyte lets two things of a kind have one name; here a name is what a thing is found by, in every run the same. */
function namesOf(rows: readonly JsonObject[], key: string, kind: string, notes: string[]): Map<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const row of inOrder(rows, key)) {
    const id = text(row[key]);
    if (names.has(id)) continue;
    const wanted = text(row.name).trim() || id;
    let name = wanted;
    for (let n = 2; taken.has(name); n++) name = `${wanted} (${n})`;
    if (name !== wanted) notes.push(`${kind} ${wanted}: another one has this name; it becomes ${name}.`);
    taken.add(name);
    names.set(id, name);
  }
  return names;
}

/** Connectors that were declared as manifests are brought along. */
async function readConnectors(reading: Reading, sources: readonly JsonObject[]): Promise<Exported[]> {
  const { names, notes } = reading;
  const found: Exported[] = [];
  for (const id of new Set(inOrder(sources).map((row) => text(row.sourceDefinitionId)))) {
    const name = names.get(id) ?? '';
    const manifest = await manifestOf(reading, id, name);
    if (manifest === null) continue;
    const { compiled, issues } = readManifest(manifest);
    if (compiled !== null) found.push({ kind: 'connector', name, body: { manifest } });
    else notes.push(`Connector ${name}: Weir can’t read its manifest: ${issues[0]?.message ?? 'it is empty.'}`);
  }
  return found;
}

async function manifestOf(reading: Reading, id: string, name: string): Promise<string | null> {
  const { api, workspaceId, notes } = reading;
  try {
    const { manifest } =
      (await orMissing(() => api.open(`workspaces/${workspaceId}/definitions/declarative_sources/${id}`))) ??
      (await projectManifest(reading, id));
    return isJsonObject(manifest) ? JSON.stringify(manifest, null, 2) : null;
  } catch (error) {
    if (!(error instanceof WeirError)) throw error;
    notes.push(`Connector ${name}: its manifest was not given. ${error.message}`);
    return null;
  }
}

/** Of the project of the builder that published it: older Airbytes have no public API to ask. */
async function projectManifest({ api, workspaceId }: Reading, definitionId: string): Promise<JsonObject> {
  const listed = await orMissing(() => api.config('connector_builder_projects/list', { workspaceId }));
  const project = rowsOf(listed ?? {}, 'projects').find(
    ({ sourceDefinitionId }) => sourceDefinitionId === definitionId,
  );
  if (!project) return {};
  const { builderProjectId = '', activeDeclarativeManifestVersion: version } = project;
  const asked = { workspaceId, builderProjectId, ...(typeof version === 'number' && { version }) };
  const told = await orMissing(() => api.config('connector_builder_projects/get_with_manifest', asked));
  return objectOf(told?.declarativeManifest);
}

/** Null where it has no such thing, or no such route in its version. */
async function orMissing(ask: () => Promise<JsonObject>): Promise<JsonObject | null> {
  try {
    return await ask();
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Each connector once, with what waits for its manifest. */
function noteMissing({ notes }: Reading, sources: readonly Exported[], connections: readonly Exported[]): void {
  for (const [connector, those] of Map.groupBy(sources, ({ body }) => text(body.connector))) {
    const names = those.map(({ name }) => name);
    const needing = connections.filter(({ body }) => names.includes(text(body.source)));
    const waiting = [...those, ...needing].map(({ kind, name }) => `${kind} ${name}`).join(', ');
    notes.push(
      `Connector ${connector}: Airbyte has no manifest of it, as it is a container image. Waiting for one: ${waiting}. ` +
        `Declare connector ${connector} in the folder, for many of Airbyte’s with the manifest.yaml of its folder, and run this again.`,
    );
  }
}

function sourceOf({ names }: Reading, row: JsonObject): Exported {
  const connector = names.get(text(row.sourceDefinitionId)) ?? text(row.sourceName);
  const body = { connector, config: objectOf(row.connectionConfiguration) };
  return { kind: 'source', name: names.get(text(row.sourceId)) ?? '', body };
}

function destinationOf({ names, notes }: Reading, row: JsonObject): Exported[] {
  const name = names.get(text(row.destinationId)) ?? '';
  const type = destinationTypeOf(text(row.destinationDefinitionId), text(row.destinationName));
  if (type === null) {
    notes.push(`Destination ${name}: Weir has no ${text(row.destinationName)}; its connections are left out.`);
    return [];
  }
  const { tunnel_method: tunnel, ...config } = objectOf(row.connectionConfiguration);
  const way = text(objectOf(tunnel).tunnel_method);
  if (way !== '' && way !== 'NO_TUNNEL')
    notes.push(`Destination ${name}: Weir opens no SSH tunnel; let it reach ${text(config.host)} in another way.`);
  return [{ kind: 'destination', name, body: { type, config } }];
}

async function connectionOf(
  reading: Reading,
  listed: JsonObject,
  destinations: readonly Exported[],
): Promise<Exported[]> {
  const { api, names, notes } = reading;
  const id = text(listed.connectionId);
  const name = names.get(id) ?? '';
  const [source = '', destination = ''] = [names.get(text(listed.sourceId)), names.get(text(listed.destinationId))];
  if (listed.status === 'deprecated' || !destinations.some((each) => each.name === destination)) return [];
  try {
    const row = isJsonObject(listed.syncCatalog)
      ? listed
      : await api.config('connections/get', { connectionId: listed.connectionId ?? '' });
    const streams = readSyncCatalog(row.syncCatalog, []).filter((stream) => hasMode(reading, name, stream));
    if (streams.length === 0)
      throw new WeirError({ kind: 'config', code: 'no_streams', message: 'It has no streams.' });
    if (Array.isArray(row.operationIds) && row.operationIds.length > 0)
      notes.push(`Connection ${name}: its operations after a sync are left out; declare an automation for them.`);
    const states = await statesOf(reading, id, name);
    const body = { source, destination, ...settingsOf(row), ...withStreams(streams, states) };
    return [{ kind: 'connection', name, body }];
  } catch (error) {
    if (!(error instanceof WeirError)) throw error;
    const said = error.issues.map(({ path, message }) => `${path}: ${message}`).join(' ');
    notes.push(`Connection ${name} is left out: ${error.message} ${said}`.trim());
    return [];
  }
}

/** Modes that only Airbyte has would become another one, which may empty a table. */
function hasMode({ notes }: Reading, connection: string, stream: ConfiguredStream): boolean {
  const { syncMode, destinationSyncMode } = stream;
  if (Object.values(PUBLIC_MODES).some(([from, to]) => from === syncMode && to === destinationSyncMode)) return true;
  notes.push(
    `Connection ${connection}: stream ${stream.stream.name} is left out, Weir has no mode ${syncMode} with ${destinationSyncMode}.`,
  );
  return false;
}

function settingsOf(row: JsonObject): JsonObject {
  const read = readConfigSchedule(row);
  const namespaceDefinition = readNamespace(row.namespaceDefinition);
  const schemaChanges = readSchemaPolicy(row);
  const memoryMb = readMemory(row.resourceRequirements);
  const cpuCores = readCpu(row.resourceRequirements);
  const tags = (Array.isArray(row.tags) ? row.tags : []).map((tag) => text(objectOf(tag).name)).filter(Boolean);
  // A blank format is the destination's default, as Airbyte reads it.
  const format = text(row.namespaceFormat).trim();
  const isCustom = namespaceDefinition === 'custom' && format !== '';
  return {
    status: row.status === 'active' ? 'active' : 'inactive',
    ...(read && { schedule: { ...read.schedule } as JsonObject }),
    ...(namespaceDefinition && {
      namespaceDefinition: namespaceDefinition === 'custom' && !isCustom ? 'destination' : namespaceDefinition,
    }),
    ...(isCustom && { namespaceFormat: format }),
    prefix: text(row.prefix),
    ...(schemaChanges && { schemaChanges }),
    ...(typeof memoryMb === 'number' && { memoryMb }),
    ...(typeof cpuCores === 'number' && { cpuCores }),
    ...(tags.length > 0 && { tags: tags.toSorted() }),
  };
}

function withStreams(streams: readonly ConfiguredStream[], states: readonly JsonObject[]): JsonObject {
  return {
    streams: streams.map((stream) => ({
      ...toDocumentStream(stream),
      descriptor: stream.stream as unknown as JsonObject,
    })),
    ...(states.length > 0 && { states: [...states] }),
  };
}

async function statesOf({ api, notes }: Reading, connectionId: string, name: string): Promise<JsonObject[]> {
  const state = await api.config('state/get', { connectionId });
  if (state.stateType === 'legacy') {
    notes.push(`Connection ${name}: its state has the legacy form and is left out; it begins afresh.`);
    return [];
  }
  if (isJsonObject(objectOf(state.globalState).shared_state))
    notes.push(`Connection ${name}: the part of its state that its streams share is left out.`);
  return readConnectionState(state).map(({ name: stream, namespace, state: value }) => ({
    ...{ name: stream, namespace, state: value },
  }));
}

/** However Airbyte lists them: a second run writes the same files. */
function inOrder(rows: readonly JsonObject[], key?: string): JsonObject[] {
  const idOf = (row: JsonObject) =>
    text(key === undefined ? (row.connectionId ?? row.sourceId ?? row.destinationId) : row[key]);
  return rows.toSorted((a, b) => (idOf(a) < idOf(b) ? -1 : idOf(a) > idOf(b) ? 1 : 0));
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
