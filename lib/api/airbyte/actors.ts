import type { Page } from '#lib/connections/full-lists.ts';
import { only } from '#lib/connections/full-lists.ts';
import type { Context } from '#lib/context.ts';
import type { JsonObject } from '#lib/json.ts';
import {
  assertWorkspace,
  assertWorkspaceIds,
  type Call,
  type ConfigRoute,
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

interface ActorRow {
  readonly id: string;
  readonly name: string;
  readonly config: JsonObject;
}

/** What a source or a destination is of: a connector, or a kind. */
interface Definition {
  readonly connectorId?: string;
  readonly type?: string;
}

/** What is checked: something that is stored, with other settings perhaps, or something that is not. */
export interface Asked extends Definition {
  readonly sourceId?: string;
  readonly destinationId?: string;
  readonly config?: JsonObject;
}

/** Airbyte's word for sources and destinations; what they have in common is in `actorRoutes`. */
export interface Actor<Row extends ActorRow> {
  readonly noun: 'source' | 'destination';
  /** What names its definition, for the documents. */
  readonly named: string;
  /** What a check finds out, after `Whether it`. */
  readonly answers: readonly [does: string, would: string];
  rows(context: Context, workspaceId: string, page?: Page): Promise<Row[]>;
  toConfig(row: Row, call: Pick<Call, 'identity'>): JsonObject;
  toPublic(row: Row, call: Pick<Call, 'identity'>): JsonObject;
  /** By an id or a name, or by the type that stands in a configuration. */
  definition(call: Call, named: { readonly id: string } | { readonly type: string }): Promise<Definition>;
  insert(
    call: Call,
    input: { readonly name: string; readonly config: JsonObject } & Definition,
  ): Promise<{ id: string }>;
  change(call: Call, id: string, change: { readonly name?: string; readonly config?: JsonObject }): Promise<void>;
  remove(call: Call, id: string): Promise<void>;
  /** Asks the other side, with what is stored, with a changed config, or with one that is not stored at all. */
  ask(call: Call, asked: Asked): Promise<JsonObject>;
}

export async function findActor<Row extends ActorRow>(
  { noun, rows }: Actor<Row>,
  { context, identity }: Call,
  id: string,
): Promise<Row> {
  return only(noun, await rows(context, identity.workspaceId, { id }));
}

/** The verbs of the Config API that both have. */
export function actorVerbs<Row extends ActorRow>(actor: Actor<Row>): ConfigRoute[] {
  const { noun, named } = actor;
  const [nouns, definitionId, id] = [`${noun}s`, `${noun}DefinitionId`, `${noun}Id`];
  const byId: JsonObject = { type: 'object', required: [id], properties: { [id]: { type: 'string' } } };
  const input: JsonObject = {
    type: 'object',
    required: ['name', definitionId, 'connectionConfiguration'],
    properties: {
      ...{ name: { type: 'string' }, [definitionId]: { type: 'string', description: `An id, or ${named}.` } },
      ...{ workspaceId: { type: 'string' }, connectionConfiguration: { type: 'object' } },
    },
  };
  const list = (call: Call) => listAll(actor, call);
  const idOf = (call: Call) => idIn(call.body, id, noun);
  const shown = async (call: Call, row: Promise<Row>) => actor.toConfig(await row, call);
  return [
    { verb: `${nouns}/list`, role: 'viewer', summary: `All ${nouns}`, handle: list },
    { verb: `${nouns}/list_paginated`, role: 'viewer', summary: `All ${nouns}`, handle: list },
    { verb: `${nouns}/search`, role: 'viewer', summary: `The ${nouns} with this name`, handle: list },
    {
      ...{ verb: `${nouns}/get`, role: 'viewer', summary: `One ${noun}, secrets masked`, input: byId },
      handle: (call) => shown(call, findActor(actor, call, idOf(call))),
    },
    {
      ...{ verb: `${nouns}/create`, role: 'editor', action: `${noun}.create`, summary: `A new ${noun}`, input },
      handle: (call) => shown(call, create(actor, call, { id: textOf(call.body, definitionId) })),
    },
    {
      ...{ verb: `${nouns}/update`, role: 'editor', action: `${noun}.update`, summary: REPLACES, input: byId },
      handle: (call) => shown(call, update(actor, call, idOf(call), 'whole')),
    },
    {
      ...{ verb: `${nouns}/partial_update`, role: 'editor', action: `${noun}.update`, summary: CHANGES, input: byId },
      handle: (call) => shown(call, update(actor, call, idOf(call), 'part')),
    },
    {
      ...{ verb: `${nouns}/delete`, role: 'editor', action: `${noun}.delete`, summary: deletes(noun), input: byId },
      handle: (call) => remove(actor, call, idOf(call)),
    },
    ...checkVerbs(actor, byId),
  ];
}

function checkVerbs<Row extends ActorRow>(actor: Actor<Row>, byId: JsonObject): ConfigRoute[] {
  const { noun, answers } = actor;
  const [does, would] = answers;
  const [id, action] = [`${noun}Id`, `${noun}.check`];
  const check = async (call: Call, config?: JsonObject) => {
    const { id: known } = await findActor(actor, call, idIn(call.body, id, noun));
    call.about(`${noun}:${known}`);
    return checked(call, `check_${noun}`, () => actor.ask(call, { [id]: known, ...(config && { config }) }));
  };
  return [
    {
      ...{ verb: `${noun}s/check_connection`, role: 'editor', action, input: byId },
      ...{ summary: `Whether the ${noun} ${does}`, handle: (call) => check(call) },
    },
    {
      ...{ verb: `${noun}s/check_connection_for_update`, role: 'editor', action, input: byId },
      summary: `Whether the ${noun} ${would} with these settings`,
      handle: (call) => check(call, settingsOf(objectOf(call.body.connectionConfiguration))),
    },
    {
      ...{ verb: `scheduler/${noun}s/check_connection`, role: 'editor', action },
      summary: `Whether a ${noun} that is not saved ${would}`,
      handle: async (call) => {
        const definition = await actor.definition(call, { id: textOf(call.body, `${noun}DefinitionId`) });
        const config = settingsOf(objectOf(call.body.connectionConfiguration));
        return checked(call, `check_${noun}`, () => actor.ask(call, { ...definition, config }));
      },
    },
  ];
}

/** The routes of the public API that both have. */
export function actorResource<Row extends ActorRow>(actor: Actor<Row>): PublicRoute[] {
  const { noun } = actor;
  const [nouns, id] = [`${noun}s`, `${noun}Id`];
  const idOf = (call: Call) => idIn(call.params, id, noun);
  const shown = async (call: Call, row: Promise<Row>) => actor.toPublic(await row, call);
  const input: JsonObject = {
    type: 'object',
    required: ['name', 'configuration'],
    properties: {
      ...{ name: { type: 'string' }, workspaceId: { type: 'string' }, definitionId: { type: 'string' } },
      configuration: { type: 'object' },
    },
  };
  return [
    {
      ...{ route: `GET /${nouns}`, role: 'viewer', summary: `The ${nouns}, by pages` },
      handle: async (call) => {
        assertWorkspaceIds(call);
        const { limit, offset } = pageOf(call.query);
        const rows = await actor.rows(call.context, call.identity.workspaceId, { limit: limit + 1, offset });
        return listed(call, nouns, rows, (row) => actor.toPublic(row, call));
      },
    },
    {
      ...{ route: `POST /${nouns}`, role: 'editor', action: `${noun}.create`, input },
      summary: `A new ${noun} of what definitionId or configuration.${noun}Type names`,
      handle: (call) => {
        const named = optionalText(call.body, 'definitionId');
        const type = () => ({ type: textOf(objectOf(call.body.configuration), `${noun}Type`) });
        return shown(call, create(actor, call, named ? { id: named } : type()));
      },
    },
    {
      ...{ route: `GET /${nouns}/:${id}`, role: 'viewer', summary: `One ${noun}, secrets masked` },
      handle: (call) => shown(call, findActor(actor, call, idOf(call))),
    },
    {
      ...{ route: `PUT /${nouns}/:${id}`, role: 'editor', action: `${noun}.update`, summary: REPLACES },
      handle: (call) => shown(call, update(actor, call, idOf(call), 'whole')),
    },
    {
      ...{ route: `PATCH /${nouns}/:${id}`, role: 'editor', action: `${noun}.update`, summary: CHANGES },
      handle: (call) => shown(call, update(actor, call, idOf(call), 'part')),
    },
    {
      ...{ route: `DELETE /${nouns}/:${id}`, role: 'editor', action: `${noun}.delete`, summary: deletes(noun) },
      handle: (call) => remove(actor, call, idOf(call)),
    },
  ];
}

const REPLACES = 'Replaces name and settings; a masked secret stays';
const CHANGES = 'Changes some settings';
const deletes = (noun: string) => `Deletes a ${noun} that no connection uses`;

async function listAll<Row extends ActorRow>(actor: Actor<Row>, call: Call): Promise<JsonObject> {
  assertWorkspace(call, call.body.workspaceId);
  const rows = await actor.rows(call.context, call.identity.workspaceId);
  const name = optionalText(call.body, 'name');
  const found = name === undefined ? rows : rows.filter((row) => row.name === name);
  return { [`${actor.noun}s`]: found.map((row) => actor.toConfig(row, call)) };
}

async function create<Row extends ActorRow>(
  actor: Actor<Row>,
  call: Call,
  named: { readonly id: string } | { readonly type: string },
): Promise<Row> {
  assertWorkspace(call, call.body.workspaceId);
  const definition = await actor.definition(call, named);
  const config = settingsOf(objectOf(call.body.connectionConfiguration ?? call.body.configuration));
  const { id } = await actor.insert(call, { name: textOf(call.body, 'name'), ...definition, config });
  call.about(`${actor.noun}:${id}`);
  return findActor(actor, call, id);
}

async function update<Row extends ActorRow>(
  actor: Actor<Row>,
  call: Call,
  id: string,
  how: 'whole' | 'part',
): Promise<Row> {
  const { body } = call;
  const stored = await findActor(actor, call, id);
  const sent = body.connectionConfiguration ?? body.configuration;
  const settings = settingsOf(objectOf(sent));
  const name = optionalText(body, 'name');
  await actor.change(call, id, {
    ...(name !== undefined && { name }),
    ...(sent !== undefined && { config: how === 'part' ? mergedSettings(stored.config, settings) : settings }),
  });
  call.about(`${actor.noun}:${id}`);
  return findActor(actor, call, id);
}

async function remove<Row extends ActorRow>(actor: Actor<Row>, call: Call, id: string): Promise<undefined> {
  await actor.remove(call, id);
  call.about(`${actor.noun}:${id}`);
}
