import type { StreamDescriptor } from '#lib/catalog.ts';
import type { SharedTable } from '#lib/connections/shared-with.ts';
import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import type { Kind } from './documents.ts';
import type { Step } from './plan.ts';
import type { Remote } from './remote.ts';
import type { Server } from './server.ts';
import { needsDiscovery, toConfigured } from './streams.ts';

/** Where each kind stands in the API. */
const PATHS: Record<Kind, string> = {
  connector: '/connectors',
  source: '/sources',
  destination: '/destinations',
  connection: '/connections',
  suite: '/suites',
  channel: '/channels',
  alert_rule: '/alert-rules',
  automation: '/connections',
};

/** Ids by kind and name, those of what was made a moment ago among them. */
class Ids {
  readonly #ids = new Map<string, string>();

  constructor(remotes: readonly Remote[]) {
    for (const { kind, name, id } of remotes) this.set(kind, name, id);
  }

  set(kind: Kind, name: string, id: string): void {
    this.#ids.set(`${kind} ${name}`, id);
  }

  of(kind: Kind, name: JsonValue | undefined, at: string): string {
    const id = this.#ids.get(`${kind} ${name}`);
    if (id !== undefined) return id;
    throw new WeirError({
      kind: 'config',
      code: 'unknown_name',
      message: `${at}: there is no ${kind} named ${name}.`,
      hint: 'Declare it in the folder, or correct the name.',
    });
  }
}

/** Carries the steps out, one after the other; each is told when it is done. What was done before a refusal stays done. */
export async function applySteps(
  server: Server,
  steps: readonly Step[],
  remotes: readonly Remote[],
  told: (step: Step, warnings: readonly string[]) => void,
): Promise<void> {
  const ids = new Ids(remotes);
  for (const step of steps) {
    if (step.action === 'extra' || (step.action === 'same' && !step.hasSecrets)) continue;
    try {
      const shared = step.action === 'delete' ? await remove(server, step) : await saveAs(server, step, ids);
      told(step, shared.map(warningOf));
    } catch (error) {
      throw refusedAt(step, error);
    }
  }
}

async function saveAs(server: Server, step: Step, ids: Ids): Promise<readonly SharedTable[]> {
  const { id, sharedTables = [] } = await save(server, step, ids);
  ids.set(step.kind, step.name, id);
  return sharedTables;
}

function warningOf({ table, connection }: SharedTable): string {
  return `warning: the connection ${connection.name} loads the table ${table} too, and they change each other’s rows; a prefix or a namespace keeps them apart`;
}

/** Which document the server refused, and where it stands. */
function refusedAt({ kind, name, document }: Step, error: unknown): unknown {
  if (!(error instanceof WeirError)) return error;
  const at = document ? `${document.at}: ` : '';
  const message = error.message.startsWith(at) ? error.message.slice(at.length) : error.message;
  return new WeirError({ ...error.toJSON(), message: `${at}${kind} ${name}: ${message}`, cause: error });
}

const NO_AUTOMATION = { afterConnectionId: null, channelIds: [], commands: [] };

async function remove(server: Server, { kind, remote }: Step): Promise<readonly SharedTable[]> {
  const path = `${PATHS[kind]}/${remote?.id}`;
  if (kind === 'automation') await server.send('PUT', `${path}/automation`, NO_AUTOMATION);
  else await server.send('DELETE', path);
  return [];
}

/** It is named like its connection, which has it. */
async function saveAutomation(server: Server, { name, document }: Step, ids: Ids): Promise<string> {
  const { after, channels = [], commands = [] } = document?.body ?? {};
  const at = document?.at ?? '';
  const id = ids.of('connection', name, at);
  await server.send('PUT', `/connections/${id}/automation`, {
    afterConnectionId: after === undefined || after === null ? null : ids.of('connection', after, at),
    channelIds: (Array.isArray(channels) ? channels : []).map((channel) => ids.of('channel', channel, at)),
    commands,
  });
  return id;
}

/** What was made or changed, and the tables of a connection that others load too. */
interface Saved {
  readonly id: string;
  readonly sharedTables?: readonly SharedTable[];
}

