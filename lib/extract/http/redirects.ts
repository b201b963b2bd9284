import { WeirError } from '#lib/errors.ts';
import type { HttpRequest } from './http-client.ts';
import { parseHttpUrl } from './request-url.ts';

export interface Hop {
  readonly request: HttpRequest;
  readonly url: URL;
}

const MAX_REDIRECTS = 5;
const REDIRECTS = [301, 302, 303, 307, 308];
/** All that goes along to another host: any other header may hold a secret. */
const HARMLESS = ['accept', 'accept-encoding', 'accept-language', 'content-type', 'range', 'user-agent'];

/**
 * Where an answer sends us, or null if it is to be taken as it is.
 * @throws WeirError `too_many_redirects`, `redirect_refused`, `bad_url`
 */
export function nextHop(
  { request, url }: Hop,
  answer: { readonly statusCode: number; readonly headers: Readonly<Record<string, string>> },
  redirects: number,
): Hop | null {
  const location = answer.headers.location;
  if (!REDIRECTS.includes(answer.statusCode) || location === undefined) return null;
  if (redirects >= MAX_REDIRECTS) {
    throw new WeirError({
      kind: 'terminal',
      code: 'too_many_redirects',
      message: `${url.host} redirected more than ${MAX_REDIRECTS} times in a row.`,
      hint: 'Use the address that the redirects lead to, and check that signing in is not what they ask for.',
    });
  }
  const target = parseHttpUrl(URL.canParse(location, url) ? new URL(location, url).href : location);
  if (url.protocol === 'https:' && target.protocol === 'http:')
    throw refused(`${url.host} redirected from https to unencrypted http at ${target.host}.`);
  const toGet = answer.statusCode === 303 || (answer.statusCode < 303 && request.method.toUpperCase() === 'POST');
  const follow = toGet ? asGet(request) : request;
  if (url.host === target.host) return { request: follow, url: target };
  if (follow.body !== undefined)
    throw refused(`${url.host} redirected a request with a body to another host, ${target.host}.`);
  return { request: { ...follow, headers: only(follow.headers, (name) => HARMLESS.includes(name)) }, url: target };
}

function asGet(request: HttpRequest): HttpRequest {
  const { body: _, ...rest } = request;
  const method = request.method.toUpperCase() === 'HEAD' ? 'HEAD' : 'GET';
  return { ...rest, method, headers: only(request.headers, (name) => !name.startsWith('content-')) };
}

function only(headers: HttpRequest['headers'], keep: (name: string) => boolean): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => keep(name.toLowerCase())));
}

function refused(message: string): WeirError {
  const hint = 'If the other address is right, give it in the first place.';
  return new WeirError({ kind: 'terminal', code: 'redirect_refused', message, hint });
}
