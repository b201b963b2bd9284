import { type BetterAuthOptions, betterAuth } from 'better-auth';
import type { Db } from '#lib/db/connect.ts';
import type { OidcSettings } from '#lib/env.ts';
import { OIDC, oidcHooks, oidcPlugin } from './oidc.ts';
import { PASSWORD_LENGTH } from './passwords.ts';

/** What signing in needs of the context. */
export interface SignInContext {
  readonly db: Db;
  readonly authSecret: string;
  readonly env?: { readonly oidc: OidcSettings | null };
}

/** Our own header, set by lib/api from the socket; a client's is dropped there. */
export const ADDRESS_HEADER = 'x-weir-address';

const COOKIE_PREFIX = 'weir';
const SESSION_IDLE_S = 7 * 86_400;
const SESSION_REFRESH_S = 86_400;
export const SESSION_MAX_AGE_MS = 30 * 86_400_000;

type SignIn = ReturnType<typeof createSignIn>;

/**
 * better-auth over our database. There are two of them, as its cookies are `Secure` for all origins or for none:
 * one for https and one for plain HTTP in the local network.
 */
export function signInFor(c: SignInContext, { secure }: { secure: boolean }): SignIn {
  const made = instances.get(c.db) ?? { [`${true}`]: createSignIn(c, true), [`${false}`]: createSignIn(c, false) };
  instances.set(c.db, made);
  return made[`${secure}`] as SignIn;
}

// Building one takes longer than a request should; they belong to the database that they were built for.
const instances = new WeakMap<Db, Record<string, SignIn>>();

/** Whether the request carries the cookie of a session that began over https. */
export function hasSecureCookie(headers: Headers): boolean {
  return headers.get('cookie')?.includes(`__Secure-${COOKIE_PREFIX}.`) ?? false;
}

export function signInOptions({ db, authSecret, env }: SignInContext, secure: boolean) {
  const oidc = env?.oidc ?? null;
  return {
    appName: 'Weir',
    secret: authSecret,
    basePath: '/api/auth',
    database: { db, type: 'postgres', transaction: true },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: PASSWORD_LENGTH.least,
      maxPasswordLength: PASSWORD_LENGTH.most,
    },
    ...(oidc && { plugins: [oidcPlugin(oidc)], databaseHooks: oidcHooks(db, oidc, ADDRESS_HEADER) }),
    account: {
      updateAccountOnSignIn: false,
      accountLinking: {
        enabled: oidc !== null,
        // An account's address was typed by an administrator: it is the provider that has to vouch for it.
        requireLocalEmailVerified: false,
        trustedProviders: oidc?.trustEmail ? [OIDC] : [],
      },
    },
    session: { expiresIn: SESSION_IDLE_S, updateAge: SESSION_REFRESH_S },
    // lib/api rewrites the request's URL to the origin that the browser sees, after checking the browser's.
    trustedOrigins: (request) => (request ? [new URL(request.url).origin] : []),
    // Ours counts by account as well: try-limit.ts.
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { disabled: true },
    advanced: {
      cookiePrefix: COOKIE_PREFIX,
      useSecureCookies: secure,
      defaultCookieAttributes: { sameSite: 'lax', httpOnly: true, secure },
      ipAddress: { ipAddressHeaders: [ADDRESS_HEADER] },
      disableOriginCheck: false,
      disableCSRFCheck: false,
      database: { generateId: 'uuid' },
    },
  } satisfies BetterAuthOptions;
}

function createSignIn(c: SignInContext, secure: boolean) {
  return betterAuth(signInOptions(c, secure));
}
