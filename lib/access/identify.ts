import type { Db } from '#lib/db/connect.ts';
import type { Role } from '#lib/db/schema.ts';
import { isToken, readToken } from './access-tokens.ts';
import { openWithKey } from './api-keys.ts';
import { findApplication, openWithSecret } from './applications.ts';
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
  /** The session of a browser; keys and applications have none. */
  readonly sessionId?: string;
}

type IdentifyContext = SignInContext & { readonly clock: () => Date };

/** By session cookie, API key, application token, or Basic credentials; null for nobody that we know. */
export async function identify(c: IdentifyContext, request: Request | Headers): Promise<Identity | null> {
  return (await lookUp(c, request, { prolong: false })).identity;
}

/** As `identify`, and prolongs the session: the answer has to carry the cookies that say so to the browser. */
export async function identifyWithCookies(c: IdentifyContext, request: Request | Headers): Promise<LookedUp> {
  return lookUp(c, request, { prolong: true });
}

interface LookedUp {
  readonly identity: Identity | null;
  readonly setCookies: readonly string[];
}

async function lookUp(
  c: IdentifyContext,
  request: Request | Headers,
  options: { readonly prolong: boolean },
): Promise<LookedUp> {
  const headers = request instanceof Headers ? request : request.headers;
  const authorization = headers.get('authorization');
  const identity = authorization === null ? null : await byAuthorization(c, authorization);
  // A proxy's own Basic credentials may come along with a session.
  if (identity !== null || /^Bearer/i.test(authorization ?? '')) return { identity, setCookies: [] };
  if (!headers.has('cookie')) return { identity: null, setCookies: [] };
  return bySession(c, headers, options);
}

async function byAuthorization(c: IdentifyContext, header: string): Promise<Identity | null> {
  const [, scheme = '', credentials = ''] = /^(Bearer|Basic)\s+(\S+)$/i.exec(header) ?? [];
  if (scheme.toLowerCase() === 'bearer') return byBearer(c, credentials);
  return scheme === '' ? null : byBasic(c, Buffer.from(credentials, 'base64').toString());
}

async function byBearer(c: IdentifyContext, secret: string): Promise<Identity | null> {
  if (!isToken(secret)) return byKey(c, secret);
  const id = readToken(c, secret);
  const application = id === null ? null : await findApplication(c, id);
  return application && ofApplication(application);
}

/** Clients with a field for a user and one for a password: an application's id and secret, or any name and an API key. */
async function byBasic(c: IdentifyContext, credentials: string): Promise<Identity | null> {
  const colon = credentials.indexOf(':');
  const [clientId, clientSecret] = [credentials.slice(0, colon), credentials.slice(colon + 1)];
  const application = await openWithSecret(c, { clientId, clientSecret });
  return application ? ofApplication(application) : byKey(c, clientSecret);
}

function ofApplication(application: NonNullable<Awaited<ReturnType<typeof findApplication>>>): Identity {
  const { name, workspace_id, role, created_by } = application;
  return { userId: created_by, name, email: '', workspaceId: workspace_id, role, actor: `application ${name}` };
}

async function byKey(c: IdentifyContext, secret: string): Promise<Identity | null> {
  const key = await openWithKey(c, secret);
  if (!key) return null;
  const { name, workspace_id, role, created_by, email } = key;
  return { userId: created_by, name, email: email ?? '', workspaceId: workspace_id, role, actor: `API key ${name}` };
}

async function bySession(
  c: IdentifyContext,
  headers: Headers,
  { prolong }: { readonly prolong: boolean },
): Promise<LookedUp> {
  const signIn = signInFor(c, { secure: hasSecureCookie(headers) });
  const { response, headers: answer } = await signIn.api.getSession({
    ...{ headers, returnHeaders: true },
    query: { disableRefresh: !prolong },
  });
  const nobody = { identity: null, setCookies: [] };
  if (!response) return nobody;
  if (c.clock().getTime() - response.session.createdAt.getTime() > SESSION_MAX_AGE_MS) return nobody;
  const membership = await currentMembership(c.db, response.user.id, response.session.id);
  if (!membership) return nobody;
  const { id, name, email } = response.user;
  const identity = {
    userId: id,
    name,
    email,
    workspaceId: membership.workspace_id,
    role: membership.role,
    actor: email,
    sessionId: response.session.id,
  };
  return { identity, setCookies: answer.getSetCookie() };
}

/** In the workspace that the browser was last in, as long as its user is a member there; else in the oldest. */
function currentMembership(db: Db, userId: string, sessionId: string) {
  return db
    .selectFrom('membership')
    .innerJoin('workspace', 'workspace.id', 'membership.workspace_id')
    .leftJoin('session', (join) =>
      join.onRef('session.workspace_id', '=', 'membership.workspace_id').on('session.id', '=', sessionId),
    )
    .select(['membership.workspace_id', 'membership.role'])
    .where('membership.user_id', '=', userId)
    .orderBy('session.id', (order) => order.asc().nullsLast())
    .orderBy('workspace.created_at')
    .executeTakeFirst();
}
