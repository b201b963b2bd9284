import { createDestination, deleteDestination, updateDestination } from '#lib/connections/destinations.ts';
import { type FullDestination, fullDestinations } from '#lib/connections/full-lists.ts';
import { probeInput } from '#lib/connections/probe-input.ts';
import { destinationKind } from '#lib/destinations/kinds.ts';
import type { JsonObject } from '#lib/json.ts';
import { askProbe } from '#lib/sync/ask-probe.ts';
import { allowDestination } from '../allow-destination.ts';
import { type Actor, type Asked, actorResource, actorVerbs, findActor } from './actors.ts';
import { type Call, type ConfigRoute, epochSeconds, idIn, type PublicRoute } from './call.ts';
import { destinationDefinitionId, destinationSpecification, findDestinationKind } from './definitions.ts';

const destination: Actor<FullDestination> = {
  noun: 'destination',
  named: 'postgres or s3',
  answers: ['can be written', 'could be written'],
  rows: fullDestinations,
  toConfig: toConfigDestination,
  toPublic: toPublicDestination,
  definition: async (_call, named) => ({ type: findDestinationKind('id' in named ? named.id : named.type).type }),
  async insert({ context, identity }, { name, config, type = '' }) {
    const made = await createDestination(context, identity.workspaceId, { name, config, type });
    await allowDestination(context, identity, { name, type, config });
    return made;
  },
  async change(call, id, change) {
    const { context, identity } = call;
    await updateDestination(context, identity.workspaceId, id, change);
    await allowDestination(context, identity, await find(call, id));
  },
  remove: ({ context, identity }, id) => deleteDestination(context, identity.workspaceId, id),
  ask,
};

export const configRoutes: ConfigRoute[] = [
  ...actorVerbs(destination),
  {
    verb: 'destination_definition_specifications/get_for_destination',
    role: 'viewer',
    summary: 'JSON schema of this destination’s settings',
    input: { type: 'object', required: ['destinationId'], properties: { destinationId: { type: 'string' } } },
    handle: async (call) => {
      const { type } = await find(call, idIn(call.body, 'destinationId', 'destination'));
      return destinationSpecification(call, type);
    },
  },
];

export const publicRoutes: PublicRoute[] = actorResource(destination);

export function find(call: Call, id: string): Promise<FullDestination> {
  return findActor(destination, call, id);
}

/** As the Config API shows it. */
export function toConfigDestination(row: FullDestination, { identity }: Pick<Call, 'identity'>): JsonObject {
  return {
    destinationId: row.id,
    destinationDefinitionId: destinationDefinitionId(row.type),
    workspaceId: identity.workspaceId,
    name: row.name,
    destinationName: destinationKind(row.type).title,
    connectionConfiguration: row.config,
    createdAt: epochSeconds(row.createdAt),
    status: 'active',
  };
}

/** As the public API shows it. Clients need the type inside the configuration, too. */
function toPublicDestination(row: FullDestination, { identity }: Pick<Call, 'identity'>): JsonObject {
  return {
    destinationId: row.id,
    name: row.name,
    destinationType: row.type,
    definitionId: destinationDefinitionId(row.type),
    workspaceId: identity.workspaceId,
    configuration: { ...row.config, destinationType: row.type },
    createdAt: epochSeconds(row.createdAt),
  };
}

async function ask({ context, identity, signal }: Call, asked: Asked): Promise<JsonObject> {
  const kind = 'check_destination';
  const input = await probeInput(context, identity.workspaceId, { kind, ...asked });
  return askProbe(context, identity.workspaceId, { kind, input, by: identity.actor, signal });
}
