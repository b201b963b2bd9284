import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createGzip, gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createGuard } from '#lib/address-guard.ts';
import { createLog } from '#lib/log.ts';
import {
  type Script,
  type ScriptedServer,
  type ScriptedServerOptions,
  scriptedServer,
} from '#tests/harness/scripted-server.ts';
import { createHttpClient, type HttpDefaults } from './create-http-client.ts';
import type { HttpClient } from './http-client.ts';

const log = createLog('test', 'silent');
const get = (url: string, headers: Record<string, string> = {}) => ({ method: 'GET', url, headers });

async function start(script: Script, options?: ScriptedServerOptions): Promise<ScriptedServer> {
  const server = await scriptedServer(script, options);
  onTestFinished(() => server.close());
  return server;
}

/** Every name leads to loopback, and the given servers may be reached there. */
function clientFor(servers: Pick<ScriptedServer, 'port'>[], defaults: Partial<HttpDefaults> = {}): HttpClient {
  const hosts = ['127.0.0.1', 'localhost', 'one.test', 'two.test', 'api.example.test', 'other.example.test'];
  const allowed = servers.flatMap(({ port }) => hosts.map((host) => ({ host, port })));
  const guard = createGuard({ allowed, lookup: async () => [{ address: '127.0.0.1', family: 4 }] });
  const http = createHttpClient({ guard, clock: () => new Date(), log, defaults });
  onTestFinished(() => http.close());
  return http;
}

/** A promise that stays open until the test is over. */
function untilTheEnd(): Promise<void> {
  return new Promise((resolve) => onTestFinished(() => resolve()));
}

describe('answers', () => {
  test('status, headers, body and where it came from', async () => {
    const server = await start([{ status: 201, headers: { 'X-Page': '2', Link: ['<a>', '<b>'] }, body: { id: 1 } }]);
    const response = await clientFor([server]).send({
      method: 'POST',
      url: `${server.url}/things?x=1`,
      headers: { 'Content-Type': 'application/json', Authorization: 'Bearer secret' },
      body: '{"name":"é"}',
    });
    expect(response).toMatchObject({ status: 201, url: `${server.url}/things?x=1` });
    expect(response.headers).toMatchObject({ 'x-page': '2', link: '<a>, <b>' });
    expect(await response.text()).toBe('{"id":1}');
    expect(server.requests[0]).toMatchObject({ method: 'POST', target: '/things?x=1', body: '{"name":"é"}' });
    expect(server.requests[0]?.headers).toMatchObject({ authorization: 'Bearer secret', 'user-agent': 'Weir' });
  });

  test.each(['gzip', 'deflate', 'br'] as const)('a body packed with %s', async (encoding) => {
    const server = await start([{ body: { rows: 'x'.repeat(10_000) }, encoding, chunkBytes: 7 }]);
    const response = await clientFor([server]).send(get(server.url));
    expect(JSON.parse(await response.text())).toEqual({ rows: 'x'.repeat(10_000) });
    expect(server.requests[0]?.headers['accept-encoding']).toBe('gzip, deflate, br');
  });

  test.each([
    ['text/plain; charset=ISO-8859-1', 'latin1'],
    ['application/json; charset="utf-16le"', 'utf16le'],
    ['application/json; charset=klingon', 'utf8'],
    ['application/json', 'utf8'],
  ] as const)('text of %s', async (type, encoding) => {
    const server = await start([{ body: Buffer.from('é ß', encoding), headers: { 'content-type': type } }]);
    expect(await (await clientFor([server]).send(get(server.url))).text()).toBe('é ß');
  });

  test('an answer without a body may claim an encoding', async () => {
    const server = await start([{ headers: { 'content-encoding': 'gzip' } }]);
    const http = clientFor([server]);
    expect(await (await http.send(get(server.url))).text()).toBe('');
    expect(await (await http.send({ ...get(server.url), method: 'HEAD' })).text()).toBe('');
  });

  test('the body arrives while it is being sent', async () => {
    const rest = Promise.withResolvers<void>();
    const server = await start([{ body: 'ab', eachByte: (index) => (index === 1 ? rest.promise : Promise.resolve()) }]);
    const { body } = await clientFor([server]).send(get(server.url));
    const pieces: string[] = [];
    for await (const piece of body) {
      pieces.push(Buffer.from(piece).toString());
      rest.resolve();
    }
    expect(pieces).toEqual(['a', 'b']);
  });

  test('connections are kept, and one that the server closed meanwhile is replaced without a word', async () => {
    const server = await start([{ body: 'one' }, { body: 'two' }, { resetAfter: 0 }, { body: 'three' }]);
    const http = clientFor([server], { connectionsPerHost: 1 });
    expect(await (await http.send(get(server.url))).text()).toBe('one');
    expect(await (await http.send(get(server.url))).text()).toBe('two');
    expect(server.connections()).toBe(1);
    expect(await (await http.send(get(server.url))).text()).toBe('three');
    expect(server.connections()).toBe(2);
  });

  test('a POST is not repeated by the client', async () => {
    const server = await start([{ body: 'one' }, { resetAfter: 0 }]);
    const http = clientFor([server]);
    await (await http.send(get(server.url))).text();
    const post = { method: 'POST', url: server.url, headers: {}, body: 'x' };
    await expect(http.send(post)).rejects.toMatchObject({ kind: 'transient', code: 'unreachable' });
    expect(server.requests).toHaveLength(2);
  });
});

