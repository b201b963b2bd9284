import { type ConnectorSummary, deleteConnector, latestVersion, listConnectors } from '#lib/connections/connectors.ts';
import { notFound } from '#lib/connections/refusals.ts';
import type { DestinationKind } from '#lib/destinations/destination.ts';
import { destinationKinds } from '#lib/destinations/kinds.ts';
import { WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import {
  assertWorkspace,
  type Call,
  type ConfigRoute,
  epochSeconds,
  idIn,
  type PublicRoute,
  textOf,
  unsupported,
} from './call.ts';
import { synchronousJob } from './synchronous-job.ts';
import { slugOf } from './workspaces.ts';

/** Ids under which Airbyte's registry knows the destinations that Weir has. */
const DESTINATION_IDS: Record<string, string> = {
  postgres: '25c5221d-dce2-4163-ade9-739ef790f503',
  s3: '4816b78f-1489-44c1-9060-4b19d5fa9362',
};
/** Ids under which Airbyte's registry knows sources; they stand for a connector of that name. */
const SOURCE_NAMES: Record<string, string> = {
  'decd338e-5647-4c0b-adf4-da0e75f5a750': 'postgres',
  '435bb9a5-7887-4809-aa58-28c27df0d7ad': 'mysql',
  'b5ea17b1-f170-46dc-bc31-cc744ca984c1': 'mssql',
  '778daa7c-feaf-4db6-96f3-70fd645acc77': 'file',
  'dfd88b22-b603-4c3d-aad7-3701784586b1': 'faker',
  '69589781-7828-43c5-9f63-8925b1c1ccc2': 's3',
  'ef69ef6e-aa7f-4af1-a01d-ef775033524e': 'github',
  'e094cb9a-26de-4645-8761-65c0c425d1de': 'stripe',
};

const listSources = async (call: Call) => ({
  sourceDefinitions: (await connectors(call)).map(toSourceDefinition),
});
const listDestinations = () => ({ destinationDefinitions: destinationKinds.map(toDestinationDefinition) });
const getSource = async (call: Call) =>
  toSourceDefinition(await findConnector(call, textOf(call.body, 'sourceDefinitionId')));
const getDestination = (call: Call) =>
  toDestinationDefinition(findDestinationKind(textOf(call.body, 'destinationDefinitionId')));

export const configRoutes: ConfigRoute[] = [
  ...['list', 'list_latest', 'list_for_workspace'].flatMap((verb): ConfigRoute[] => [
    { verb: `source_definitions/${verb}`, role: 'viewer', summary: 'The connectors', handle: listSources },
    { verb: `destination_definitions/${verb}`, role: 'viewer', summary: 'The kinds', handle: listDestinations },
  ]),
  ...['get', 'get_for_workspace'].flatMap((verb): ConfigRoute[] => [
    { verb: `source_definitions/${verb}`, role: 'viewer', summary: 'One connector', handle: getSource },
    { verb: `destination_definitions/${verb}`, role: 'viewer', summary: 'One kind', handle: getDestination },
  ]),
  {
    verb: 'source_definition_specifications/get',
    role: 'viewer',
    summary: 'JSON schema of a source’s settings',
    handle: async (call) => sourceSpecification(call, textOf(call.body, 'sourceDefinitionId')),
  },
  {
    verb: 'destination_definition_specifications/get',
    role: 'viewer',
    summary: 'JSON schema of a destination’s settings',
    handle: (call) => destinationSpecification(call, textOf(call.body, 'destinationDefinitionId')),
  },
  { verb: 'source_definitions/create_custom', role: 'editor', summary: 'Refused: see the detail', handle: refuseImage },
  { verb: 'destination_definitions/create_custom', role: 'editor', summary: 'Refused', handle: refuseImage },
];

const W = '/workspaces/:workspaceId/definitions';

export const publicRoutes: PublicRoute[] = [
  {
    route: `GET ${W}/sources`,
    role: 'viewer',
    summary: 'The connectors',
    handle: async (call) => ({ data: (await connectors(call)).map(toPublicDefinition), next: '', previous: '' }),
  },
  {
    route: `GET ${W}/sources/:id`,
    role: 'viewer',
    summary: 'One connector',
    handle: async (call) => toPublicDefinition(await findConnector(call, call.params.id ?? '')),
  },
  { route: `POST ${W}/sources`, role: 'editor', summary: 'Refused: see the detail', handle: refuseImage },
  { route: `PUT ${W}/sources/:id`, role: 'editor', summary: 'Refused: see the detail', handle: refuseImage },
  {
    route: `DELETE ${W}/sources/:id`,
    role: 'editor',
    action: 'connector.delete',
    summary: 'Deletes a connector that no source uses',
    handle: async (call) => {
      const connector = await findConnector(call, idIn(call.params, 'id', 'definition'));
      await deleteConnector(call.context, call.identity.workspaceId, connector.id);
      call.about(`connector:${connector.id}`);
      return toPublicDefinition(connector);
    },
  },
  {
    route: `GET ${W}/destinations`,
    role: 'viewer',
    summary: 'The kinds of destinations',
    handle: (call) => {
      assertWorkspace(call, call.params.workspaceId);
      return { data: destinationKinds.map(toPublicKind), next: '', previous: '' };
    },
  },
  {
    route: `GET ${W}/destinations/:id`,
    role: 'viewer',
    summary: 'One kind of destination',
    handle: (call) => {
      assertWorkspace(call, call.params.workspaceId);
      return toPublicKind(findDestinationKind(call.params.id ?? ''));
    },
  },
  { route: `POST ${W}/destinations`, role: 'editor', summary: 'Refused: see the detail', handle: refuseImage },
  { route: `PUT ${W}/destinations/:id`, role: 'editor', summary: 'Refused: see the detail', handle: refuseImage },
  { route: `DELETE ${W}/destinations/:id`, role: 'editor', summary: 'Refused: see the detail', handle: refuseImage },
  {
    route: 'GET /connector_definitions',
    role: 'viewer',
    summary: 'Connectors (type=source) or kinds of destinations (type=destination)',
    handle: async (call) => ({ data: await connectorDefinitions(call) }),
  },
];

/** By its id, its name in any spelling, or the id that Airbyte's registry gives a source of that name. */
export async function findConnector(call: Call, idOrName: string): Promise<ConnectorSummary> {
  const wanted = SOURCE_NAMES[idOrName.toLowerCase()] ?? idOrName;
  const all = await connectors(call);
  const found =
    all.find(({ id }) => id === wanted.toLowerCase()) ??
    all.find(({ name }) => name === wanted) ??
    all.find(({ name }) => plainName(name) === plainName(wanted));
  if (!found) throw notFound('source definition');
  return found;
}

/** By type, name or the registry's id. */
export function findDestinationKind(idOrName: string): DestinationKind {
  const wanted = plainName(idOrName);
  const found = destinationKinds.find(
    ({ type, title }) =>
      destinationDefinitionId(type) === idOrName.toLowerCase() || type === wanted || plainName(title) === wanted,
  );
  if (!found) throw notFound('destination definition');
  return found;
}

/** @throws WeirError `unknown_source_type` where the public API names no definition that is there */
export async function connectorOfType(call: Call, type: string): Promise<ConnectorSummary> {
  try {
    return await findConnector(call, type);
  } catch (cause) {
    throw new WeirError({
      kind: 'config',
      code: 'unknown_source_type',
      message: `There is no connector named ${type}.`,
      hint: 'Name one in sourceType, or give its id as definitionId.',
      cause,
    });
  }
}

export function destinationDefinitionId(type: string): string {
  return DESTINATION_IDS[type] ?? type;
}

/** How the public API names a connector's kind of source: `Shop API` is `shop-api`. */
export function sourceTypeOf(connectorName: string): string {
  return slugOf(plainName(connectorName));
}

export function toSourceDefinition({ id, name, version }: ConnectorSummary): JsonObject {
  return {
    sourceDefinitionId: id,
    name,
    dockerRepository: `weir/source-${slugOf(name)}`,
    dockerImageTag: String(version ?? 0),
    documentationUrl: '',
    protocolVersion: '0.3.0',
    sourceType: 'api',
    releaseStage: 'custom',
    supportLevel: 'none',
    custom: true,
  };
}

export function toDestinationDefinition({ type, title }: DestinationKind): JsonObject {
  return {
    destinationDefinitionId: destinationDefinitionId(type),
    name: title,
    dockerRepository: `weir/destination-${type}`,
    dockerImageTag: '1',
    documentationUrl: '',
    protocolVersion: '0.3.0',
    releaseStage: 'generally_available',
    supportLevel: 'certified',
    custom: false,
    normalizationConfig: { supported: false },
  };
}

async function connectors(call: Call): Promise<ConnectorSummary[]> {
  assertWorkspace(call, call.params.workspaceId ?? call.body.workspaceId);
  const all = await listConnectors(call.context, call.identity.workspaceId);
  return all.filter(({ version }) => version !== null);
}

export async function sourceSpecification(call: Call, idOrName: string): Promise<JsonObject> {
  const connector = await findConnector(call, idOrName);
  const version = await latestVersion(call.context, call.identity.workspaceId, connector.id);
  return {
    sourceDefinitionId: connector.id,
    documentationUrl: '',
    connectionSpecification: version?.spec ?? {},
    jobInfo: synchronousJob('get_spec', epochSeconds(call.context.clock())),
  };
}

export function destinationSpecification(call: Call, idOrName: string): JsonObject {
  const kind = findDestinationKind(idOrName);
  return {
    destinationDefinitionId: destinationDefinitionId(kind.type),
    documentationUrl: '',
    connectionSpecification: kind.spec,
    supportedDestinationSyncModes: [...kind.supportedModes],
    supportsDbt: false,
    supportsNormalization: false,
    jobInfo: synchronousJob('get_spec', epochSeconds(call.context.clock())),
  };
}

async function connectorDefinitions(call: Call): Promise<JsonObject[]> {
  assertWorkspace(call, call.query.get('workspaceId') ?? undefined);
  if (call.query.get('type') === 'destination')
    return destinationKinds.map(({ type, title }) => ({
      ...{ id: destinationDefinitionId(type), name: title, connectorDefinitionType: 'destination', version: '1' },
    }));
  return (await connectors(call)).map(({ id, name, version }) => ({
    ...{ id, name, connectorDefinitionType: 'source', version: String(version ?? 0) },
  }));
}

function toPublicDefinition(connector: ConnectorSummary): JsonObject {
  const { name, dockerRepository, dockerImageTag } = toSourceDefinition(connector);
  return { id: connector.id, name, dockerRepository, dockerImageTag, documentationUrl: '' } as JsonObject;
}

function toPublicKind(kind: DestinationKind): JsonObject {
  const { destinationDefinitionId: id, name, dockerRepository, dockerImageTag } = toDestinationDefinition(kind);
  return { id, name, dockerRepository, dockerImageTag, documentationUrl: '' } as JsonObject;
}

function plainName(name: string): string {
  return slugOf(name.replace(/^(airbyte\/)?(source|destination)-/i, ''));
}

function refuseImage(): never {
  throw unsupported(
    'Weir runs no container images.',
    'Declare the source as a manifest: Connectors in the pages, or definitions/declarative_sources in this API.',
  );
}

/** Our type for a destination of Airbyte's, by the id of its definition or its name; null for one that Weir has not. */
export function destinationTypeOf(definitionId: string, name: string): string | null {
  const wanted = plainName(name);
  const found = destinationKinds.find(
    ({ type, title }) =>
      destinationDefinitionId(type) === definitionId.toLowerCase() || type === wanted || plainName(title) === wanted,
  );
  return found?.type ?? null;
}
