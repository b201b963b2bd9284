import type { Channel } from '#lib/alerts/channels.ts';
import type { Rule } from '#lib/alerts/rules.ts';
import type { Connection } from '#lib/connections/connections.ts';
import type { Connector } from '#lib/connections/connectors.ts';
import type { StoredDestination } from '#lib/connections/destinations.ts';
import type { Source } from '#lib/connections/sources.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import type { Automation } from '#lib/pipelines/automation.ts';
import type { SuiteDetail } from '#quality/suites.ts';
import type { Document, Kind } from './documents.ts';
import type { Server } from './server.ts';
import { toDocumentStream } from './streams.ts';

/** What is on the server, in the form of a document, with the id that it has there. */
export interface Remote extends Omit<Document, 'at'> {
  readonly id: string;
}

/** Everything that documents can declare, as the server has it. Secrets are masked. */
export async function readRemote(server: Server): Promise<Remote[]> {
  const all = async <T>(path: string): Promise<T[]> => {
    const rows = await server.get<Named[]>(path);
    return Promise.all(rows.map(({ id }) => server.get<T>(`${path}/${id}`)));
  };
  const connectors = await all<Connector>('/connectors');
  const sources = await all<Source>('/sources');
  const destinations = await all<StoredDestination>('/destinations');
  const connections = await all<Tagged>('/connections');
  const suites = await all<SuiteDetail>('/suites');
  const channels = await server.get<Channel[]>('/channels');
  const rules = await server.get<Rule[]>('/alert-rules');
  const automations = await Promise.all(
    connections.map(async (row) => ({
      ...row,
      automation: await server.get<Automation>(`/connections/${row.id}/automation`),
    })),
  );
  const declared = connectors.flatMap((row) => (row.latest === null ? [] : { ...row, latest: row.latest }));
  return [
    ...remotes('connector', declared, ({ latest: { manifest } }) => ({ manifest })),
    ...remotes('source', sources, ({ connector, config }) => ({ connector: connector.name, config })),
    ...remotes('destination', destinations, ({ type, config }) => ({ type, config })),
    ...remotes('connection', connections, connectionBody),
    ...remotes('suite', suites, (row) => suiteBody(row, connections, destinations)),
    ...remotes('channel', channels, ({ type, config, events, enabled }) => ({
      ...{ type, config, events: [...events], enabled },
    })),
    ...remotes('automation', automations, ({ automation }) => automationBody(automation, connections, channels)).filter(
      ({ body }) => Object.keys(body).length > 0,
    ),
    ...remotes('alert_rule', rules, (rule) => ruleBody(rule, connections, channels)),
  ];
}

interface Named {
  readonly id: string;
  readonly name: string;
}

type Tagged = Connection & { readonly tags: readonly string[] };

function remotes<Row extends Named>(kind: Kind, rows: readonly Row[], bodyOf: (row: Row) => JsonObject): Remote[] {
  return rows.map((row) => ({ kind, id: row.id, name: row.name, body: bodyOf(row) }));
}

/** In the order in which they are wanted; what is gone is left out. */
function namesOf(rows: readonly Named[], wanted: readonly (string | null)[]): string[] {
  return wanted.flatMap((id) => rows.find((row) => row.id === id)?.name ?? []);
}

function suiteBody(
  { text, connectionId, destinationId }: SuiteDetail,
  connections: readonly Named[],
  destinations: readonly Named[],
): JsonObject {
  const [connection] = namesOf(connections, [connectionId]);
  const [destination = ''] = namesOf(destinations, [destinationId]);
  return { text, destination, ...(connection && { connection }) };
}

function automationBody(
  { afterConnectionId, channelIds, commands }: Automation,
  connections: readonly Named[],
  channels: readonly Named[],
): JsonObject {
  const [after] = namesOf(connections, [afterConnectionId]);
  const told = namesOf(channels, channelIds);
  return {
    ...(after && { after }),
    ...(told.length > 0 && { channels: told }),
    ...(commands.length > 0 && { commands: [...commands] }),
  };
}

function ruleBody(
  { position, enabled, matches, channelIds, failuresInARow, quietHours, digest }: Rule,
  connections: readonly Named[],
  channels: readonly Named[],
): JsonObject {
  const { connections: of, ...lists } = matches;
  return {
    ...{ position, enabled, failuresInARow, channels: namesOf(channels, channelIds) },
    ...(of && { connections: namesOf(connections, of) }),
    ...(lists as JsonObject),
    ...(quietHours && { quietHours: { ...quietHours } as unknown as JsonObject }),
    ...(digest && { digest: { ...digest } }),
  };
}

function connectionBody(row: Tagged): JsonObject {
  const { namespaceFormat, freshnessTargetMinutes, quarantineLimit, connectorVersion, memoryMb, cpuCores } = row;
  return {
    source: row.source.name,
    destination: row.destination.name,
    status: row.status,
    schedule: { ...row.schedule } as JsonObject,
    namespaceDefinition: row.namespaceDefinition,
    ...(namespaceFormat !== null && { namespaceFormat }),
    prefix: row.prefix,
    ...(freshnessTargetMinutes !== null && { freshnessTargetMinutes }),
    schemaChanges: row.schemaChanges,
    badValues: row.badValues,
    ...(row.owner !== null && { owner: row.owner }),
    ...(connectorVersion !== null && { connectorVersion }),
    ...(memoryMb !== null && { memoryMb }),
    ...(cpuCores !== null && { cpuCores }),
    ...(row.tags.length > 0 && { tags: [...row.tags] }),
    ...(isJsonObject(quarantineLimit) && { quarantineLimit: { ...quarantineLimit } }),
    streams: row.streams.map(toDocumentStream),
  };
}
