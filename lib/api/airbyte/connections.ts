import type { StreamDescriptor } from '#lib/catalog.ts';
import { deleteConnection } from '#lib/connections/connections.ts';
import { findCatalog } from '#lib/connections/discovered.ts';
import { fullConnections } from '#lib/connections/full-lists.ts';
import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import {
  assertWorkspace,
  assertWorkspaceIds,
  type Call,
  type ConfigRoute,
  idIn,
  isUuid,
  listed,
  objectOf,
  optionalText,
  type PublicRoute,
  pageOf,
} from './call.ts';
import { hasGaps, readPublicStreams, readSyncCatalog } from './catalog.ts';
import { toConfigConnection, toPublicConnection } from './connection-shapes.ts';
import { discoverAgain, discovered } from './discover.ts';
import { findConnection, type ReadParts, saveConnectionChange, saveNewConnection } from './save-connection.ts';
import { readConfigSchedule, readPublicSchedule } from './schedule.ts';
import { find as findSource } from './sources.ts';

const byId: JsonObject = {
  type: 'object',
  required: ['connectionId'],
  properties: { connectionId: { type: 'string' } },
};
const changeable: Record<string, JsonObject> = {
  name: { type: 'string' },
  status: { enum: ['active', 'inactive', 'deprecated'] },
  namespaceFormat: { type: 'string' },
  prefix: { type: 'string' },
  resourceRequirements: {
    type: 'object',
    description: 'memory_limit and cpu_limit are the most memory and CPU of one sync, such as 512Mi and 500m.',
  },
};
const configInput: Record<string, JsonObject> = {
  ...changeable,
  namespaceDefinition: { enum: ['source', 'destination', 'customformat'] },
  scheduleType: { enum: ['manual', 'basic', 'cron'] },
  scheduleData: { type: 'object' },
  schedule: { type: 'object' },
  syncCatalog: { type: 'object' },
};
const publicInput: Record<string, JsonObject> = {
  ...changeable,
  namespaceDefinition: { enum: ['source', 'destination', 'custom_format'] },
  schedule: { type: 'object' },
  configurations: { type: 'object' },
};
const ends: Record<string, JsonObject> = { sourceId: { type: 'string' }, destinationId: { type: 'string' } };
const shownConfig = (call: Call, row: Parameters<typeof toConfigConnection>[0]) =>
  toConfigConnection(row, call.identity.workspaceId);
const shownPublic = (call: Call, row: Parameters<typeof toPublicConnection>[0]) =>
  toPublicConnection(row, call.identity.workspaceId);

export const configRoutes: ConfigRoute[] = [
  ...['list', 'list_all', 'search', 'list_paginated'].map(
    (verb): ConfigRoute => ({
      verb: `connections/${verb}`,
      role: 'viewer',
      summary: 'The connections, with their streams',
      handle: list,
    }),
  ),
  {
    verb: 'connections/get',
    role: 'viewer',
    summary: 'One connection with its streams',
    input: byId,
    handle: async (call) =>
      shownConfig(call, await findConnection(call, idIn(call.body, 'connectionId', 'connection'))),
  },
  {
    verb: 'connections/create',
    role: 'editor',
    action: 'connection.create',
    summary: 'A new connection; without a catalog, of all streams that the source offers',
    input: { type: 'object', required: ['sourceId', 'destinationId'], properties: { ...ends, ...configInput } },
    handle: async (call) => shownConfig(call, await create(call)),
  },
  {
    verb: 'connections/update',
    role: 'editor',
    action: 'connection.update',
    summary: 'Changes what the body names; a catalog replaces the streams',
    input: {
      type: 'object',
      required: ['connectionId'],
      properties: { ...(byId.properties as JsonObject), ...configInput },
    },
    handle: async (call) => shownConfig(call, await update(call)),
  },
  {
    verb: 'connections/delete',
    role: 'editor',
    action: 'connection.delete',
    summary: 'Deletes a connection with its history; its tables stay',
    input: byId,
    handle: (call) => remove(call, idIn(call.body, 'connectionId', 'connection')),
  },
];

export const publicRoutes: PublicRoute[] = [
  {
    route: 'GET /connections',
    role: 'viewer',
    summary: 'The connections, by pages',
    handle: async (call) => {
      assertWorkspaceIds(call);
      const { limit, offset } = pageOf(call.query);
      const tagIds = call.query
        .getAll('tagIds')
        .flatMap((text) => text.split(','))
        .filter(isUuid);
      const page = { limit: limit + 1, offset, tagIds };
      const rows = await fullConnections(call.context, call.identity.workspaceId, page);
      return listed(call, 'connections', rows, (row) => shownPublic(call, row));
    },
  },
  {
    route: 'POST /connections',
    role: 'editor',
    action: 'connection.create',
    summary: 'A new connection; without streams, of all that the source offers',
    input: { type: 'object', required: ['sourceId', 'destinationId'], properties: { ...ends, ...publicInput } },
    handle: (call) => asBadRequest(async () => shownPublic(call, await createPublic(call))),
  },
  {
    route: 'GET /connections/:connectionId',
    role: 'viewer',
    summary: 'One connection with its streams',
    handle: async (call) => shownPublic(call, await findConnection(call, pathId(call))),
  },
  {
    route: 'PATCH /connections/:connectionId',
    role: 'editor',
    action: 'connection.update',
    summary: 'Changes what the body names',
    input: { type: 'object', properties: publicInput },
    handle: (call) => asBadRequest(async () => shownPublic(call, await updatePublic(call))),
  },
  {
    route: 'DELETE /connections/:connectionId',
    role: 'editor',
    action: 'connection.delete',
    summary: 'Deletes a connection with its history; its tables stay',
    handle: (call) => remove(call, pathId(call)),
  },
];

