import type { Hono } from 'hono';
import {
  acceptInvitation,
  invite,
  listInvitations,
  readInvitation,
  resetPassword,
  revokeInvitation,
} from '#lib/access/invitations.ts';
import { changeRole, endSessionsOf, listMembers, removeMember } from '#lib/access/members.ts';
import { endSession, listSessions } from '#lib/access/sessions.ts';
import type { Role } from '#lib/db/schema.ts';
import { readBody, shape, text } from '../body.ts';
import { as, type Door, type DoorEnv, idOf } from '../door.ts';
import { passOn, withCookiesOf } from '../pass-on.ts';

const invitation = shape({ email: text, role: text }, ['email', 'role']);
const roleChange = shape({ role: text }, ['role']);
const link = shape({ token: text }, ['token']);
const acceptance = shape({ token: text, name: text, password: text }, ['token', 'password']);

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
    const { workspaceId, actor } = c.get('identity');
    return c.json(await resetPassword(c.get('context'), workspaceId, idOf(c), actor), 201);
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

  app.get('/sessions', as('viewer'), async (c) => c.json(await listSessions(c.get('context'), c.get('identity'))));
  app.delete('/sessions/:id', as('viewer', 'session.end'), async (c) => {
    await endSession(c.get('context'), c.get('identity'), idOf(c));
    return c.body(null, 204);
  });
}

/** Signs in with the new password. */
async function accept(c: Door): Promise<Response> {
  const {
    token,
    name = '',
    password,
  } = await readBody<{ token: string; name?: string; password: string }>(c.req.raw, acceptance);
  const { email } = await acceptInvitation(c.get('context'), { token, name, password });
  return withCookiesOf(await passOn(c, '/sign-in/email', { email, password }), { email }, 201);
}
