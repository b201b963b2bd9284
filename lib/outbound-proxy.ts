import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { BlockList, isIP, type Socket } from 'node:net';
import { WeirError } from './errors.ts';

/** An HTTP proxy of the operator's, on the way out. */
export interface OutboundProxy {
  readonly host: string;
  readonly port: number;
  /** Whether the proxy itself is spoken to over TLS. */
  readonly secure: boolean;
  /** The value of `Proxy-Authorization`; null for a proxy that asks for nothing. */
  readonly authorization: string | null;
}

/** What goes out by HTTP, by which proxy. */
export interface Proxies {
  /** For addresses that begin with `http:`. */
  readonly http: OutboundProxy | null;
  readonly https: OutboundProxy | null;
  /** Reached without one. */
  readonly exceptions: readonly ProxyException[];
}

/** One entry of NO_PROXY. */
export interface ProxyException {
  /** Whether it is about this host: lower case, without brackets. */
  matches(host: string): boolean;
  /** Null for all of them. */
  readonly port: number | null;
}

type Scheme = 'http:' | 'https:';

interface ProxyTexts {
  readonly http: string | null;
  readonly https: string | null;
  readonly exceptions: string | null;
}

/** Reads HTTP_PROXY, HTTPS_PROXY and NO_PROXY as other programs do; null where there is none. Problems never quote an address: it may hold a password. */
export function readProxies({ http, https, exceptions }: ProxyTexts): { proxies: Proxies | null; problems: string[] } {
  const problems: string[] = [];
  const read = (name: string, text: string | null) => {
    if (text === null) return null;
    const proxy = proxyOf(text);
    if (!proxy) problems.push(`${name} takes an address such as http://proxy.example:3128, with http:// or https://.`);
    return proxy;
  };
  const proxies = { http: read('HTTP_PROXY', http), https: read('HTTPS_PROXY', https) };
  if (proxies.http === null && proxies.https === null) return { proxies: null, problems };
  const entries = (exceptions ?? '').split(/[\s,]+/).filter(Boolean);
  const parsed = entries.map((entry) => [entry, exceptionOf(entry.toLowerCase())] as const);
  for (const [entry] of parsed.filter(([, exception]) => exception === null))
    problems.push(`NO_PROXY has "${entry}": it takes hosts, host:port, addresses and ranges such as 10.0.0.0/8, or *.`);
  return {
    proxies: { ...proxies, exceptions: parsed.flatMap(([, exception]) => exception ?? []) },
    problems,
  };
}

/** The proxy for a host (lower case, without brackets); null for a straight way. This machine is never behind one. */
export function proxyFor(proxies: Proxies, scheme: Scheme, host: string, port: number): OutboundProxy | null {
  const proxy = scheme === 'https:' ? proxies.https : proxies.http;
  if (proxy === null || isThisMachine(host)) return null;
  const excepted = proxies.exceptions.some((one) => (one.port === null || one.port === port) && one.matches(host));
  return excepted ? null : proxy;
}

interface Tunnel {
  readonly proxy: OutboundProxy;
  /** The proxy's, as it was resolved. */
  readonly address: string;
  /** Where to: the proxy resolves the name. */
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
}

/**
 * A connection to the host through the proxy (`CONNECT`), on which to speak TLS or HTTP with the host itself.
 * @throws WeirError `proxy_refused`, `proxy_unreachable`
 */
export function openTunnel({ proxy, address, host, port, timeoutMs }: Tunnel): Promise<Socket> {
  const target = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  return new Promise((resolve, reject) => {
    const request = (proxy.secure ? httpsRequest : httpRequest)({
      ...{ method: 'CONNECT', path: target, host: address, port: proxy.port, agent: false, timeout: timeoutMs },
      ...(proxy.secure && isIP(proxy.host) === 0 && { servername: proxy.host }),
      headers: { host: target, ...(proxy.authorization && { 'proxy-authorization': proxy.authorization }) },
    });
    request.once('connect', ({ statusCode = 0 }, socket: Socket, head) => {
      if (statusCode < 200 || statusCode > 299) {
        socket.destroy();
        return reject(refusedBy(proxy, target, statusCode));
      }
      socket.setTimeout(0);
      socket.setNoDelay(true).setKeepAlive(true);
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    request.once('response', ({ statusCode = 0 }) => {
      request.destroy();
      reject(refusedBy(proxy, target, statusCode));
    });
    request.once('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    request.once('error', (error) => reject(unreachable(proxy, error)));
    request.end();
  });
}

function proxyOf(text: string): OutboundProxy | null {
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(whole)) return null;
  const { protocol, hostname, port, username, password } = new URL(whole);
  if (!hostname || !['http:', 'https:'].includes(protocol)) return null;
  const credentials = decoded(`${username}:${password}`);
  if (credentials === null) return null;
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (protocol === 'https:' ? 443 : 80),
    secure: protocol === 'https:',
    authorization: username ? `Basic ${Buffer.from(credentials).toString('base64')}` : null,
  };
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** `*`, `example.com` and `.example.com` (with what is below), `10.1.2.3`, `10.0.0.0/8`, `[::1]`, each but `*` and ranges with a port. */
function exceptionOf(entry: string): ProxyException | null {
  if (entry === '*') return { matches: () => true, port: null };
  const range = rangeOf(entry);
  if (range) return range;
  const [, host = '', port = null] =
    /^(\[[^\]]+\]|[^:]+)(?::(\d{1,5}))?$/.exec(entry) ?? (isIP(entry) ? [entry, entry] : []);
  const name = host.replace(/^\[|\]$/g, '').replace(/^\*?\./, '');
  if (!/^[a-z0-9._:-]+$/.test(name)) return null;
  const matches = (other: string) =>
    other === name || (isIP(name) === 0 && isIP(other) === 0 && other.endsWith(`.${name}`));
  return { matches, port: port === null ? null : Number(port) };
}

function rangeOf(entry: string): ProxyException | null {
  const [, network = '', bits = ''] = /^([0-9a-f.:]+)\/(\d{1,3})$/.exec(entry) ?? [];
  const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(network) === 0 || Number(bits) > (family === 'ipv6' ? 128 : 32)) return null;
  const range = new BlockList();
  range.addSubnet(network, Number(bits), family);
  return { matches: (host) => isIP(host) !== 0 && range.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4'), port: null };
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function refusedBy({ host, port }: OutboundProxy, target: string, status: number): WeirError {
  const at = `The proxy ${host}:${port}`;
  // Some proxies say 401.
  if (status === 407 || status === 401)
    return new WeirError({
      kind: 'config',
      code: 'proxy_refused',
      message: `${at} wants to know who asks (${status}).`,
      hint: 'The operator gives user name and password in HTTPS_PROXY: http://user:password@host:port.',
    });
  const passes = status >= 500 || status === 429;
  return new WeirError({
    kind: passes ? 'transient' : 'config',
    code: passes ? 'proxy_unreachable' : 'proxy_refused',
    message: `${at} answered ${status} when it was asked for ${target}.`,
    hint: passes
      ? 'It may not reach the host just now, or not resolve its name.'
      : `Let it connect to ${target}, or name the host in NO_PROXY.`,
  });
}

function unreachable({ host, port }: OutboundProxy, cause: Error): WeirError {
  const code = (cause as { code?: string }).code ?? cause.message;
  return new WeirError({
    kind: 'transient',
    code: 'proxy_unreachable',
    message: `The proxy ${host}:${port} could not be reached (${code}).`,
    hint: 'Check HTTPS_PROXY and HTTP_PROXY, and that this machine reaches the proxy.',
    cause,
  });
}
