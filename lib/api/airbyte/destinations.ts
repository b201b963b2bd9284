import { createDestination, deleteDestination, updateDestination } from '#lib/connections/destinations.ts';
import { type FullDestination, fullDestinations, only } from '#lib/connections/full-lists.ts';
import { probeInput } from '#lib/connections/probe-input.ts';
import { destinationKind } from '#lib/destinations/kinds.ts';
import type { JsonObject } from '#lib/json.ts';
import { askProbe } from '#lib/sync/ask-probe.ts';
import { allowDestination } from '../allow-destination.ts';
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
} from './call.ts';
import { checked } from './checked.ts';
import { mergedSettings, settingsOf } from './config-merge.ts';
import { destinationDefinitionId, destinationSpecification, findDestinationKind } from './definitions.ts';

const input: JsonObject = {
  type: 'object',
  required: ['name', 'destinationDefinitionId', 'connectionConfiguration'],
  properties: {
    name: { type: 'string' },
    destinationDefinitionId: { type: 'string', description: 'An id, or postgres or s3.' },
    workspaceId: { type: 'string' },
    connectionConfiguration: { type: 'object' },
  },
};
const byId: JsonObject = {
  type: 'object',
  required: ['destinationId'],
  properties: { destinationId: { type: 'string' } },
};
const idOf = (call: Call) => idIn(call.body, 'destinationId', 'destination');
const pathId = (call: Call) => idIn(call.params, 'destinationId', 'destination');

export const configRoutes: ConfigRoute[] = [
  { verb: 'destinations/list', role: 'viewer', summary: 'All destinations', handle: list },
  { verb: 'destinations/list_paginated', role: 'viewer', summary: 'All destinations', handle: list },
  { verb: 'destinations/search', role: 'viewer', summary: 'Destinations with this name', handle: list },
  {
    verb: 'destinations/get',
    role: 'viewer',
    summary: 'One destination, secrets masked',
    input: byId,
    handle: async (call) => toConfigDestination(await find(call, idOf(call)), call),
  },
  {
    verb: 'destinations/create',
    role: 'editor',
    action: 'destination.create',
    summary: 'A new destination',
    input,
    handle: async (call) => {
      assertWorkspace(call, call.body.workspaceId);
      const kind = findDestinationKind(textOf(call.body, 'destinationDefinitionId'));
      const id = await create(call, kind.type, objectOf(call.body.connectionConfiguration));
      return toConfigDestination(await find(call, id), call);
    },
  },
  {
    verb: 'destinations/update',
    role: 'editor',
    action: 'destination.update',
    summary: 'Replaces name and settings; a masked secret stays',
    input: byId,
    handle: async (call) => toConfigDestination(await update(call, idOf(call), 'whole'), call),
  },
  {
    verb: 'destinations/partial_update',
    role: 'editor',
    action: 'destination.update',
    summary: 'Changes some settings',
    input: byId,
    handle: async (call) => toConfigDestination(await update(call, idOf(call), 'part'), call),
  },
  {
    verb: 'destinations/delete',
    role: 'editor',
    action: 'destination.delete',
    summary: 'Deletes a destination that no connection uses',
    input: byId,
    handle: (call) => remove(call, idOf(call)),
  },
  {
    verb: 'destinations/check_connection',
    role: 'editor',
    action: 'destination.check',
    summary: 'Whether the destination can be written',
    input: byId,
    handle: (call) => check(call, undefined),
  },
  {
    verb: 'destinations/check_connection_for_update',
    role: 'editor',
    action: 'destination.check',
    summary: 'Whether the destination could be written with these settings',
    input: byId,
    handle: (call) => check(call, settingsOf(objectOf(call.body.connectionConfiguration))),
  },
  {
    verb: 'scheduler/destinations/check_connection',
    role: 'editor',
    action: 'destination.check',
    summary: 'Whether a destination that is not saved could be written',
    handle: async (call) => {
      const { type } = findDestinationKind(textOf(call.body, 'destinationDefinitionId'));
      const config = settingsOf(objectOf(call.body.connectionConfiguration));
      return checked(call, 'check_destination', () => ask(call, { type, config }));
    },
  },
  {
    verb: 'destination_definition_specifications/get_for_destination',
    role: 'viewer',
    summary: 'JSON schema of this destination’s settings',
    input: byId,
    handle: async (call) => destinationSpecification(call, (await find(call, idOf(call))).type),
  },
];

