import { type FullSource, fullSources } from '#lib/connections/full-lists.ts';
import { probeInput } from '#lib/connections/probe-input.ts';
import { createSource, deleteSource, updateSource } from '#lib/connections/sources.ts';
import type { JsonObject } from '#lib/json.ts';
import { askProbe } from '#lib/sync/ask-probe.ts';
import { readApart } from '../manifest-thread.ts';
import { type Actor, type Asked, actorResource, actorVerbs, findActor } from './actors.ts';
import { type Call, type ConfigRoute, epochSeconds, idIn, type PublicRoute, unsupported } from './call.ts';
import { connectorOfType, findConnector, sourceSpecification, sourceTypeOf } from './definitions.ts';
import { discoverAgain, discoverySchema, pinnedVersion } from './discover.ts';

const source: Actor<FullSource> = {
  noun: 'source',
  named: 'the name of the connector',
  answers: ['answers', 'would answer'],
  rows: fullSources,
  toConfig: toConfigSource,
  toPublic: toPublicSource,
  async definition(call, named) {
    const { id } = 'id' in named ? await findConnector(call, named.id) : await connectorOfType(call, named.type);
    return { connectorId: id };
  },
  insert: ({ context, identity }, { name, config, connectorId = '' }) =>
    createSource(context, identity.workspaceId, { name, config, connectorId }),
  async change({ context, identity }, id, change) {
    await updateSource(context, identity.workspaceId, id, change);
  },
  remove: ({ context, identity }, id) => deleteSource(context, identity.workspaceId, id),
  ask,
};

const sourceId: JsonObject = { type: 'object', required: ['sourceId'], properties: { sourceId: { type: 'string' } } };

export const configRoutes: ConfigRoute[] = [
  ...actorVerbs(source),
  {
    verb: 'sources/discover_schema',
    role: 'editor',
    action: 'source.discover',
    summary: 'The streams that the source offers',
    input: sourceId,
    handle: async (call) => {
      const { id } = await find(call, idIn(call.body, 'sourceId', 'source'));
      const version = await pinnedVersion(call, id);
      return discoverySchema(call, id, () => discoverAgain(call, id, version));
    },
  },
  {
    verb: 'source_definition_specifications/get_for_source',
    role: 'viewer',
    summary: 'JSON schema of this source’s settings',
    input: sourceId,
    handle: async (call) => {
      const { connectorId } = await find(call, idIn(call.body, 'sourceId', 'source'));
      return sourceSpecification(call, connectorId);
    },
  },
];

export const publicRoutes: PublicRoute[] = [
  ...actorResource(source),
  {
    route: 'POST /sources/initiateOAuth',
    role: 'editor',
    summary: 'Refused: see the detail',
    handle: () => {
      throw unsupported(
        'Weir starts an OAuth consent only in the browser.',
        "Press Sign in in the source's form, or enter the refresh token there.",
      );
    },
  },
];

export function find(call: Call, id: string): Promise<FullSource> {
  return findActor(source, call, id);
}

/** As the Config API shows it. */
export function toConfigSource(source: FullSource, { identity }: Pick<Call, 'identity'>): JsonObject {
  return {
    sourceId: source.id,
    sourceDefinitionId: source.connectorId,
    workspaceId: identity.workspaceId,
    name: source.name,
    sourceName: source.connectorName,
    connectionConfiguration: source.config,
    createdAt: epochSeconds(source.createdAt),
    status: 'active',
  };
}

/**
 * As the public API shows it. The configuration does not repeat `sourceType`: the Python SDK refuses a name that it does not
 * know, and knows none of our own connectors.
 */
function toPublicSource(source: FullSource, { identity }: Pick<Call, 'identity'>): JsonObject {
  return {
    sourceId: source.id,
    name: source.name,
    sourceType: sourceTypeOf(source.connectorName),
    definitionId: source.connectorId,
    workspaceId: identity.workspaceId,
    configuration: source.config,
    createdAt: epochSeconds(source.createdAt),
  };
}

async function ask({ context, identity, signal }: Call, asked: Asked): Promise<JsonObject> {
  const kind = 'check_source';
  const input = await probeInput({ ...context, read: readApart }, identity.workspaceId, { kind, ...asked });
  return askProbe(context, identity.workspaceId, { kind, input, by: identity.actor, signal });
}
