import { createHash, randomBytes } from 'node:crypto';
import { hashPassword } from 'better-auth/crypto';
import type { Db } from '#lib/db/connect.ts';
import type { Role } from '#lib/db/schema.ts';
import { type Issue, WeirError } from '#lib/errors.ts';
import { audit } from './audit.ts';
import { passwordIssues } from './passwords.ts';
import { noSuch } from './refusals.ts';
import { isRole } from './roles.ts';
import { insertPassword, insertUser, nameIssues } from './set-up.ts';
import { forgetAccountTries } from './try-limit.ts';
import { isEmail } from './workspace.ts';

export interface Invitation {
  readonly id: string;
  readonly kind: 'invite' | 'reset';
  readonly email: string;
  readonly role: Role;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

interface LinkContext {
  readonly db: Db;
  readonly clock: () => Date;
}

const TOKEN_BYTES = 32;
const INVITE_DAYS = 7;
const RESET_DAYS = 1;
const DAY_MS = 86_400_000;

/** The links that still let somebody in, newest first. */
export async function listInvitations({ db, clock }: LinkContext, workspaceId: string): Promise<Invitation[]> {
  return db
    .selectFrom('invitation')
    .select(['id', 'kind', 'email', 'role'])
    .select(['created_by as createdBy', 'created_at as createdAt', 'expires_at as expiresAt'])
    .where('workspace_id', '=', workspaceId)
    .where('used_at', 'is', null)
    .where('expires_at', '>', clock())
    .orderBy('created_at', 'desc')
    .execute();
}

/** Invites an address; `token` is shown this once. @throws WeirError `invalid_input` */
export async function invite(
  c: LinkContext,
  workspaceId: string,
  input: { email: string; role: Role; createdBy: string },
): Promise<{ id: string; token: string }> {
  const email = input.email.trim().toLowerCase();
  const issues: Issue[] = [
    ...(isEmail(email) ? [] : [{ path: 'email', message: 'An address such as ada@example.com.' }]),
    ...(isRole(input.role) ? [] : [{ path: 'role', message: 'The role is viewer, editor or admin.' }]),
    ...((await isMember(c.db, workspaceId, email)) ? [{ path: 'email', message: 'This is a member already.' }] : []),
  ];
  if (issues.length > 0) throw refused('Nobody was invited.', issues);
  return makeLink(c, { workspaceId, kind: 'invite', ...input, email, userId: null, days: INVITE_DAYS });
}

/**
 * A link for a member who has forgotten the password; the old one holds until it is used. Whoever has the link can come in as the
 * member everywhere: so it takes an administrator of all of the member's workspaces. @throws WeirError `not_found`, `not_allowed`
 */
export async function resetPassword(
  c: LinkContext,
  { workspaceId, adminId, createdBy }: { workspaceId: string; adminId: string | null; createdBy: string },
  userId: string,
): Promise<{ id: string; token: string }> {
  const member = await c.db
    .selectFrom('membership')
    .innerJoin('user', 'user.id', 'membership.user_id')
    .select(['user.email', 'membership.role'])
    .where('membership.workspace_id', '=', workspaceId)
    .where('user.id', '=', userId)
    .executeTakeFirst();
  if (!member) throw noSuch('member');
  if (await isElsewhere(c.db, { workspaceId, adminId }, userId)) throw elsewhere();
  return makeLink(c, { workspaceId, kind: 'reset', ...member, userId, createdBy, days: RESET_DAYS });
}

/** Takes a link back. @throws WeirError `not_found` */
export async function revokeInvitation({ db }: { db: Db }, workspaceId: string, id: string): Promise<void> {
  const { numDeletedRows } = await db
    .deleteFrom('invitation')
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .where('used_at', 'is', null)
    .executeTakeFirst();
  if (numDeletedRows === 0n) throw noSuch('invitation');
}

/** Whom a link is for. @throws WeirError `link_expired` */
export async function readInvitation(
  { db, clock }: LinkContext,
  token: string,
): Promise<{ kind: Invitation['kind']; email: string; workspaceName: string; hasAccount: boolean }> {
  const row = await db
    .selectFrom('invitation')
    .innerJoin('workspace', 'workspace.id', 'invitation.workspace_id')
    .select(['kind', 'email', 'workspace.name as workspaceName'])
    .where('hash', '=', hashToken(token))
    .where('used_at', 'is', null)
    .where('expires_at', '>', clock())
    .executeTakeFirst();
  if (row) return { ...row, hasAccount: await hasAccount(db, row.email) };
  throw expired();
}

/** Uses an invitation for somebody who has an account and has shown that it is theirs. @throws WeirError `link_expired` */
export async function joinWorkspace(
  c: LinkContext,
  { token, email }: { token: string; email: string },
): Promise<{ workspaceId: string }> {
  return c.db.transaction().execute(async (tx) => {
    const link = await takeLink(tx, token, c.clock());
    const user = await tx.selectFrom('user').select('id').where('email', '=', link.email).executeTakeFirst();
    if (!user || link.email !== email || link.user_id !== null) throw expired();
    const { workspace_id, role } = link;
    await tx
      .insertInto('membership')
      .values({ workspace_id, user_id: user.id, role })
      .onConflict((conflict) => conflict.columns(['workspace_id', 'user_id']).doNothing())
      .execute();
    const subject = `invitation:${link.id}`;
    await audit({ db: tx }, { workspaceId: workspace_id, actor: email, action: 'member.join', subject });
    return { workspaceId: workspace_id };
  });
}

interface OpenInvitation {
  readonly id: string;
  readonly workspace_id: string;
  readonly role: Role;
}

/** What still invites an address, into whichever workspace. */
export function openInvitations(db: Db, email: string): Promise<OpenInvitation[]> {
  return db
    .selectFrom('invitation')
    .select(['id', 'workspace_id', 'role'])
    .where('kind', '=', 'invite')
    .where('email', '=', email)
    .where('used_at', 'is', null)
    .where('expires_at', '>', new Date())
    .execute();
}

/** Makes a user whose address somebody else has vouched for a member, without the link. */
export async function takeInvitation(
  db: Db,
  { id, workspace_id, role }: OpenInvitation,
  user: { readonly id: string; readonly email: string },
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx.updateTable('invitation').set({ used_at: new Date() }).where('id', '=', id).execute();
    await tx.insertInto('membership').values({ workspace_id, user_id: user.id, role }).execute();
    const subject = `invitation:${id}`;
    await audit({ db: tx }, { workspaceId: workspace_id, actor: user.email, action: 'member.join', subject });
  });
}

