import { deleteWorkspace } from '#lib/access/delete-workspace.ts';
import { getWorkspace, updateWorkspace, type Workspace } from '#lib/access/workspace.ts';
import { notFound } from '#lib/connections/refusals.ts';
import { WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import {
  assertWorkspace,
  assertWorkspaceIds,
  type Call,
  type ConfigRoute,
  idIn,
  listed,
  ORGANIZATION_ID,
  optionalText,
  type PublicRoute,
} from './call.ts';
import { configNotifications, publicNotifications, setNotifications } from './notification-settings.ts';

const list = async (call: Call) => ({ workspaces: [await shown(call)] });
const get = async (call: Call) => {
  assertWorkspace(call, call.body.workspaceId);
  return shown(call);
};

/** Credentials belong to one workspace: it is the only one that they see. */
export const configRoutes: ConfigRoute[] = [
  { verb: 'workspaces/list', role: 'viewer', summary: 'The workspace, in a list', handle: list },
  { verb: 'workspaces/list_paginated', role: 'viewer', summary: 'The workspace, in a list', handle: list },
  { verb: 'workspaces/list_by_organization_id', role: 'viewer', summary: 'The workspace, in a list', handle: list },
  { verb: 'workspaces/get', role: 'viewer', summary: 'The workspace', handle: get },
  { verb: 'workspaces/get_by_slug', role: 'viewer', summary: 'The workspace', handle: get },
  { verb: 'workspaces/get_by_connection_id', role: 'viewer', summary: 'The workspace', handle: get },
  {
    verb: 'workspaces/get_organization_info',
    role: 'viewer',
    summary: 'The organization of the workspace',
    handle: async (call) => ({ organizationId: ORGANIZATION_ID, organizationName: (await own(call)).name, sso: false }),
  },
  {
    verb: 'workspaces/update',
    role: 'admin',
    action: 'workspace.update',
    summary: 'Changes the name, the address of the contact, or which webhooks are told of what',
    handle: async (call) => {
      assertWorkspace(call, call.body.workspaceId);
      await change(call);
      return shown(call);
    },
  },
  {
    verb: 'workspaces/update_name',
    role: 'admin',
    action: 'workspace.update',
    summary: 'Changes the name',
    handle: async (call) => {
      await change(call);
      return shown(call);
    },
  },
  { verb: 'workspaces/create', role: 'admin', summary: 'Refused: see the detail', handle: refuseCreation },
  {
    verb: 'workspaces/delete',
    role: 'admin',
    action: 'workspace.delete',
    summary: 'Deletes the workspace with all that is in it, unless it is the only one or something runs in it',
    input: { type: 'object', required: ['workspaceId'], properties: { workspaceId: { type: 'string' } } },
    handle: (call) => remove(call, idIn(call.body, 'workspaceId', 'workspace')),
  },
];

export const publicRoutes: PublicRoute[] = [
  {
    route: 'GET /workspaces',
    role: 'viewer',
    summary: 'The workspace, in a list',
    handle: async (call) => {
      assertWorkspaceIds(call);
      const rows = Number(call.query.get('offset') ?? 0) > 0 ? [] : [await shownOpenly(call)];
      return listed(call, 'workspaces', rows, (row) => row);
    },
  },
  { route: 'POST /workspaces', role: 'admin', summary: 'Refused: see the detail', handle: refuseCreation },
  {
    route: 'GET /workspaces/:workspaceId',
    role: 'viewer',
    summary: 'The workspace',
    handle: async (call) => {
      assertWorkspace(call, call.params.workspaceId);
      return shownOpenly(call);
    },
  },
  {
    route: 'PATCH /workspaces/:workspaceId',
    role: 'admin',
    action: 'workspace.update',
    summary: 'Changes the name, or which webhooks are told of what',
    handle: async (call) => {
      assertWorkspace(call, call.params.workspaceId);
      await change(call);
      return shownOpenly(call);
    },
  },
  {
    route: 'DELETE /workspaces/:workspaceId',
    role: 'admin',
    action: 'workspace.delete',
    summary: 'Deletes the workspace with all that is in it, unless it is the only one or something runs in it',
    handle: (call) => remove(call, call.params.workspaceId ?? ''),
  },
];

/** As the Config API shows it. */
async function shown(call: Call): Promise<JsonObject> {
  const { id, name, notificationEmail, createdAt } = await own(call);
  return {
    workspaceId: id,
    customerId: id,
    name,
    slug: slugOf(name),
    ...(notificationEmail !== null && { email: notificationEmail }),
    initialSetupComplete: true,
    displaySetupWizard: false,
    organizationId: ORGANIZATION_ID,
    anonymousDataCollection: false,
    news: false,
    securityUpdates: false,
    notifications: [],
    notificationSettings: await configNotifications(call.context, id),
    defaultGeography: 'auto',
    tombstone: false,
    createdAt: Math.floor(createdAt.getTime() / 1000),
  };
}

async function shownOpenly(call: Call): Promise<JsonObject> {
  const { id, name } = await own(call);
  const notifications = await publicNotifications(call.context, id);
  return { workspaceId: id, name, dataResidency: 'auto', notifications };
}

export function slugOf(name: string): string {
  return (
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '') || 'workspace'
  );
}

function own({ context, identity }: Call): Promise<Workspace> {
  return getWorkspace(context, identity.workspaceId);
}

async function change(call: Call): Promise<void> {
  const [name, email] = [optionalText(call.body, 'name'), optionalText(call.body, 'email')];
  call.about(`workspace:${call.identity.workspaceId}`);
  await setNotifications(call.context, call.identity.workspaceId, call.body);
  await updateWorkspace(call.context, call.identity.workspaceId, {
    ...(name !== undefined && { name }),
    ...(email !== undefined && { notificationEmail: email }),
  });
}

/** It has to be named: what is left out elsewhere would be too much here. */
async function remove(call: Call, named: string): Promise<void> {
  if (named.toLowerCase() !== call.identity.workspaceId) throw notFound('workspace');
  call.about(`workspace:${call.identity.workspaceId}`);
  await deleteWorkspace(call.context, call.identity);
}

function refuseCreation(): never {
  const message = 'Credentials belong to one workspace and can’t make another.';
  throw new WeirError({ kind: 'config', code: 'not_allowed', message, hint: 'Use the workspace that is there.' });
}