describe('the guard', () => {
  test('refuses a private address, and an administrator may allow exactly that port', async () => {
    const server = await start([{ body: 'inside' }]);
    await expect(clientFor([]).send(get(server.url))).rejects.toMatchObject({
      kind: 'config',
      code: 'address_refused',
      hint: `An administrator can allow 127.0.0.1:${server.port} in Settings → Network.`,
    });
    expect(server.connections()).toBe(0);
    expect(await (await clientFor([server]).send(get(server.url))).text()).toBe('inside');
  });

  test('connects to the address that was checked, even if the name means another one afterwards', async () => {
    const server = await start([{ body: 'checked' }]);
    const answers = ['127.0.0.1', '169.254.169.254'];
    let asked = 0;
    const guard = createGuard({
      allowed: [{ host: 'rebinding.test', port: server.port }],
      lookup: async () => [{ address: answers[asked++] ?? '', family: 4 }],
    });
    const http = createHttpClient({ guard, clock: () => new Date(), log });
    onTestFinished(() => http.close());
    const response = await http.send(get(`http://rebinding.test:${server.port}/`));
    expect(await response.text()).toBe('checked');
    expect(asked).toBe(1);
    expect(server.requests[0]?.headers.host).toBe(`rebinding.test:${server.port}`);
  });

  test.each(['http://0x7f000001/', 'http://2130706433/', 'http://[::ffff:127.0.0.1]/', 'http://127.1/'])(
    'refuses %s as what it is: loopback',
    async (url) => {
      await expect(clientFor([]).send(get(url))).rejects.toMatchObject({ code: 'address_refused' });
    },
  );

  test.each(['file:///etc/passwd', 'ftp://example.com/', 'gopher://x', '/things', 'http://', ''])(
    'takes no %j',
    async (url) => {
      await expect(clientFor([]).send(get(url))).rejects.toMatchObject({ kind: 'config', code: 'bad_url' });
    },
  );
});