export const publicRoutes: PublicRoute[] = [
  {
    route: 'GET /destinations',
    role: 'viewer',
    summary: 'The destinations, by pages',
    handle: async (call) => {
      assertWorkspaceIds(call);
      const { limit, offset } = pageOf(call.query);
      const rows = await fullDestinations(call.context, call.identity.workspaceId, { limit: limit + 1, offset });
      return listed(call, 'destinations', rows, (row) => toPublicDestination(row, call));
    },
  },
  {
    route: 'POST /destinations',
    role: 'editor',
    action: 'destination.create',
    summary: 'A new destination of the kind that definitionId or configuration.destinationType names',
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
      const named = optionalText(call.body, 'definitionId') || textOf(configuration, 'destinationType');
      return toPublicDestination(
        await find(call, await create(call, findDestinationKind(named).type, configuration)),
        call,
      );
    },
  },
  {
    route: 'GET /destinations/:destinationId',
    role: 'viewer',
    summary: 'One destination, secrets masked',
    handle: async (call) => toPublicDestination(await find(call, pathId(call)), call),
  },
  {
    route: 'PUT /destinations/:destinationId',
    role: 'editor',
    action: 'destination.update',
    summary: 'Replaces name and settings; a masked secret stays',
    handle: async (call) => toPublicDestination(await update(call, pathId(call), 'whole'), call),
  },
  {
    route: 'PATCH /destinations/:destinationId',
    role: 'editor',
    action: 'destination.update',
    summary: 'Changes some settings',
    handle: async (call) => toPublicDestination(await update(call, pathId(call), 'part'), call),
  },
  {
    route: 'DELETE /destinations/:destinationId',
    role: 'editor',
    action: 'destination.delete',
    summary: 'Deletes a destination that no connection uses',
    handle: (call) => remove(call, pathId(call)),
  },
];

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
export function toPublicDestination(row: FullDestination, { identity }: Pick<Call, 'identity'>): JsonObject {
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

export async function find({ context, identity }: Call, id: string): Promise<FullDestination> {
  return only('destination', await fullDestinations(context, identity.workspaceId, { id }));
}

async function list(call: Call): Promise<JsonObject> {
  assertWorkspace(call, call.body.workspaceId);
  const rows = await fullDestinations(call.context, call.identity.workspaceId);
  const name = optionalText(call.body, 'name');
  const found = name === undefined ? rows : rows.filter((row) => row.name === name);
  return { destinations: found.map((row) => toConfigDestination(row, call)) };
}

async function create(call: Call, type: string, configuration: JsonObject): Promise<string> {
  const { context, identity, body } = call;
  const sent = { name: textOf(body, 'name'), type, config: settingsOf(configuration) };
  const { id } = await createDestination(context, identity.workspaceId, sent);
  await allowDestination(context, identity, sent);
  call.about(`destination:${id}`);
  return id;
}

async function update(call: Call, id: string, how: 'whole' | 'part'): Promise<FullDestination> {
  const { context, identity, body } = call;
  const stored = await find(call, id);
  const sent = body.connectionConfiguration ?? body.configuration;
  const settings = settingsOf(objectOf(sent));
  const name = optionalText(body, 'name');
  await updateDestination(context, identity.workspaceId, id, {
    ...(name !== undefined && { name }),
    ...(sent !== undefined && { config: how === 'part' ? mergedSettings(stored.config, settings) : settings }),
  });
  call.about(`destination:${id}`);
  const changed = await find(call, id);
  await allowDestination(context, identity, changed);
  return changed;
}

async function remove(call: Call, id: string): Promise<undefined> {
  await deleteDestination(call.context, call.identity.workspaceId, id);
  call.about(`destination:${id}`);
}

async function check(call: Call, config: JsonObject | undefined): Promise<JsonObject> {
  const { id } = await find(call, idOf(call));
  call.about(`destination:${id}`);
  return checked(call, 'check_destination', () => ask(call, { destinationId: id, ...(config && { config }) }));
}

async function ask(
  { context, identity, signal }: Call,
  asked: { destinationId?: string; type?: string; config?: JsonObject },
): Promise<JsonObject> {
  const kind = 'check_destination';
  const input = await probeInput(context, identity.workspaceId, { kind, ...asked });
  return askProbe(context, identity.workspaceId, { kind, input, by: identity.actor, signal });
}
