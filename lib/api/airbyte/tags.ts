import { createTag, deleteTag, getTag, listTags, updateTag } from '#lib/connections/tags.ts';
import type { JsonObject } from '#lib/json.ts';
import {
  assertWorkspace,
  assertWorkspaceIds,
  type Call,
  type ConfigRoute,
  idIn,
  optionalText,
  type PublicRoute,
  textOf,
} from './call.ts';
import { toTag } from './connection-shapes.ts';

const input: JsonObject = {
  type: 'object',
  required: ['name', 'color'],
  properties: { name: { type: 'string' }, color: { type: 'string' }, workspaceId: { type: 'string' } },
};
const bodyId = (call: Call) => idIn(call.body, 'tagId', 'tag');
const pathId = (call: Call) => idIn(call.params, 'tagId', 'tag');

/** Tags of connections. */
export const configRoutes: ConfigRoute[] = [
  { verb: 'tags/list', role: 'viewer', summary: 'The tags', handle: all },
  { verb: 'tags/create', role: 'editor', action: 'tag.create', summary: 'A new tag', input, handle: create },
  {
    verb: 'tags/update',
    role: 'editor',
    action: 'tag.update',
    summary: 'Changes name or color',
    handle: (call) => update(call, bodyId(call)),
  },
  {
    verb: 'tags/delete',
    role: 'editor',
    action: 'tag.delete',
    summary: 'Deletes a tag',
    handle: (call) => remove(call, bodyId(call)),
  },
];

export const publicRoutes: PublicRoute[] = [
  {
    route: 'GET /tags',
    role: 'viewer',
    summary: 'The tags',
    handle: async (call) => {
      assertWorkspaceIds(call);
      return { data: await all(call) };
    },
  },
  { route: 'POST /tags', role: 'editor', action: 'tag.create', summary: 'A new tag', input, handle: create },
  {
    route: 'GET /tags/:tagId',
    role: 'viewer',
    summary: 'One tag',
    handle: async (call) =>
      toTag(await getTag(call.context, call.identity.workspaceId, pathId(call)), call.identity.workspaceId),
  },
  {
    route: 'PATCH /tags/:tagId',
    role: 'editor',
    action: 'tag.update',
    summary: 'Changes name or color',
    handle: (call) => update(call, pathId(call)),
  },
  {
    route: 'DELETE /tags/:tagId',
    role: 'editor',
    action: 'tag.delete',
    summary: 'Deletes a tag',
    handle: (call) => remove(call, pathId(call)),
  },
];

async function all(call: Call): Promise<JsonObject[]> {
  assertWorkspace(call, call.body.workspaceId);
  const { workspaceId } = call.identity;
  return (await listTags(call.context, workspaceId)).map((tag) => toTag(tag, workspaceId));
}

async function create(call: Call): Promise<JsonObject> {
  assertWorkspace(call, call.body.workspaceId);
  const { workspaceId } = call.identity;
  const input = { name: textOf(call.body, 'name'), color: textOf(call.body, 'color') };
  const tag = await createTag(call.context, workspaceId, input);
  call.about(`tag:${tag.id}`);
  return toTag(tag, workspaceId);
}

async function update(call: Call, id: string): Promise<JsonObject> {
  const [name, color] = [optionalText(call.body, 'name'), optionalText(call.body, 'color')];
  const change = { ...(name !== undefined && { name }), ...(color !== undefined && { color }) };
  const tag = await updateTag(call.context, call.identity.workspaceId, id, change);
  call.about(`tag:${id}`);
  return toTag(tag, call.identity.workspaceId);
}

async function remove(call: Call, id: string): Promise<undefined> {
  await deleteTag(call.context, call.identity.workspaceId, id);
  call.about(`tag:${id}`);
}
