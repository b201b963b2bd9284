import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type AllowedAddress, createGuard } from '#lib/address-guard.ts';
import { createLog } from '#lib/log.ts';
import { type HttpProxy, httpProxy } from '#tests/harness/http-proxy.ts';
import { type Script, type ScriptedServerOptions, scriptedServer } from '#tests/harness/scripted-server.ts';
import { createHttpClient, type HttpDefaults } from './create-http-client.ts';

const PUBLIC = [{ address: '93.184.215.14', family: 4 }];
const fixture = (name: string) => readFileSync(path.join(import.meta.dirname, 'fixtures', name), 'utf8');
const TLS = { key: fixture('key.pem'), cert: fixture('self-signed.pem') };

async function start(script: Script, options?: ScriptedServerOptions) {
  const server = await scriptedServer(script, options);
  onTestFinished(() => server.close());
  return server;
}

interface Through {
  readonly names?: Readonly<Record<string, { address: string; family: number }[]>>;
  readonly allowed?: readonly AllowedAddress[];
  readonly exceptions?: string;
  readonly defaults?: Partial<HttpDefaults>;
}

/** A client in a network where only the proxy and the given names are known. */
function clientThrough(proxy: HttpProxy, { names = {}, allowed = [], exceptions = '', defaults }: Through = {}) {
  const lookup = async (host: string) =>
    names[host] ?? Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' }));
  const guard = createGuard({ allowed, lookup, proxies: proxy.proxies(exceptions) });
  const log = createLog('test', 'silent');
  const http = createHttpClient({ guard, clock: () => new Date(), log, ...(defaults && { defaults }) });
  onTestFinished(() => http.close());
  return {
    get: (url: string) => http.send({ method: 'GET', url, headers: { authorization: 'Bearer token' } }),
    code: (url: string) =>
      http.send({ method: 'GET', url, headers: {} }).then(
        () => 'answered',
        (error: { code: string }) => error.code,
      ),
  };
}

test('a host that only the proxy can resolve is reached through it, over TLS with the host itself', async () => {
  const api = await start([{ body: 'one' }, { body: 'two' }], { tls: TLS });
  const proxy = await httpProxy({ credentials: 'weir:s3cret' });
  const { get } = clientThrough(proxy, { defaults: { ca: TLS.cert } });
  const url = `https://api.example.test:${api.port}/orders`;
  expect(await (await get(url)).text()).toBe('one');
  expect(await (await get(url)).text()).toBe('two');
  expect(new Set(proxy.asked)).toEqual(new Set([`api.example.test:${api.port}`]));
  expect(api.requests.map(({ headers }) => [headers.authorization, headers['proxy-authorization']])).toEqual([
    ['Bearer token', undefined],
    ['Bearer token', undefined],
  ]);
});

test('the certificate has to be the host’s, whoever made the connection', async () => {
  const api = await start([{ body: 'x' }], { tls: TLS });
  const { code } = clientThrough(await httpProxy(), { defaults: { ca: TLS.cert } });
  expect(await code(`https://other.example.org:${api.port}/`)).toBe('tls');
  expect(api.requests).toEqual([]);
});

test('plain http goes through it too, and a proxy may itself be spoken to over TLS', async () => {
  const api = await start([{ body: 'plain' }]);
  const proxy = await httpProxy();
  expect(await (await clientThrough(proxy).get(`http://api.example.org:${api.port}/`)).text()).toBe('plain');
  expect(proxy.asked).toEqual([`api.example.org:${api.port}`]);
  const untrusted = await httpProxy({ tls: TLS });
  expect(await clientThrough(untrusted).code(`http://api.example.org:${api.port}/`)).toBe('proxy_unreachable');
  expect(untrusted.asked).toEqual([]);
});

