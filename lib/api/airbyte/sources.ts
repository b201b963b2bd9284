import { type FullSource, fullSources, only } from '#lib/connections/full-lists.ts';
import { probeInput } from '#lib/connections/probe-input.ts';
import { createSource, deleteSource, updateSource } from '#lib/connections/sources.ts';
import type { JsonObject } from '#lib/json.ts';
import { askProbe } from '#lib/sync/ask-probe.ts';
import { readApart } from '../manifest-thread.ts';
import {
  assertWorkspace,
  assertWorkspaceIds,
  type Call,
  type ConfigRoute,
  epochSeconds,
  idIn,
  listed,
  objectOf,
  optionalText,
  type PublicRoute,
  pageOf,
  textOf,
  unsupported,
} from './call.ts';
import { checked } from './checked.ts';
import { mergedSettings, settingsOf } from './config-merge.ts';
import { connectorOfType, findConnector, sourceSpecification, sourceTypeOf } from './definitions.ts';
import { discoverAgain, discoverySchema } from './discover.ts';

const input: JsonObject = {
  type: 'object',
  required: ['name', 'sourceDefinitionId', 'connectionConfiguration'],
  properties: {
    name: { type: 'string' },
    sourceDefinitionId: { type: 'string', description: 'An id, or the name of the connector.' },
    workspaceId: { type: 'string' },
    connectionConfiguration: { type: 'object' },
  },
};
const sourceId: JsonObject = { type: 'object', required: ['sourceId'], properties: { sourceId: { type: 'string' } } };

export const configRoutes: ConfigRoute[] = [
  { verb: 'sources/list', role: 'viewer', summary: 'All sources', handle: list },
  { verb: 'sources/list_paginated', role: 'viewer', summary: 'All sources', handle: list },
  { verb: 'sources/search', role: 'viewer', summary: 'Sources with this name', handle: list },
  {
    verb: 'sources/get',
    role: 'viewer',
    summary: 'One source, secrets masked',
    input: sourceId,
    handle: async (call) => toConfigSource(await find(call, idIn(call.body, 'sourceId', 'source')), call),
  },
  {
    verb: 'sources/create',
    role: 'editor',
    action: 'source.create',
    summary: 'A new source of a connector',
    input,
    handle: async (call) => {
      assertWorkspace(call, call.body.workspaceId);
      const connector = await findConnector(call, textOf(call.body, 'sourceDefinitionId'));
      const id = await create(call, connector.id, objectOf(call.body.connectionConfiguration));
      return toConfigSource(await find(call, id), call);
    },
  },
  {
    verb: 'sources/update',
    role: 'editor',
    action: 'source.update',
    summary: 'Replaces name and settings; a masked secret stays',
    input: sourceId,
    handle: async (call) => toConfigSource(await update(call, idIn(call.body, 'sourceId', 'source'), 'whole'), call),
  },
  {
    verb: 'sources/partial_update',
    role: 'editor',
    action: 'source.update',
    summary: 'Changes some settings',
    input: sourceId,
    handle: async (call) => toConfigSource(await update(call, idIn(call.body, 'sourceId', 'source'), 'part'), call),
  },
  {
    verb: 'sources/delete',
    role: 'editor',
    action: 'source.delete',
    summary: 'Deletes a source that no connection uses',
    input: sourceId,
    handle: (call) => remove(call, idIn(call.body, 'sourceId', 'source')),
  },
  {
    verb: 'sources/check_connection',
    role: 'editor',
    action: 'source.check',
    summary: 'Whether the source answers',
    input: sourceId,
    handle: (call) => check(call, undefined),
  },
  {
    verb: 'sources/check_connection_for_update',
    role: 'editor',
    action: 'source.check',
    summary: 'Whether the source would answer with these settings',
    input: sourceId,
    handle: (call) => check(call, settingsOf(objectOf(call.body.connectionConfiguration))),
  },
  {
    verb: 'scheduler/sources/check_connection',
    role: 'editor',
    action: 'source.check',
    summary: 'Whether a source that is not saved would answer',
    handle: async (call) => {
      const connector = await findConnector(call, textOf(call.body, 'sourceDefinitionId'));
      const config = settingsOf(objectOf(call.body.connectionConfiguration));
      return checked(call, 'check_source', () => ask(call, { connectorId: connector.id, config }));
    },
  },
  {
    verb: 'sources/discover_schema',
    role: 'editor',
    action: 'source.discover',
    summary: 'The streams that the source offers',
    input: sourceId,
    handle: async (call) => {
      const source = await find(call, idIn(call.body, 'sourceId', 'source'));
      return discoverySchema(call, source.id, () => discoverAgain(call, source.id));
    },
  },
  {
    verb: 'source_definition_specifications/get_for_source',
    role: 'viewer',
    summary: 'JSON schema of this source’s settings',
    input: sourceId,
    handle: async (call) => {
      const source = await find(call, idIn(call.body, 'sourceId', 'source'));
      return sourceSpecification(call, source.connectorId);
    },
  },
];