async function save(server: Server, step: Step, ids: Ids): Promise<Saved> {
  const { document, remote } = step;
  const body = document?.body ?? {};
  const at = document?.at ?? '';
  if (step.kind === 'connector') return { id: await saveConnector(server, step) };
  if (step.kind === 'automation') return { id: await saveAutomation(server, step, ids) };
  const pinned = body.connectorVersion ?? (body.connectorVersion === undefined ? remote?.body.connectorVersion : null);
  const { states, ...sent } = await SHAPES[step.kind](server, body, ids, { at, pinned: pinned ?? null });
  const [path, name] = [PATHS[step.kind], step.name];
  if (remote === null) {
    const made = await server.send<Saved>('POST', path, { name, ...sent });
    if (Array.isArray(states)) await setStates(server, made.id, states);
    return made;
  }
  const changes = withoutFixed(step.kind, sent);
  return {
    ...(await server.send<Saved>(step.kind === 'suite' ? 'PUT' : 'PATCH', `${path}/${remote.id}`, changes)),
    id: remote.id,
  };
}

/** Where the document stands, and the version of its connector that a connection stays with. */
interface ShapeOptions {
  readonly at: string;
  readonly pinned: JsonValue;
}

type Shape = (server: Server, body: JsonObject, ids: Ids, options: ShapeOptions) => Promise<JsonObject>;

/** Documents with names in the form in which the API takes them, with ids. */
const SHAPES: Record<Exclude<Kind, 'connector' | 'automation'>, Shape> = {
  source: async (_server, { connector, ...body }, ids, { at }) => ({
    ...body,
    connectorId: ids.of('connector', connector, at),
  }),
  destination: async (_server, body) => body,
  connection: async (server, { source, destination, streams, ...body }, ids, { at, pinned }) => {
    const sourceId = ids.of('source', source, at);
    const listed = Array.isArray(streams) ? streams : [];
    const question = { kind: 'discover', sourceId, ...(pinned !== null && { connectorVersion: pinned }) };
    const offered = needsDiscovery(listed) ? (await server.ask(question)).streams : [];
    const configured = listed.map((stream) => toConfigured(stream, offered as unknown as StreamDescriptor[]));
    return {
      ...body,
      sourceId,
      destinationId: ids.of('destination', destination, at),
      streams: configured as unknown as JsonValue,
    };
  },
  suite: async (_server, { destination, connection, ...body }, ids, { at }) => ({
    ...body,
    destinationId: ids.of('destination', destination, at),
    ...(connection !== undefined && { connectionId: ids.of('connection', connection, at) }),
  }),
  channel: async (_server, body) => body,
  alert_rule: async (_server, { channels, connections, tags, owners, levels, events, ...body }, ids, { at }) => ({
    ...body,
    matches: {
      ...(Array.isArray(connections) && { connections: connections.map((name) => ids.of('connection', name, at)) }),
      ...Object.fromEntries(Object.entries({ tags, owners, levels, events }).filter(([, list]) => list !== undefined)),
    } as JsonObject,
    channelIds: (Array.isArray(channels) ? channels : []).map((name) => ids.of('channel', name, at)),
  }),
};

/** What another one would be another thing: it can't be changed. */
function withoutFixed(kind: Kind, body: JsonObject): JsonObject {
  const fixed: Record<string, readonly string[]> = {
    source: ['connectorId'],
    destination: ['type'],
    connection: ['sourceId', 'destinationId'],
    channel: ['type'],
  };
  return Object.fromEntries(Object.entries(body).filter(([key]) => !fixed[kind]?.includes(key)));
}

async function saveConnector(server: Server, { name, document, remote }: Step): Promise<string> {
  const manifest = manifestText(document?.body.manifest);
  const id = remote?.id ?? (await server.send<{ id: string }>('POST', '/connectors', { name, manifest })).id;
  const { latest } = await server.get<{ latest: { version: number } | null }>(`/connectors/${id}`);
  await server.send('POST', `/connectors/${id}/versions`, { manifest, basedOn: latest?.version ?? null });
  return id;
}

/** JSON is YAML: a manifest that stands inside a document is sent so. */
function manifestText(manifest: JsonValue | undefined): string {
  return isJsonObject(manifest) ? JSON.stringify(manifest, null, 2) : String(manifest ?? '');
}

/** A connection that comes from elsewhere goes on where it was. */
async function setStates(server: Server, connectionId: string, states: JsonValue[]): Promise<void> {
  await server.send('PUT', `/connections/${connectionId}/states`, { states });
}
