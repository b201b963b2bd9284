import { WeirError } from '#lib/errors.ts';

/** What the settings say about how requests reach us. */
export interface Reach {
  /** How people reach us, when the operator said so. */
  readonly publicUrl: string | null;
  /** Whether `X-Forwarded-*` come from a proxy of ours. */
  readonly trustProxy: boolean;
}

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/**
 * The origin under which the browser sees us, worked out anew for each request: localhost, 127.0.0.1, an address in
 * the local network or the name of a proxy. A page at `https://` with our own host means a proxy ends the TLS.
 */
export function requestOrigin(reach: Reach, request: Request): string {
  const url = new URL(request.url);
  const forwarded = reach.trustProxy || reach.publicUrl !== null;
  const host =
    (forwarded && firstValue(request.headers, 'x-forwarded-host')) || request.headers.get('host') || url.host;
  if (request.headers.get('origin') === `https://${host}`) return `https://${host}`;
  const known = reach.publicUrl !== null && new URL(reach.publicUrl).host === host ? reach.publicUrl : null;
  const scheme = forwarded && firstValue(request.headers, 'x-forwarded-proto');
  if (scheme === 'https' || scheme === 'http') return `${scheme}://${host}`;
  return known === null ? `${url.protocol}//${host}` : new URL(known).origin;
}

/**
 * Stops forged requests: what changes something and comes with a cookie must come from our own pages. Clients with
 * an API key send no `Origin`; what they hold no other page can send for them.
 * @throws WeirError `foreign_origin`
 */
export function assertOwnOrigin(reach: Reach, request: Request): void {
  if (SAFE_METHODS.includes(request.method)) return;
  const origin = request.headers.get('origin');
  if (origin === null && !request.headers.has('cookie')) return;
  if (origin === null && request.headers.get('sec-fetch-site') === 'same-origin') return;
  const own = [requestOrigin(reach, request), reach.publicUrl && new URL(reach.publicUrl).origin];
  if (origin !== null && own.includes(origin)) return;
  throw new WeirError({
    kind: 'config',
    code: 'foreign_origin',
    message: `This request came from ${origin ?? 'an unknown page'}, not from Weir's own pages.`,
    hint: 'Behind a proxy, set WEIR_URL to the address that people open, or WEIR_TRUST_PROXY=1.',
  });
}

/** Where the request came from: the peer of the socket, or what our own proxy appended last to `X-Forwarded-For`. */
export function clientAddress(reach: Reach, headers: Headers, peer: string | undefined): string {
  const forwarded = reach.trustProxy ? headers.get('x-forwarded-for')?.split(',').at(-1)?.trim() : undefined;
  return forwarded || peer || 'unknown';
}

/** What one customer of a provider holds: an IPv4 address, or the first 64 bits of an IPv6 one. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.split('::').map((part) => part.split(':').filter(Boolean));
  const zeros = tail === undefined ? 0 : 8 - head.length - tail.length;
  return `${[...head, ...Array(Math.max(0, zeros)).fill('0'), ...(tail ?? [])].slice(0, 4).join(':')}::/64`;
}

function firstValue(headers: Headers, name: string): string | undefined {
  return headers.get(name)?.split(',')[0]?.trim() || undefined;
}