/** Reads a Config API body and makes the connection. */
export async function create(call: Call) {
  assertWorkspace(call, call.body.workspaceId);
  const sourceId = idIn(call.body, 'sourceId', 'source');
  await findSource(call, sourceId);
  const sent = objectOf(call.body.syncCatalog);
  const hasCatalog = Array.isArray(sent.streams) && sent.streams.length > 0;
  const streams = hasCatalog
    ? readSyncCatalog(sent, await knownStreams(call, sourceId, sent))
    : readPublicStreams(undefined, (await discovered(call, sourceId)).streams);
  return saveNewConnection(call, { ...scheduleOf(call.body), streams });
}

/** Reads a Config API body and changes the connection that it names. */
export async function update(call: Call) {
  const id = idIn(call.body, 'connectionId', 'connection');
  const { sourceId, connectorVersion } = await findConnection(call, id);
  const sent = call.body.syncCatalog;
  const streams = isJsonObject(sent)
    ? { streams: readSyncCatalog(sent, await knownStreams(call, sourceId, sent, connectorVersion)) }
    : {};
  return saveConnectionChange(call, id, { ...scheduleOf(call.body), ...streams });
}

async function list(call: Call): Promise<JsonObject> {
  const { body, context, identity } = call;
  assertWorkspace(call, body.workspaceId);
  const [sourceId, destinationId] = [optionalText(body, 'sourceId'), optionalText(body, 'destinationId')];
  const rows = await fullConnections(context, identity.workspaceId, {
    ...(sourceId && isUuid(sourceId) && { sourceId }),
    ...(destinationId && isUuid(destinationId) && { destinationId }),
  });
  return { connections: rows.map((row) => shownConfig(call, row)) };
}

async function createPublic(call: Call) {
  const sourceId = idIn(call.body, 'sourceId', 'source');
  await findSource(call, sourceId);
  const { streams } = await discovered(call, sourceId);
  return saveNewConnection(call, {
    ...publicSchedule(call.body),
    streams: readPublicStreams(call.body.configurations, streams),
  });
}

async function updatePublic(call: Call) {
  const id = pathId(call);
  const { sourceId, connectorVersion } = await findConnection(call, id);
  if (!isJsonObject(call.body.configurations)) return saveConnectionChange(call, id, publicSchedule(call.body));
  const { streams: offered } = await discovered(call, sourceId, connectorVersion);
  const streams = readPublicStreams(call.body.configurations, offered);
  return saveConnectionChange(call, id, { ...publicSchedule(call.body), streams });
}

async function remove(call: Call, id: string): Promise<undefined> {
  await findConnection(call, id);
  await deleteConnection(call.context, call.identity.workspaceId, id);
  call.about(`connection:${id}`);
}

/**
 * What was discovered fills in what a client leaves out of its catalog. A source that was never asked is asked when the
 * catalog has gaps; if it does not answer, the catalog is taken as it was sent.
 */
async function knownStreams(
  call: Call,
  sourceId: string,
  catalog: JsonObject,
  version: number | null = null,
): Promise<readonly StreamDescriptor[]> {
  const { context, identity } = call;
  const known = version === null ? await findCatalog(context.db, identity.workspaceId, sourceId) : null;
  if (known || !hasGaps(catalog)) return known?.streams ?? [];
  try {
    return (await discoverAgain(call, sourceId, version)).streams;
  } catch (error) {
    context.log.warn({ err: error, sourceId }, 'the source of a new connection was not discovered');
    return [];
  }
}

function scheduleOf(body: JsonObject): ReadParts {
  return readConfigSchedule(body) ?? {};
}

function publicSchedule(body: JsonObject): ReadParts {
  return isJsonObject(body.schedule) ? { schedule: readPublicSchedule(body.schedule), basic: null } : {};
}

function pathId(call: Call): string {
  return idIn(call.params, 'connectionId', 'connection');
}

/** The public API answers 400 where a connection's streams or schedule do not fit. */
async function asBadRequest<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof WeirError) || error.code !== 'invalid_input') throw error;
    const { message, issues, kind } = error;
    throw new WeirError({ kind, code: 'bad_request', message, issues, cause: error });
  }
}