/**
 * Uses a link, which works once: makes the member, or sets the password and ends every session that the old one began.
 * @throws WeirError `link_expired`, or `invalid_input` with all issues
 */
export async function acceptInvitation(
  c: LinkContext,
  { token, name, password }: { token: string; name: string; password: string },
): Promise<{ email: string }> {
  const { kind, email } = await readInvitation(c, token);
  const issues = [...(kind === 'invite' ? nameIssues(name) : []), ...passwordIssues(password, [email, name])];
  if (issues.length > 0) throw refused('The password was not set.', issues);
  const passwordHash = await hashPassword(password);
  await c.db.transaction().execute(async (tx) => {
    const link = await takeLink(tx, token, c.clock());
    if (link.user_id === null) await addMember(tx, link, { name, email, passwordHash });
    else await setPassword(tx, link.user_id, passwordHash);
    await forgetAccountTries(tx, email);
    const action = kind === 'invite' ? 'member.join' : 'password.reset';
    const subject = `invitation:${link.id}`;
    await audit({ db: tx }, { workspaceId: link.workspace_id, actor: email, action, subject });
  });
  return { email };
}

/** Of two who use it at once, the second finds it used. */
async function takeLink(tx: Db, token: string, at: Date) {
  const link = await tx
    .updateTable('invitation')
    .set({ used_at: at })
    .where('hash', '=', hashToken(token))
    .where('used_at', 'is', null)
    .where('expires_at', '>', at)
    .returning(['id', 'workspace_id', 'user_id', 'email', 'role'])
    .executeTakeFirst();
  if (link) return link;
  throw expired();
}

