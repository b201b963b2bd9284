import type { Db } from '#lib/db/connect.ts';
import type { Role } from '#lib/db/schema.ts';
import { openWithKey } from './api-keys.ts';
import { hasSecureCookie, SESSION_MAX_AGE_MS, type SignInContext, signInFor } from './sign-in.ts';

/** Who asks, and what they may do. */
export interface Identity {
  readonly userId: string | null;
  readonly name: string;
  readonly email: string;
  readonly workspaceId: string;
  readonly role: Role;
  /** As the audit log names them. */
  readonly actor: string;
}

type IdentifyContext = SignInContext & { readonly clock: () => Date };

/** By session cookie or `Authorization: Bearer <API key>`; null for nobody that we know. */
export async function identify(c: IdentifyContext, request: Request | Headers): Promise<Identity | null> {
  return (await identifyWithCookies(c, request)).identity;
}

/** As `identify`, with the cookies that prolong the session: the answer should carry them. */
export async function identifyWithCookies(
  c: IdentifyContext,
  request: Request | Headers,
): Promise<{ identity: Identity | null; setCookies: string[] }> {
  const headers = request instanceof Headers ? request : request.headers;
  const bearer = /^Bearer\s+(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1];
  if (bearer !== undefined) return { identity: await byKey(c, bearer), setCookies: [] };
  if (!headers.has('cookie')) return { identity: null, setCookies: [] };
  return bySession(c, headers);
}

async function byKey(c: IdentifyContext, secret: string): Promise<Identity | null> {
  const key = await openWithKey(c, secret);
  if (!key) return null;
  const { name, workspace_id, role, created_by, email } = key;
  return { userId: created_by, name, email: email ?? '', workspaceId: workspace_id, role, actor: `API key ${name}` };
}

async function bySession(c: IdentifyContext, headers: Headers) {
  const signIn = signInFor(c, { secure: hasSecureCookie(headers) });
  const { response, headers: answer } = await signIn.api.getSession({ headers, returnHeaders: true });
  const nobody = { identity: null, setCookies: [] };
  if (!response) return nobody;
  if (c.clock().getTime() - response.session.createdAt.getTime() > SESSION_MAX_AGE_MS) return nobody;
  const membership = await firstMembership(c.db, response.user.id);
  if (!membership) return nobody;
  const { id, name, email } = response.user;
  const identity = {
    userId: id,
    name,
    email,
    workspaceId: membership.workspace_id,
    role: membership.role,
    actor: email,
  };
  return { identity, setCookies: answer.getSetCookie() };
}

function firstMembership(db: Db, userId: string) {
  return db
    .selectFrom('membership')
    .select(['workspace_id', 'role'])
    .where('user_id', '=', userId)
    .orderBy('workspace_id')
    .executeTakeFirst();
}
