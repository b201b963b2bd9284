import type { FullConnection } from '#lib/connections/full-lists.ts';
import { fullConnections } from '#lib/connections/full-lists.ts';
import type { JsonObject } from '#lib/json.ts';
import { listJobs } from '#lib/sync/jobs.ts';
import { assertWorkspace, type Call, type ConfigRoute, epochSeconds, idIn, withoutAbsent } from './call.ts';
import { toSyncCatalogStream } from './catalog.ts';
import { toConfigConnection } from './connection-shapes.ts';
import { create, update } from './connections.ts';
import { find as findDestination, toConfigDestination } from './destinations.ts';
import { discoverAgain } from './discover.ts';
import { toConfigJob } from './job-shapes.ts';
import { findConnection } from './save-connection.ts';
import { find as findSource, toConfigSource } from './sources.ts';

/** Connections with all that a page would ask for beside them. */
export const configRoutes: ConfigRoute[] = [
  {
    verb: 'web_backend/connections/get',
    role: 'viewer',
    summary: 'One connection with its source, destination and newest job',
    handle: async (call) => {
      const connection = await findConnection(call, idIn(call.body, 'connectionId', 'connection'));
      const shown = await toWebConnection(call, connection);
      return call.body.withRefreshedCatalog === true ? { ...shown, ...(await refreshed(call, connection)) } : shown;
    },
  },
  {
    verb: 'web_backend/connections/create',
    role: 'editor',
    action: 'connection.create',
    summary: 'A new connection',
    handle: async (call) => toWebConnection(call, await create(call)),
  },
  {
    verb: 'web_backend/connections/update',
    role: 'editor',
    action: 'connection.update',
    summary: 'Changes what the body names',
    handle: async (call) => toWebConnection(call, await update(call)),
  },
  {
    verb: 'web_backend/connections/list',
    role: 'viewer',
    summary: 'The connections with their sources, destinations and newest jobs',
    handle: async (call) => {
      assertWorkspace(call, call.body.workspaceId);
      const rows = await fullConnections(call.context, call.identity.workspaceId);
      return { connections: await Promise.all(rows.map((row) => toWebConnection(call, row))) };
    },
  },
];

async function toWebConnection(call: Call, connection: FullConnection): Promise<JsonObject> {
  const { context, identity } = call;
  const [source, destination, [job]] = await Promise.all([
    findSource(call, connection.sourceId),
    findDestination(call, connection.destinationId),
    listJobs(context, identity.workspaceId, { connectionId: connection.id, descending: true, limit: 1 }),
  ]);
  return withoutAbsent({
    ...toConfigConnection(connection, identity.workspaceId),
    source: toConfigSource(source, call),
    destination: toConfigDestination(destination, call),
    operations: [],
    catalogId: connection.clientSettings.sourceCatalogId,
    schemaChange: 'no_change',
    isSyncing: job !== undefined && job.finishedAt === null,
    latestSyncJobStatus: job && toConfigJob(job).status,
    latestSyncJobCreatedAt: job && epochSeconds(job.createdAt),
  }) as JsonObject;
}

/** The streams as the source offers them now: those of the connection as they are configured, new ones not selected. */
async function refreshed(call: Call, connection: FullConnection): Promise<JsonObject> {
  const { catalogId, streams } = await discoverAgain(call, connection.sourceId, connection.connectorVersion);
  const known = new Set(connection.streams.map(({ stream }) => JSON.stringify([stream.namespace ?? '', stream.name])));
  const added = streams
    .filter((stream) => !known.has(JSON.stringify([stream.namespace ?? '', stream.name])))
    .map((stream) => {
      const { config, ...shown } = toSyncCatalogStream({
        ...{
          stream,
          syncMode: 'full_refresh',
          destinationSyncMode: 'overwrite',
          cursorField: stream.defaultCursorField,
        },
        primaryKey: stream.sourceDefinedPrimaryKey,
      });
      return { ...shown, config: { ...(config as JsonObject), selected: false } };
    });
  return { catalogId, syncCatalog: { streams: [...connection.streams.map(toSyncCatalogStream), ...added] } };
}