describe('redirects', () => {
  test('are followed, and what is secret stays with its host', async () => {
    const server = await start({ '/here': { body: 'here' }, '/there': { body: 'there' } });
    server.on('/same', { status: 302, headers: { location: '/here' } });
    server.on('/other', { status: 302, headers: { location: `http://two.test:${server.port}/there` } });
    const http = clientFor([server]);
    const secrets = { Authorization: 'Bearer s', Cookie: 'c=1', 'X-Api-Key': 'k', Accept: 'application/json' };
    await (await http.send(get(`http://one.test:${server.port}/same`, secrets))).text();
    expect(server.requests.at(-1)?.headers).toMatchObject({ authorization: 'Bearer s', 'x-api-key': 'k' });
    const response = await http.send(get(`http://one.test:${server.port}/other`, secrets));
    expect(response.url).toBe(`http://two.test:${server.port}/there`);
    expect(Object.keys(server.requests.at(-1)?.headers ?? {})).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/authorization|cookie|x-api-key/)]),
    );
    expect(server.requests.at(-1)?.headers.accept).toBe('application/json');
  });

  test('a POST becomes a GET after 303, stays one after 307, and takes its body to no other host', async () => {
    const server = await start({ '/see': { status: 303, headers: { location: '/done' } }, '/done': { body: 'ok' } });
    server.on('/again', { status: 307, headers: { location: '/done' } });
    server.on('/leak', { status: 307, headers: { location: `http://two.test:${server.port}/done` } });
    const http = clientFor([server]);
    const post = (path: string) => ({ method: 'POST', url: `${server.url}${path}`, headers: {}, body: 'secret' });
    await (await http.send(post('/see'))).text();
    expect(server.requests.at(-1)).toMatchObject({ method: 'GET', body: '' });
    await (await http.send(post('/again'))).text();
    expect(server.requests.at(-1)).toMatchObject({ method: 'POST', body: 'secret' });
    await expect(http.send(post('/leak'))).rejects.toMatchObject({ kind: 'terminal', code: 'redirect_refused' });
  });

  test('are checked by the guard each time', async () => {
    const server = await start([{ status: 302, headers: { location: 'http://169.254.169.254/latest/meta-data' } }]);
    await expect(clientFor([server]).send(get(server.url))).rejects.toMatchObject({ code: 'address_refused' });
  });

  test('end after five, and are left alone where asked', async () => {
    const server = await start([{ status: 302, headers: { location: '/again' } }]);
    const http = clientFor([server]);
    await expect(http.send(get(server.url))).rejects.toMatchObject({ kind: 'terminal', code: 'too_many_redirects' });
    expect(server.requests).toHaveLength(6);
    expect(await http.send({ ...get(server.url), followRedirects: false })).toMatchObject({ status: 302 });
  });

  test('do not lead from https to http', async () => {
    const server = await start([{ status: 302, headers: { location: 'http://api.example.test/plain' } }], tls());
    const http = clientFor([server], { ca: tls().tls.cert });
    await expect(http.send(get(`https://api.example.test:${server.port}/`))).rejects.toMatchObject({
      code: 'redirect_refused',
    });
  });
});