async function addMember(
  tx: Db,
  { workspace_id, role }: { workspace_id: string; role: Role },
  person: { name: string; email: string; passwordHash: string },
): Promise<void> {
  if (await hasAccount(tx, person.email))
    throw refused('You were not let in.', [{ path: 'email', message: 'There is an account with this address.' }]);
  const userId = await insertUser(tx, person, person.passwordHash);
  await tx.insertInto('membership').values({ workspace_id, user_id: userId, role }).execute();
}

async function setPassword(tx: Db, userId: string, passwordHash: string): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('account')
    .set({ password: passwordHash, updatedAt: new Date() })
    .where('userId', '=', userId)
    .where('providerId', '=', 'credential')
    .executeTakeFirst();
  // Who has come in by a provider alone had none.
  if (numUpdatedRows === 0n) await insertPassword(tx, userId, passwordHash);
  await tx.deleteFrom('session').where('userId', '=', userId).execute();
}

async function makeLink(
  { db, clock }: LinkContext,
  link: {
    workspaceId: string;
    kind: Invitation['kind'];
    email: string;
    role: Role;
    userId: string | null;
    createdBy: string;
    days: number;
  },
): Promise<{ id: string; token: string }> {
  const { workspaceId, kind, email, role, userId, createdBy, days } = link;
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  // An earlier link of the same kind and address stops working.
  await db
    .deleteFrom('invitation')
    .where('workspace_id', '=', workspaceId)
    .where('kind', '=', kind)
    .where('email', '=', email)
    .where('used_at', 'is', null)
    .execute();
  const { id } = await db
    .insertInto('invitation')
    .values({
      ...{ workspace_id: workspaceId, kind, email, role, user_id: userId, created_by: createdBy },
      hash: hashToken(token),
      expires_at: new Date(clock().getTime() + days * DAY_MS),
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return { id, token };
}

function isMember(db: Db, workspaceId: string, email: string): Promise<boolean> {
  return db
    .selectFrom('membership')
    .innerJoin('user', 'user.id', 'membership.user_id')
    .select('user.id')
    .where('user.email', '=', email)
    .where('membership.workspace_id', '=', workspaceId)
    .executeTakeFirst()
    .then((row) => row !== undefined);
}

/** Whether the user is in a workspace that this administrator does not administer. */
async function isElsewhere(
  db: Db,
  { workspaceId, adminId }: { workspaceId: string; adminId: string | null },
  userId: string,
): Promise<boolean> {
  const row = await db
    .selectFrom('membership')
    .select('workspace_id')
    .where('user_id', '=', userId)
    .where('workspace_id', '<>', workspaceId)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('membership as own')
            .select('own.user_id')
            .whereRef('own.workspace_id', '=', 'membership.workspace_id')
            .where('own.user_id', '=', adminId)
            .where('own.role', '=', 'admin'),
        ),
      ),
    )
    .executeTakeFirst();
  return row !== undefined;
}

function elsewhere(): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'not_allowed',
    message: 'This person is in workspaces that you do not administer.',
    hint: 'An administrator of all of them can make the link.',
  });
}

async function hasAccount(db: Db, email: string): Promise<boolean> {
  return (await db.selectFrom('user').select('id').where('email', '=', email).executeTakeFirst()) !== undefined;
}

/** The token has 256 random bits: a fast hash is enough. */
function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

function refused(message: string, issues: readonly Issue[]): WeirError {
  return new WeirError({ kind: 'config', code: 'invalid_input', message, issues });
}

function expired(): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'link_expired',
    message: 'This link has been used, taken back, or is too old.',
    hint: 'Ask an administrator for a new one.',
  });
}