test('private hosts are not asked of the proxy: by address, by name, or by what the name means here', async () => {
  const proxy = await httpProxy();
  const { code } = clientThrough(proxy, { names: { 'db.example.com': [{ address: '10.0.0.5', family: 4 }] } });
  for (const host of [
    ...['10.0.0.5', '169.254.169.254', '[fd00::1]', '[::ffff:10.0.0.5]', '2130706433', '0x7f.1'],
    ...['db.example.com', 'minio', 'vault.internal', 'printer.local', 'metadata.google.internal.'],
  ])
    expect([host, await code(`http://${host}/`)]).toEqual([host, 'address_refused']);
  expect(proxy.asked).toEqual([]);
});

test('a private host that an administrator allowed goes by the proxy; this machine and NO_PROXY do not', async () => {
  const api = await start([{ body: 'x' }]);
  const { port } = api;
  const proxy = await httpProxy();
  const allowed = ['minio', 'near.example.org', '127.0.0.1'].map((host) => ({ host, port }));
  const names = { 'near.example.org': [{ address: '127.0.0.1', family: 4 }] };
  const { code } = clientThrough(proxy, { allowed, names, exceptions: 'near.example.org' });
  expect(await code(`http://minio:${port}/`)).toBe('answered');
  expect(proxy.asked).toEqual([`minio:${port}`]);
  expect(await code(`http://near.example.org:${port}/`)).toBe('answered');
  expect(await code(`http://127.0.0.1:${port}/`)).toBe('answered');
  expect(proxy.asked).toHaveLength(1);
});

test('where a redirect leads is checked again', async () => {
  const api = await start({
    '/in': { status: 302, headers: { location: 'http://10.0.0.5/' } },
    '/on': { status: 302, headers: { location: '/end' } },
    '/end': { body: 'end' },
  });
  const proxy = await httpProxy();
  const { code, get } = clientThrough(proxy);
  expect(await code(`http://api.example.org:${api.port}/in`)).toBe('address_refused');
  expect(await (await get(`http://api.example.org:${api.port}/on`)).text()).toBe('end');
  expect(new Set(proxy.asked)).toEqual(new Set([`api.example.org:${api.port}`]));
});

test.each([
  [{ credentials: 'weir:other' }, 'proxy_refused', /wants to know who asks \(407\)/],
  [{ refuse: () => 401 }, 'proxy_refused', /wants to know who asks \(401\)/],
  [{ refuse: () => 403 }, 'proxy_refused', /answered 403 when it was asked for api\.example\.org:9/],
  [{ refuse: () => 503 }, 'proxy_unreachable', /answered 503/],
])('a proxy that refuses is named, without its password', async (options, code, message) => {
  const proxy = await httpProxy(options);
  const url = new URL(proxy.url);
  [url.username, url.password] = ['weir', 's3cret-of-the-proxy'];
  const { get } = clientThrough({ ...proxy, proxies: () => proxies(url.href) });
  const error = await get('https://api.example.org:9/').catch((refusal: unknown) => refusal);
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  expect(JSON.stringify(error)).toContain(`127.0.0.1:${proxy.port}`);
  expect(JSON.stringify(error)).not.toMatch(/s3cret|d2VpcjpzM2NyZXQ/);
});

test('a proxy that is not there is told of as such', async () => {
  const proxy = await httpProxy();
  const { code } = clientThrough({ ...proxy, proxies: () => proxies('http://127.0.0.1:1') });
  expect(await code('https://api.example.org/')).toBe('proxy_unreachable');
  expect(await code('https://10.1.1.1/')).toBe('address_refused');
});

test('a name that is public here is asked of the proxy by its name', async () => {
  const proxy = await httpProxy({ refuse: () => 418 });
  const { code } = clientThrough(proxy, { names: { 'api.example.org': PUBLIC } });
  expect(await code('https://api.example.org/')).toBe('proxy_refused');
  expect(proxy.asked).toEqual(['api.example.org:443']);
});

function proxies(url: string) {
  const server = { host: '127.0.0.1', port: Number(new URL(url).port), secure: false, authorization: null };
  const { username, password } = new URL(url);
  const authorization = username ? `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` : null;
  return { http: { ...server, authorization }, https: { ...server, authorization }, exceptions: [] };
}
