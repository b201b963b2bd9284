import { requestOrigin } from '#lib/access/request-origin.ts';
import { ADDRESS_HEADER, hasSecureCookie, signInFor } from '#lib/access/sign-in.ts';
import { addressOf, type Door } from './door.ts';

const NOT_PASSED_ON = ['content-length', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-for'];

/** Hands a request to better-auth, under the origin that the browser sees and with the address that we saw. */
export async function passOn(c: Door, path: string, body?: object): Promise<Response> {
  const context = c.get('context');
  const request = c.req.raw;
  const origin = requestOrigin(context.env, request);
  const headers = new Headers(request.headers);
  for (const name of NOT_PASSED_ON) headers.delete(name);
  headers.set(ADDRESS_HEADER, addressOf(c));
  if (body) headers.set('content-type', 'application/json');
  // lib/api has checked where the browser's request came from; better-auth asks for it again.
  if (body && !headers.has('origin')) headers.set('origin', origin);
  const secure = origin.startsWith('https:') || hasSecureCookie(request.headers);
  return signInFor(context, { secure }).handler(
    new Request(new URL(`/api/auth${path}`, origin), {
      method: body ? 'POST' : request.method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    }),
  );
}

/** The answer to a sign-in with its cookies and without the token: that stays out of reach of scripts. */
export function withCookiesOf(answer: Response, body: unknown, status = 200): Response {
  const headers = new Headers({ 'content-type': 'application/json' });
  for (const cookie of answer.headers.getSetCookie()) headers.append('set-cookie', cookie);
  return new Response(JSON.stringify(body), { status, headers });
}
