import type { LookupAddress } from 'node:dns';
import { lookup as systemLookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { WeirError, type Where } from './errors.ts';
import { type OutboundProxy, type Proxies, proxyFor } from './outbound-proxy.ts';

/** A host and port that an administrator allowed although its address is private. Exact: no patterns. */
export interface AllowedAddress {
  readonly host: string;
  readonly port: number;
}

/** The address that may be connected to, and no other: it is the one that was checked. */
export interface CheckedAddress {
  readonly address: string;
  readonly family: 4 | 6;
  /** Where the way leads through a proxy: the address is the proxy's, which is asked for the host by its name. */
  readonly proxy?: OutboundProxy;
}

/**
 * Resolves a host once and refuses what is not on the public internet, unless exactly this host and port is allowed. Who will speak HTTP
 * names the scheme, and may be sent through a proxy; without a scheme the way is straight.
 * @throws WeirError `address_refused`, `unreachable` (the name does not resolve)
 */
export type Guard = (host: string, port: number, scheme?: 'http:' | 'https:') => Promise<CheckedAddress>;

export interface GuardOptions {
  /** `any` only where whoever asks could reach every address anyway: on the command line. */
  readonly allowed: readonly AllowedAddress[] | 'any';
  /** All addresses of a name; the system's resolver when absent. */
  readonly lookup?: (host: string) => Promise<readonly LookupAddress[]>;
  /** The operator's, for what goes out by HTTP. */
  readonly proxies?: Proxies | null;
}

/** A name that goes to a proxy is looked up here only to see whether it is private: a network without public names must not hold it up. */
const PROXIED_LOOKUP_MS = 2_000;

export function createGuard({ allowed, lookup = resolve, proxies = null }: GuardOptions): Guard {
  const exceptions = new Set(allowed === 'any' ? [] : allowed.map(({ host, port }) => `${plainHost(host)}:${port}`));
  return async (host, port, scheme) => {
    const name = plainHost(host);
    if (isOddSpelling(name)) throw refused(name, port, 'is an unusual spelling of an address', 'Write it as a.b.c.d.');
    const isAllowed = allowed === 'any' || exceptions.has(`${name}:${port}`);
    const proxy = proxies && scheme ? proxyFor(proxies, scheme, name, port) : null;
    if (proxy) {
      if (!isAllowed) await assertNotPrivate(name, port, lookup);
      const [found] = await addressesOf(proxy.host, lookup);
      return { ...checked(found), proxy };
    }
    const addresses = await addressesOf(name, lookup);
    const found = addresses.find(({ address }) => isAllowed || isPublicAddress(address));
    if (found) return checked(found);
    throw notPublic(name, port, addresses[0]?.address ?? name);
  };
}

/** What can be known of a host that a proxy will look up: it must not be private as seen from here. */
async function assertNotPrivate(
  name: string,
  port: number,
  lookup: NonNullable<GuardOptions['lookup']>,
): Promise<void> {
  if (isInnerName(name)) throw notPublic(name, port, name);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((done) => {
    timer = setTimeout(() => done(null), PROXIED_LOOKUP_MS);
  });
  const addresses = await Promise.race([addressesOf(name, lookup).catch(() => null), late]);
  clearTimeout(timer);
  if (addresses?.every(({ address }) => !isPublicAddress(address)))
    throw notPublic(name, port, addresses[0]?.address ?? name);
}

/** Names that no public server resolves, after RFC 6761, 6762 and 8375 and what companies use: they mean something inside. */
function isInnerName(name: string): boolean {
  return isIP(name) === 0 && (!name.includes('.') || INNER_NAMES.some((end) => name.endsWith(`.${end}`)));
}

const INNER_NAMES = ['localhost', 'local', 'internal', 'intranet', 'lan', 'corp', 'home', 'private', 'home.arpa'];

function checked(found: LookupAddress | undefined): CheckedAddress {
  return { address: found?.address ?? '', family: found?.family === 6 ? 6 : 4 };
}

/** Whether an IP address (canonical text) belongs to a host on the public internet. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !NOT_PUBLIC.check(address, 'ipv4');
  // Of IPv6 only 2000::/3 is handed out. That leaves out ::1, fc00::/7, fe80::/10, multicast, and IPv4 inside IPv6.
  return family === 6 && GLOBAL_IPV6.check(address, 'ipv6') && !NOT_PUBLIC.check(address, 'ipv6');
}

const GLOBAL_IPV6 = new BlockList();
GLOBAL_IPV6.addSubnet('2000::', 3, 'ipv6');

/** After IANA's special-purpose registries (RFC 6890), and the clouds' metadata services outside of them. */
const NOT_PUBLIC = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
  ['168.63.129.16', 32],
] as const)
  NOT_PUBLIC.addSubnet(network, bits, 'ipv4');
for (const [network, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  NOT_PUBLIC.addSubnet(network, bits, 'ipv6');

async function resolve(host: string): Promise<LookupAddress[]> {
  return systemLookup(host, { all: true, order: 'ipv4first' });
}

async function addressesOf(name: string, lookup: (host: string) => Promise<readonly LookupAddress[]>) {
  const family = isIP(name);
  if (family !== 0) return [{ address: name, family }];
  try {
    const addresses = await lookup(name);
    if (addresses.length > 0) return addresses;
  } catch (error) {
    throw unresolved(name, error);
  }
  throw unresolved(name, undefined);
}

/** Lower case, without the brackets of IPv6 and the dot of a fully qualified name. */
function plainHost(host: string): string {
  return host
    .trim()
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
}

/** `0x7f.1`, `2130706433`, `0177.0.0.1`, `fe80::1%eth0`: resolvers read them as addresses, each in its own way. */
function isOddSpelling(name: string): boolean {
  if (name.includes('%')) return true;
  const last = name.split('.').at(-1) ?? '';
  return isIP(name) === 0 && (name === '' || /^(\d+|0x[0-9a-f]*)$/.test(last));
}

function hostAndPort(name: string, port: number): string {
  return name.includes(':') ? `[${name}]:${port}` : `${name}:${port}`;
}

function notPublic(name: string, port: number, reached: string): WeirError {
  const is = reached === name ? 'is' : `resolves to ${reached},`;
  const place = hostAndPort(name, port);
  const what = `${is} an address that is not on the public internet`;
  const hint = `An administrator can allow ${place} in Settings → Network.`;
  return refused(name, port, what, hint, { address: place });
}

/** With `where`, the pages offer to allow the place. */
function refused(name: string, port: number, what: string, hint: string, where: Where = {}): WeirError {
  const message = `${hostAndPort(name, port)} ${what}, so it was not connected to.`;
  return new WeirError({ kind: 'config', code: 'address_refused', message, hint, where });
}

function unresolved(name: string, cause: unknown): WeirError {
  const code = (cause as { code?: string } | undefined)?.code ?? 'no address';
  return new WeirError({
    kind: 'transient',
    code: 'unreachable',
    message: `The name ${name} does not resolve (${code}).`,
    hint: 'Check the spelling of the host, and that this machine can resolve names.',
    cause,
  });
}
