import { Hono } from 'hono';
import { auditSignIn } from '#lib/access/audit.ts';
import { identify } from '#lib/access/identify.ts';
import { OIDC } from '#lib/access/oidc.ts';
import { passwordIssues } from '#lib/access/passwords.ts';
import { countSignInTry, forgetSignInTries } from '#lib/access/try-limit.ts';
import { refuseIssues } from '#lib/connections/refusals.ts';
import { WeirError } from '#lib/errors.ts';
import { anyObject, readBody, shape, text } from '../body.ts';
import { addressOf, as, type Door, type DoorEnv, note } from '../door.ts';
import { badRequest } from '../failures.ts';
import { passOn, withCookiesOf } from '../pass-on.ts';

/** What of better-auth is open besides. Not what lists sessions: it answers with their tokens. */
const PASSED_ON: Readonly<Record<string, string>> = {
  '/sign-out': 'sign_out',
  '/revoke-sessions': 'sign_out.everywhere',
  '/revoke-other-sessions': 'sign_out.others',
};

export function authRoutes(): Hono<DoorEnv> {
  const app = new Hono<DoorEnv>({ strict: false });
  app.post('/sign-in/email', signIn);
  app.get('/sign-in/oidc', beginOidc);
  app.get('/callback/oidc', async (c) => passOn(c, `/callback/oidc${new URL(c.req.url).search}`));
  app.post('/change-password', as('viewer', 'password.change'), changePassword);
  for (const [path, action] of Object.entries(PASSED_ON)) app.post(path, (c) => signOut(c, path, action));
  return app;
}

/** Whose session it is, is known only before it ends. */
async function signOut(c: Door, path: string, action: string): Promise<Response> {
  const body = await readBody<object>(c.req.raw, anyObject);
  const identity = await identify(c.get('context'), c.req.raw);
  const answer = await passOn(c, path, body);
  if (identity && answer.ok) {
    c.set('identity', identity);
    await note(c, action, 'session');
  }
  return answer;
}

const credentials = shape({ email: text, password: text, rememberMe: { type: 'boolean' } }, ['email', 'password']);
interface Credentials {
  email: string;
  password: string;
  rememberMe?: boolean;
}

async function signIn(c: Door): Promise<Response> {
  const answer = await signInWithPassword(c, await readBody<Credentials>(c.req.raw, credentials));
  const { user } = (await answer.json()) as { user: unknown };
  return withCookiesOf(answer, { user });
}

/** Counted, noted in the audit log, and refused where it does not fit; the answer is better-auth's, with its cookies. */
export async function signInWithPassword(
  c: Door,
  { email, password, rememberMe = true }: Credentials,
): Promise<Response> {
  const context = c.get('context');
  const address = addressOf(c);
  await countSignInTry(context, { address, email });
  const answer = await passOn(c, '/sign-in/email', { email: email.trim(), password, rememberMe });
  await auditSignIn(context, { email, ok: answer.ok, address });
  if (!answer.ok) throw await refusal(answer, 'Email and password do not fit.');
  await forgetSignInTries(context, { email, address });
  return answer;
}

/** Sends the browser to the provider, with a cookie that knows it again when it comes back. */
async function beginOidc(c: Door): Promise<Response> {
  const { oidc } = c.get('context').env;
  if (oidc === null) throw badRequest('Nobody signs in by a provider here.', 'not_found');
  const back = { callbackURL: '/', errorCallbackURL: '/sign-in' };
  const answer = await passOn(c, '/sign-in/social', { provider: OIDC, ...back });
  const { url } = (await answer.json().catch(() => ({}))) as { url?: unknown };
  const headers = new Headers({
    location: answer.ok && typeof url === 'string' ? url : '/sign-in?error=provider_unreachable',
  });
  for (const cookie of answer.headers.getSetCookie()) headers.append('set-cookie', cookie);
  return new Response(null, { status: 303, headers });
}

const passwordChange = shape({ currentPassword: text, newPassword: text }, ['currentPassword', 'newPassword']);

/** Ends the other sessions too: whoever knew the old password is out. */
async function changePassword(c: Door): Promise<Response> {
  const context = c.get('context');
  const { email, name } = c.get('identity');
  const body = await readBody<{ currentPassword: string; newPassword: string }>(c.req.raw, passwordChange);
  refuseIssues('The password was not changed.', passwordIssues(body.newPassword, [email, name]));
  const address = addressOf(c);
  await countSignInTry(context, { address, email });
  const answer = await passOn(c, '/change-password', { ...body, revokeOtherSessions: true });
  if (!answer.ok) throw await refusal(answer, 'The current password does not fit.');
  await forgetSignInTries(context, { email, address });
  return withCookiesOf(answer, {});
}

/** What better-auth refuses is the password's fault, unless it failed itself. */
async function refusal(answer: Response, message: string): Promise<Error> {
  if (answer.status >= 500) return new Error(`better-auth answered ${answer.status}: ${await answer.text()}`);
  return new WeirError({ kind: 'config', code: 'wrong_password', message, hint: 'Try again.' });
}
