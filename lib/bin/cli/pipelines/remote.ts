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
    const rows = await server.get<{ id: string }[]>(path);
    return Promise.all(rows.map(({ id }) => server.get<T>(`${path}/${id}`)));
  };
  const connectors = await all<Connector>('/connectors');
  const sources = await all<Source>('/sources');
  const destinations = await all<StoredDestination>('/destinations');
  const connections = await all<Connection & { readonly tags: readonly string[] }>('/connections');
  const suites = await all<SuiteDetail>('/suites');
  const channels = await server.get<Channel[]>('/channels');
  const rules = await server.get<Rule[]>('/alert-rules');
  const automations = await Promise.all(
    connections.map(async ({ id, name }) => ({
      ...{ id, name },
      automation: await server.get<Automation>(`/connections/${id}/automation`),
    })),
  );
  const nameOf = (rows: readonly { id: string; name: string }[], id: string | null) =>
    rows.find((row) => row.id === id)?.name;
  return [
    ...connectors.flatMap(({ id, name, latest }) =>
      latest === null ? [] : [remote('connector', id, name, { manifest: latest.manifest })],
    ),
    ...sources.map(({ id, name, connector, config }) =>
      remote('source', id, name, { connector: connector.name, config }),
    ),
    ...destinations.map(({ id, name, type, config }) => remote('destination', id, name, { type, config })),
    ...connections.map((row) => remote('connection', row.id, row.name, connectionBody(row))),
    ...suites.map(({ id, name, text, connectionId, destinationId }) => {
      const connection = nameOf(connections, connectionId);
      const destination = nameOf(destinations, destinationId) ?? '';
      return remote('suite', id, name, { text, destination, ...(connection && { connection }) });
    }),
    ...channels.map(({ id, name, type, config, events, enabled }) =>
      remote('channel', id, name, { type, config, events: [...events], enabled }),
    ),
    ...automations.flatMap(({ id, name, automation }) => {
      const body = automationBody(automation);
      return Object.keys(body).length > 0 ? [remote('automation', id, name, body)] : [];
    }),
    ...rules.map((rule) => remote('alert_rule', rule.id, rule.name, ruleBody(rule))),
  ];
  function automationBody({ afterConnectionId, channelIds, commands }: Automation): JsonObject {
    const after = nameOf(connections, afterConnectionId);
    const told = channelIds.flatMap((id) => nameOf(channels, id) ?? []);
    return {
      ...(after && { after }),
      ...(told.length > 0 && { channels: told }),
      ...(commands.length > 0 && { commands: [...commands] }),
    };
  }
  function ruleBody({ position, enabled, matches, channelIds, failuresInARow, quietHours, digest }: Rule): JsonObject {
    const { connections: of, ...lists } = matches;
    const names = (rows: readonly { id: string; name: string }[], wanted: readonly string[]) =>
      wanted.flatMap((id) => nameOf(rows, id) ?? []);
    return {
      ...{ position, enabled, failuresInARow, channels: names(channels, channelIds) },
      ...(of && { connections: names(connections, of) }),
      ...(lists as JsonObject),
      ...(quietHours && { quietHours: { ...quietHours } as unknown as JsonObject }),
      ...(digest && { digest: { ...digest } }),
    };
  }
  function remote(kind: Kind, id: string, name: string, body: JsonObject): Remote {
    return { kind, id, name, body };
  }
}

function connectionBody(row: Connection & { readonly tags: readonly string[] }): JsonObject {
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
