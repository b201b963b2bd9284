import { listMembers, type Member } from '#lib/access/members.ts';
import { getWorkspace } from '#lib/access/workspace.ts';
import { notFound } from '#lib/connections/refusals.ts';
import type { Role } from '#lib/db/schema.ts';
import type { JsonObject } from '#lib/json.ts';
import {
  assertWorkspace,
  type Call,
  type ConfigRoute,
  ORGANIZATION_ID,
  optionalText,
  type PublicRoute,
  unsupported,
} from './call.ts';

const PERMISSIONS: Record<Role, string> = {
  admin: 'workspace_admin',
  editor: 'workspace_editor',
  viewer: 'workspace_reader',
};

const organization = async (call: Call) => toOrganization(call);

/** What Airbyte has around its workspaces. Weir has one organization, its members, and one region. */
export const configRoutes: ConfigRoute[] = [
  { verb: 'organizations/get', role: 'viewer', summary: 'The organization', handle: organization },
  {
    verb: 'organizations/update',
    role: 'admin',
    summary: 'Answers the organization as it is; its address is set in the settings',
    handle: organization,
  },
  {
    verb: 'organizations/list',
    role: 'viewer',
    summary: 'The organization, in a list',
    handle: async (call) => ({ organizations: [await toOrganization(call)] }),
  },
  {
    verb: 'operations/list',
    role: 'viewer',
    summary: 'None: Weir has no operations',
    handle: () => ({ operations: [] }),
  },
  { verb: 'operations/create', role: 'editor', summary: 'Refused: see the detail', handle: refuseOperation },
  { verb: 'operations/update', role: 'editor', summary: 'Refused: see the detail', handle: refuseOperation },
  {
    verb: 'operations/get',
    role: 'viewer',
    summary: 'None: Weir has no operations',
    handle: () => {
      throw notFound('operation');
    },
  },
  {
    verb: 'permissions/list_by_user',
    role: 'admin',
    summary: 'The roles in the workspace',
    handle: async (call) => ({ permissions: await permissions(call) }),
  },
];

export const publicRoutes: PublicRoute[] = [
  {
    route: 'GET /organizations',
    role: 'viewer',
    summary: 'The organization, in a list',
    handle: async (call) => ({ data: [await toOrganization(call)] }),
  },
  ...['organizations/:organizationId/oauthCredentials', 'workspaces/:workspaceId/oauthCredentials'].flatMap((path) => [
    { route: `PUT /${path}`, role: 'admin', summary: 'Refused: see the detail', handle: refuseOauth } as const,
    { route: `DELETE /${path}`, role: 'admin', summary: 'Refused: see the detail', handle: refuseOauth } as const,
  ]),
  {
    route: 'GET /users',
    role: 'admin',
    summary: 'The members of the workspace',
    handle: async (call) => ({
      data: (await members(call)).map(({ userId, name, email }) => ({ id: userId, name, email })),
    }),
  },
  {
    route: 'GET /permissions',
    role: 'admin',
    summary: 'The roles in the workspace',
    handle: async (call) => {
      const userId = call.query.get('userId');
      return { data: (await permissions(call)).filter((each) => !userId || each.userId === userId) };
    },
  },
  { route: 'POST /permissions', role: 'admin', summary: 'Refused: see the detail', handle: refusePermission },
  {
    route: 'GET /permissions/:permissionId',
    role: 'admin',
    summary: 'One role in the workspace',
    handle: async (call) => {
      const found = (await permissions(call)).find((each) => each.permissionId === call.params.permissionId);
      if (!found) throw notFound('permission');
      return found;
    },
  },
  { route: 'PATCH /permissions/:permissionId', role: 'admin', summary: 'Refused', handle: refusePermission },
  { route: 'DELETE /permissions/:permissionId', role: 'admin', summary: 'Refused', handle: refusePermission },
  { route: 'GET /groups', role: 'admin', summary: 'None: Weir has no groups', handle: () => ({ data: [] }) },
  {
    route: 'GET /regions',
    role: 'viewer',
    summary: 'The one region: this installation',
    handle: () => ({
      data: [{ regionId: ORGANIZATION_ID, name: 'auto', organizationId: ORGANIZATION_ID, enabled: true }],
    }),
  },
  {
    route: 'GET /dataplanes',
    role: 'viewer',
    summary: 'None: Weir’s workers are no data planes',
    handle: () => ({ data: [] }),
  },
];

async function toOrganization({ context, identity }: Call): Promise<JsonObject> {
  const { name, notificationEmail } = await getWorkspace(context, identity.workspaceId);
  return { organizationId: ORGANIZATION_ID, organizationName: name, email: notificationEmail ?? '', sso: false };
}

function members({ context, identity }: Call): Promise<Member[]> {
  return listMembers(context, identity.workspaceId);
}

/** A permission has no id of its own: that of its user names it. */
async function permissions(call: Call): Promise<JsonObject[]> {
  assertWorkspace(call, optionalText(call.body, 'workspaceId'));
  return (await members(call)).map(({ userId, role }) => ({
    permissionId: userId,
    permissionType: PERMISSIONS[role],
    userId,
    workspaceId: call.identity.workspaceId,
    scope: 'workspace',
    scopeId: call.identity.workspaceId,
  }));
}

function refuseOperation(): never {
  throw unsupported('Weir has no operations and no normalization.', 'Run dbt after the sync, from what triggers it.');
}

function refusePermission(): never {
  throw unsupported('Roles are not changed through this API.', 'An administrator changes them in the settings.');
}

function refuseOauth(): never {
  throw unsupported('Weir keeps no OAuth client of its own.', 'Enter client id and secret in the source.');
}
