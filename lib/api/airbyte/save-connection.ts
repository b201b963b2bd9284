import type { ConfiguredStream } from '#lib/catalog.ts';
import type { ConnectionInput } from '#lib/connections/connection-input.ts';
import { createConnection, setConnectionStatus, updateConnection } from '#lib/connections/connections.ts';
import { type FullConnection, fullConnections, only, saveClientSettings } from '#lib/connections/full-lists.ts';
import { setConnectionTags } from '#lib/connections/tags.ts';
import type { Schedule } from '#lib/db/schema.ts';
import { WeirError } from '#lib/errors.ts';
import type { JsonObject, JsonValue } from '#lib/json.ts';
import { type Call, idIn, isUuid, listOf, objectOf, optionalText } from './call.ts';
import { readClientSettings, readNamespace, readSchemaPolicy } from './connection-shapes.ts';
import { find as findDestination } from './destinations.ts';
import { readCpu, readMemory } from './resources.ts';
import type { BasicSchedule } from './schedule.ts';
import { find as findSource } from './sources.ts';

/** The parts of a connection that the two trees spell differently, already read. */
export interface ReadParts {
  readonly streams?: readonly ConfiguredStream[];
  readonly schedule?: Schedule;
  /** The interval in the client's words; null forgets it. */
  readonly basic?: BasicSchedule | null;
}

const MOST_NAMES_TRIED = 20;

export async function findConnection({ context, identity }: Call, id: string): Promise<FullConnection> {
  return only('connection', await fullConnections(context, identity.workspaceId, { id }));
}

/** Makes a connection; one without a name is called after its two ends. */
export async function saveNewConnection(call: Call, parts: ReadParts & { streams: readonly ConfiguredStream[] }) {
  const { context, identity, body } = call;
  const input = {
    // Airbyte's own default; ours would load new fields unasked.
    schemaChanges: 'ignore' as const,
    ...changesOf(body, parts),
    streams: parts.streams,
    sourceId: idIn(body, 'sourceId', 'source'),
    destinationId: idIn(body, 'destinationId', 'destination'),
    status: statusOf(body.status) ?? 'active',
  };
  const name = optionalText(body, 'name');
  const { id } = name?.trim()
    ? await createConnection(context, identity.workspaceId, { ...input, name })
    : await createNamed(call, input);
  call.about(`connection:${id}`);
  await saveRest(call, id, {}, parts);
  return findConnection(call, id);
}

/** Changes what the body names and leaves the rest. */
export async function saveConnectionChange(call: Call, id: string, parts: ReadParts): Promise<FullConnection> {
  const { context, identity, body } = call;
  const stored = await findConnection(call, id);
  const name = optionalText(body, 'name');
  const change = { ...changesOf(body, parts), ...(name?.trim() && { name }) };
  if (Object.keys(change).length > 0) await updateConnection(context, identity.workspaceId, id, change);
  const status = statusOf(body.status);
  if (status !== undefined && status !== stored.status)
    await setConnectionStatus(context, identity.workspaceId, id, status, `by ${identity.actor}`);
  call.about(`connection:${id}`);
  await saveRest(call, id, stored.clientSettings, parts);
  return findConnection(call, id);
}

function changesOf(body: JsonObject, { streams, schedule }: ReadParts): Partial<ConnectionInput> {
  const namespaceDefinition = readNamespace(body.namespaceDefinition);
  const namespaceFormat = optionalText(body, 'namespaceFormat');
  const prefix = optionalText(body, 'prefix');
  const schemaChanges = readSchemaPolicy(body);
  const memoryMb = readMemory(body.resourceRequirements);
  const cpuCores = readCpu(body.resourceRequirements);
  return {
    ...(streams && { streams }),
    ...(schedule && { schedule }),
    // A blank format is the destination's default, as Airbyte reads it.
    ...(namespaceDefinition && {
      namespaceDefinition: namespaceDefinition === 'custom' && !namespaceFormat ? 'destination' : namespaceDefinition,
    }),
    ...(namespaceFormat && { namespaceFormat }),
    ...(prefix !== undefined && { prefix }),
    ...(schemaChanges && { schemaChanges }),
    ...(memoryMb !== undefined && { memoryMb }),
    ...(cpuCores !== undefined && { cpuCores }),
  };
}

async function saveRest(call: Call, id: string, stored: JsonObject, { basic }: ReadParts): Promise<void> {
  const { context, identity, body } = call;
  const settings = readClientSettings(body, stored, basic);
  await saveClientSettings(context, identity.workspaceId, id, settings);
  if (Array.isArray(body.tags)) await setConnectionTags(context, identity.workspaceId, id, tagIdsOf(body.tags));
}

async function createNamed(call: Call, input: Omit<Parameters<typeof createConnection>[2], 'name'>) {
  const source = await findSource(call, input.sourceId);
  const destination = await findDestination(call, input.destinationId);
  const base = `${source.name} → ${destination.name}`.slice(0, 190);
  for (let n = 1; ; n++) {
    const name = n === 1 ? base : `${base} (${n})`;
    try {
      return await createConnection(call.context, call.identity.workspaceId, { ...input, name });
    } catch (error) {
      const taken = error instanceof WeirError && error.code === 'name_taken';
      if (!taken || n === MOST_NAMES_TRIED) throw error;
    }
  }
}

function statusOf(value: JsonValue | undefined): 'active' | 'inactive' | 'deprecated' | undefined {
  return value === 'active' || value === 'inactive' || value === 'deprecated' ? value : undefined;
}

function tagIdsOf(tags: readonly JsonValue[]): string[] {
  const ids = listOf([...tags]).map((tag) => (typeof tag === 'string' ? tag : String(objectOf(tag).tagId)));
  return ids.filter(isUuid);
}
