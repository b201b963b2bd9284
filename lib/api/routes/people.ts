import type { Hono } from 'hono';
import { deleteWorkspace, workspaceContents } from '#lib/access/delete-workspace.ts';
import { identify } from '#lib/access/identify.ts';
import {
  acceptInvitation,
  invite,
  joinWorkspace,
  listInvitations,
  readInvitation,
  resetPassword,
  revokeInvitation,
} from '#lib/access/invitations.ts';
import { changeRole, endSessionsOf, listMembers, removeMember } from '#lib/access/members.ts';
import { endSession, listSessions } from '#lib/access/sessions.ts';
import { createWorkspace, enterByToken, enterWorkspace, listWorkspaces } from '#lib/access/workspaces.ts';
import type { Role } from '#lib/db/schema.ts';
import { readBody, shape, text } from '../body.ts';
import { as, created, type Door, type DoorEnv, idOf, notSignedIn } from '../door.ts';
import { badRequest } from '../failures.ts';
import { passOn, withCookiesOf } from '../pass-on.ts';
import { signInWithPassword } from './auth.ts';

const invitation = shape({ email: text, role: text }, ['email', 'role']);
const roleChange = shape({ role: text }, ['role']);
const link = shape({ token: text }, ['token']);
const newWorkspace = shape({ name: text, timeZone: text }, ['name']);
const acceptance = shape({ token: text, name: text, password: text }, ['token']);

/** Who may come in: members, links for new ones and for forgotten passwords, and sessions. */
export function peopleRoutes(app: Hono<DoorEnv>): void {
  app.get('/members', as('admin'), async (c) =>
    c.json(await listMembers(c.get('context'), c.get('identity').workspaceId)),
  );
  app.patch('/members/:id', as('admin', 'member.role', roleChange), async (c) => {
    const { role } = await readBody<{ role: Role }>(c.req.raw, roleChange);
    await changeRole(c.get('context'), c.get('identity').workspaceId, idOf(c), role);
    return c.json({ id: idOf(c), role });
  });
  app.delete('/members/:id', as('admin', 'member.remove'), async (c) => {
    await removeMember(c.get('context'), c.get('identity').workspaceId, idOf(c));
    return c.body(null, 204);
  });
  app.delete('/members/:id/sessions', as('admin', 'member.sign_out'), async (c) => {
    await endSessionsOf(c.get('context'), c.get('identity').workspaceId, idOf(c));
    return c.body(null, 204);
  });
  app.post('/members/:id/password-reset', as('admin', 'member.password_reset'), async (c) => {
    const { workspaceId, userId, sessionId, actor } = c.get('identity');
    const admin = { workspaceId, adminId: sessionId === undefined ? null : userId, createdBy: actor };
    return c.json(await resetPassword(c.get('context'), admin, idOf(c)), 201);
  });

  app.get('/invitations', as('admin'), async (c) =>
    c.json(await listInvitations(c.get('context'), c.get('identity').workspaceId)),
  );
  app.post('/invitations', as('admin', 'member.invite', invitation), async (c) => {
    const input = await readBody<{ email: string; role: Role }>(c.req.raw, invitation);
    const { workspaceId, actor } = c.get('identity');
    const made = await invite(c.get('context'), workspaceId, { ...input, createdBy: actor });
    c.set('subject', `invitation:${made.id}`);
    return c.json(made, 201);
  });
  app.delete('/invitations/:id', as('admin', 'member.uninvite'), async (c) => {
    await revokeInvitation(c.get('context'), c.get('identity').workspaceId, idOf(c));
    return c.body(null, 204);
  });
  app.post('/invitations/read', async (c) => {
    const { token } = await readBody<{ token: string }>(c.req.raw, link);
    return c.json(await readInvitation(c.get('context'), token));
  });
  app.post('/invitations/accept', accept);

  app.get('/workspaces', as('viewer'), async (c) => c.json(await listWorkspaces(c.get('context'), c.get('identity'))));
  app.post('/workspaces', as('admin', 'workspace.create', newWorkspace), async (c) => {
    const { name, timeZone = 'UTC' } = await readBody<{ name: string; timeZone?: string }>(c.req.raw, newWorkspace);
    const settings = { name, timeZone, defaultNamespace: 'public', notificationEmail: null };
    return created(c, 'workspace', await createWorkspace(c.get('context'), c.get('identity'), settings));
  });
  app.post('/workspaces/:id/enter', as('viewer'), async (c) => {
    await enterWorkspace(c.get('context'), c.get('identity'), idOf(c));
    return c.body(null, 204);
  });
  app.get('/workspaces/:id/contents', as('admin'), async (c) =>
    c.json(await workspaceContents(c.get('context'), ownWorkspace(c))),
  );
  app.delete('/workspaces/:id', as('admin', 'workspace.delete'), async (c) => {
    ownWorkspace(c);
    await deleteWorkspace(c.get('context'), c.get('identity'));
    return c.body(null, 204);
  });

  app.get('/sessions', as('viewer'), async (c) => c.json(await listSessions(c.get('context'), c.get('identity'))));
  app.delete('/sessions/:id', as('viewer', 'session.end'), async (c) => {
    await endSession(c.get('context'), c.get('identity'), idOf(c));
    return c.body(null, 204);
  });
}

/** The workspace that the caller is in; no other one is deleted. */
function ownWorkspace(c: Door): string {
  const { workspaceId } = c.get('identity');
  if (idOf(c).toLowerCase() !== workspaceId) throw badRequest('There is no such workspace.', 'not_found');
  return workspaceId;
}

/** Signs in with the new password; who has an account already shows it by the password or by being signed in. */
async function accept(c: Door): Promise<Response> {
  const {
    token,
    name = '',
    password,
  } = await readBody<{ token: string; name?: string; password?: string }>(c.req.raw, acceptance);
  const context = c.get('context');
  const link = await readInvitation(context, token);
  if (link.kind === 'invite' && link.hasAccount) return join(c, token, link.email, password);
  if (password === undefined) throw badRequest('The password is missing.');
  const { email } = await acceptInvitation(context, { token, name, password });
  return withCookiesOf(await passOn(c, '/sign-in/email', { email, password }), { email }, 201);
}

/** The browser goes on in the workspace that was joined. */
async function join(c: Door, token: string, email: string, password: string | undefined): Promise<Response> {
  const context = c.get('context');
  const identity = await identify(context, c.req.raw);
  if (identity?.sessionId !== undefined && identity.email === email) {
    const { workspaceId } = await joinWorkspace(context, { token, email });
    await enterWorkspace(context, identity, workspaceId);
    return c.json({ email }, 201);
  }
  if (password === undefined) throw notSignedIn();
  const answer = await signInWithPassword(c, { email, password });
  const { workspaceId } = await joinWorkspace(context, { token, email });
  const { user, token: session } = (await answer.clone().json()) as { user: { id: string }; token: string };
  await enterByToken(context, { userId: user.id, token: session }, workspaceId);
  return withCookiesOf(answer, { email }, 201);
}