describe('what breaks is named', () => {
  test('nobody listens', async () => {
    const server = await start([]);
    await server.close();
    await expect(clientFor([server]).send(get(server.url))).rejects.toMatchObject({
      kind: 'transient',
      code: 'unreachable',
      message: `127.0.0.1:${server.port} refused the connection.`,
    });
  });

  test.each([
    ['a length that is not reached', { body: 'x'.repeat(100), contentLength: 200, close: 'announced' }],
    ['a length that is not reached, in silence', { body: 'x'.repeat(100), cutAfter: 50 }],
    ['chunks without an end', { body: 'x'.repeat(100), chunkBytes: 10, cutAfter: 40 }],
    [
      'chunks without an end before an announced close',
      { body: 'x'.repeat(100), chunkBytes: 10, cutAfter: 40, close: 'announced' },
    ],
    ['a reset in the middle', { body: 'x'.repeat(100), resetAfter: 50 }],
    [
      'a packed body without its end',
      { body: gzipSync('x'.repeat(9_999)).subarray(0, -9), headers: { 'content-encoding': 'gzip' } },
    ],
  ] as const)('a truncated body: %s', async (_, answer) => {
    const server = await start([answer]);
    const response = await clientFor([server]).send(get(server.url));
    await expect(response.text()).rejects.toMatchObject({ kind: 'transient', code: 'response_truncated' });
  });

  test('a body that is not packed as it says', async () => {
    const server = await start([{ body: '{"plain":true}', headers: { 'content-encoding': 'gzip' } }]);
    const response = await clientFor([server]).send(get(server.url));
    await expect(response.text()).rejects.toMatchObject({
      kind: 'transient',
      code: 'bad_response',
      message: `127.0.0.1:${server.port} sent a body that is not valid gzip.`,
    });
  });

  test('an encoding that nobody knows', async () => {
    const server = await start([{ body: 'x', headers: { 'content-encoding': 'gzip, gzip' } }]);
    const response = await clientFor([server]).send(get(server.url));
    await expect(response.text()).rejects.toMatchObject({ code: 'bad_response' });
  });

  test('no HTTP at all', async () => {
    const server = await start([{ raw: 'SSH-2.0-OpenSSH_9.2\r\n\r\n' }]);
    await expect(clientFor([server]).send(get(server.url))).rejects.toMatchObject({ code: 'bad_response' });
  });

  test('a bomb, by its ratio and by its size', async () => {
    const bomb = createGzip();
    for (let mib = 0; mib < 64; mib++) bomb.write(Buffer.alloc(1024 * 1024));
    bomb.end();
    const packed = await buffer(bomb);
    const server = await start([{ body: packed, headers: { 'content-encoding': 'gzip' } }]);
    const http = clientFor([server]);
    const response = await http.send(get(server.url));
    await expect(response.bytes()).rejects.toMatchObject({
      kind: 'config',
      code: 'response_too_large',
      message: `The answer of 127.0.0.1:${server.port} unpacks to more than 300 times its size.`,
    });
    const limited = await http.send({ ...get(server.url), maxBytes: 1024 * 1024 });
    await expect(limited.bytes()).rejects.toMatchObject({ message: expect.stringContaining('is larger than 1 MiB') });
  });

  test('headers that never come, a body that stalls, and one that drips', async () => {
    const server = await start({ '/silent': { hang: true } });
    server.on('/stalls', { body: 'x', holdBody: untilTheEnd() });
    server.on('/drips', { body: 'x'.repeat(1_000_000), eachByte: () => new Promise(setImmediate) });
    const timeout = { kind: 'transient', code: 'timeout' };
    const impatient = clientFor([server], { headersTimeoutMs: 50 });
    await expect(impatient.send(get(`${server.url}/silent`))).rejects.toMatchObject(timeout);
    // Between two pieces alone: how long the headers take, none of these tests knows.
    const stalled = await clientFor([server], { idleTimeoutMs: 50 }).send(get(`${server.url}/stalls`));
    await expect(stalled.text()).rejects.toMatchObject(timeout);
    const drip = clientFor([server]).send({ ...get(`${server.url}/drips`), totalTimeoutMs: 100 });
    await expect(drip.then((answer) => answer.text())).rejects.toMatchObject({
      ...timeout,
      message: `127.0.0.1:${server.port} did not finish within 100 ms.`,
    });
  });

  test('the caller gives up', async () => {
    const server = await start({ '/silent': { hang: true }, '/stalls': { body: 'x', holdBody: untilTheEnd() } });
    const http = clientFor([server]);
    const abort = new AbortController();
    const silent = http.send({ ...get(`${server.url}/silent`), signal: abort.signal });
    const stalled = await http.send({ ...get(`${server.url}/stalls`), signal: abort.signal });
    const text = stalled.text();
    await server.waitForRequests(2);
    abort.abort('cancelled');
    await expect(silent).rejects.toMatchObject({ code: 'cancelled' });
    await expect(text).rejects.toMatchObject({ code: 'cancelled' });
  });

  test('a header that could smuggle another', async () => {
    const server = await start([{ body: 'x' }]);
    const request = get(server.url, { 'X-Key': 'secret\r\nHost: evil' });
    const error = await clientFor([server])
      .send(request)
      .catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ kind: 'config', code: 'bad_request' });
    expect(String(error)).not.toContain('secret');
  });
});

describe('certificates', () => {
  const failing = async (certificate: string, name: string, defaults: Partial<HttpDefaults>) => {
    const server = await start([{ body: 'x' }], tls(certificate));
    return clientFor([server], defaults).send(get(`https://${name}:${server.port}/`));
  };

  test('one of an authority that is trusted', async () => {
    const response = await failing('self-signed.pem', 'api.example.test', { ca: tls().tls.cert });
    expect(await response.text()).toBe('x');
  });

  test.each([
    ['self-signed.pem', 'api.example.test', false, 'signed by itself alone'],
    ['self-signed.pem', 'other.example.test', true, 'is for another name'],
    ['expired.pem', 'api.example.test', true, 'has expired'],
  ])('%s for %s is refused', async (certificate, name, trusted, why) => {
    const ca = trusted ? { ca: tls(certificate).tls.cert } : {};
    await expect(failing(certificate, name, ca)).rejects.toMatchObject({
      kind: 'terminal',
      code: 'tls',
      message: expect.stringContaining(why),
    });
  });
});

test('a server without TLS that is asked by https says what to change', async () => {
  const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await expect(clientFor([{ port }]).send(get(`https://127.0.0.1:${port}/`))).rejects.toMatchObject({
    code: 'tls',
    message: expect.stringContaining('does not speak HTTPS'),
    hint: expect.stringContaining('http://'),
  });
});

function tls(certificate = 'self-signed.pem') {
  const read = (name: string) => readFileSync(path.join(import.meta.dirname, 'fixtures', name), 'utf8');
  return { tls: { key: read('key.pem'), cert: read(certificate) } };
}