export const publicRoutes: PublicRoute[] = [
  {
    route: 'GET /sources',
    role: 'viewer',
    summary: 'The sources, by pages',
    handle: async (call) => {
      assertWorkspaceIds(call);
      const { limit, offset } = pageOf(call.query);
      const rows = await fullSources(call.context, call.identity.workspaceId, { limit: limit + 1, offset });
      return listed(call, 'sources', rows, (row) => toPublicSource(row, call));
    },
  },
  {
    route: 'POST /sources',
    role: 'editor',
    action: 'source.create',
    summary: 'A new source of the connector that definitionId or configuration.sourceType names',
    input: {
      type: 'object',
      required: ['name', 'configuration'],
      properties: {
        name: { type: 'string' },
        workspaceId: { type: 'string' },
        definitionId: { type: 'string' },
        configuration: { type: 'object' },
      },
    },
    handle: async (call) => {
      assertWorkspace(call, call.body.workspaceId);
      const configuration = objectOf(call.body.configuration);
      const definitionId = optionalText(call.body, 'definitionId');
      const connector = definitionId
        ? await findConnector(call, definitionId)
        : await connectorOfType(call, textOf(configuration, 'sourceType'));
      return toPublicSource(await find(call, await create(call, connector.id, configuration)), call);
    },
  },
  {
    route: 'GET /sources/:sourceId',
    role: 'viewer',
    summary: 'One source, secrets masked',
    handle: async (call) => toPublicSource(await find(call, idIn(call.params, 'sourceId', 'source')), call),
  },
  {
    route: 'PUT /sources/:sourceId',
    role: 'editor',
    action: 'source.update',
    summary: 'Replaces name and settings; a masked secret stays',
    handle: async (call) => toPublicSource(await update(call, idIn(call.params, 'sourceId', 'source'), 'whole'), call),
  },
  {
    route: 'PATCH /sources/:sourceId',
    role: 'editor',
    action: 'source.update',
    summary: 'Changes some settings',
    handle: async (call) => toPublicSource(await update(call, idIn(call.params, 'sourceId', 'source'), 'part'), call),
  },
  {
    route: 'DELETE /sources/:sourceId',
    role: 'editor',
    action: 'source.delete',
    summary: 'Deletes a source that no connection uses',
    handle: (call) => remove(call, idIn(call.params, 'sourceId', 'source')),
  },
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
export function toPublicSource(source: FullSource, { identity }: Pick<Call, 'identity'>): JsonObject {
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

export async function find({ context, identity }: Call, id: string): Promise<FullSource> {
  return only('source', await fullSources(context, identity.workspaceId, { id }));
}

async function list(call: Call): Promise<JsonObject> {
  assertWorkspace(call, call.body.workspaceId);
  const rows = await fullSources(call.context, call.identity.workspaceId);
  const name = optionalText(call.body, 'name');
  const found = name === undefined ? rows : rows.filter((row) => row.name === name);
  return { sources: found.map((row) => toConfigSource(row, call)) };
}

async function create(call: Call, connectorId: string, configuration: JsonObject): Promise<string> {
  const { id } = await createSource(call.context, call.identity.workspaceId, {
    name: textOf(call.body, 'name'),
    connectorId,
    config: settingsOf(configuration),
  });
  call.about(`source:${id}`);
  return id;
}

async function update(call: Call, id: string, how: 'whole' | 'part'): Promise<FullSource> {
  const { context, identity, body } = call;
  const stored = await find(call, id);
  const sent = body.connectionConfiguration ?? body.configuration;
  const settings = settingsOf(objectOf(sent));
  const name = optionalText(body, 'name');
  await updateSource(context, identity.workspaceId, id, {
    ...(name !== undefined && { name }),
    ...(sent !== undefined && { config: how === 'part' ? mergedSettings(stored.config, settings) : settings }),
  });
  call.about(`source:${id}`);
  return find(call, id);
}

async function remove(call: Call, id: string): Promise<undefined> {
  await deleteSource(call.context, call.identity.workspaceId, id);
  call.about(`source:${id}`);
}

async function check(call: Call, config: JsonObject | undefined): Promise<JsonObject> {
  const { id } = await find(call, idIn(call.body, 'sourceId', 'source'));
  call.about(`source:${id}`);
  return checked(call, 'check_source', () => ask(call, { sourceId: id, ...(config && { config }) }));
}

async function ask(
  { context, identity, signal }: Call,
  asked: { sourceId?: string; connectorId?: string; config?: JsonObject },
): Promise<JsonObject> {
  const kind = 'check_source';
  const input = await probeInput({ ...context, read: readApart }, identity.workspaceId, { kind, ...asked });
  return askProbe(context, identity.workspaceId, { kind, input, by: identity.actor, signal });
}
