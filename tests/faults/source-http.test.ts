import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Answer, scriptedServer } from '#tests/harness/scripted-server.ts';
import { fault } from './fault.ts';
import { fails, idsOf, orders, SEVEN, survives, times } from './orders.ts';
import { gate, manifestOf, openWorld, page, QUICK, type World } from './world.ts';

// What an API can do to a request. After each fault the next sync must end with every row once.

const certificate = (name: string) => path.join(import.meta.dirname, 'certificates', `${name}.pem`);
const OF_THE_CLIENT = 'lib/extract/http/fixtures';

let world: World;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'weir-fault-tls-'));
  const trusted = [certificate('trusted'), `${OF_THE_CLIENT}/expired.pem`, `${OF_THE_CLIENT}/self-signed.pem`];
  const authorities = path.join(folder, 'authorities.pem');
  writeFileSync(authorities, trusted.map((file) => readFileSync(file, 'utf8')).join('\n'));
  world = await openWorld({ NODE_EXTRA_CA_CERTS: authorities });
});
afterAll(async () => {
  await world?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The usual rules: what the API asks for counts. */
const USUAL = '';
const OF_HEADER = `error_handler:
  type: DefaultErrorHandler
  backoff_strategies: [{ type: WaitTimeFromHeader, header: Retry-After }]`;

/** A page is given a second. */
const IMPATIENT = `${QUICK}\nread_timeout_in_seconds: 1`;

fault(
  1,
  async () => {
    const askedAt: number[] = [];
    const limited = orders({ 2: [{ status: 429, headers: { 'retry-after': '1' } }] });
    const api = await world.api({
      '/orders': (request) => {
        askedAt.push(performance.now());
        return limited(request);
      },
    });
    const connection = await world.connect(manifestOf(api, { name: 'orders', requester: USUAL }), api);
    expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', attempts: 1 });
    expect(await idsOf(world, connection)).toEqual(SEVEN);
    expect(askedAt).toHaveLength(4);
    // Timers may fire a moment early.
    expect((askedAt[2] ?? 0) - (askedAt[1] ?? 0)).toBeGreaterThan(990);
  },
  { sample: true },
);

fault(2, async () => {
  await survives(world, { 1: [{ status: 429, headers: { 'retry-after': 'Wed, 01 Jan 2020 00:00:00 GMT' } }] }, USUAL);
  const absurd = { status: 429, headers: { 'retry-after': '1000000000' } };
  await fails(world, { 2: times(20, absurd) }, /asks to wait 100000000\d s/, OF_HEADER);
});

fault(3, async () => {
  await survives(world, { 2: times(2, { status: 429 }) }, USUAL);
});

fault(4, async () => {
  await survives(world, { 1: [{ status: 500 }, { status: 503 }], 2: [{ status: 502 }, { status: 504 }] });
});

fault(5, async () => {
  await fails(world, { 2: times(20, { status: 500, body: { message: 'boom' } }) }, /answered 500.*boom/);
});

fault(6, async () => {
  await survives(world, { 2: [{ resetAfter: 0 }, { body: page(4, 6), resetAfter: 10 }] });
  await fails(world, { 1: times(20, { resetAfter: 0 }) }, /reach|reset|connection/i);
  // Nobody listens any more; then somebody does again, where the same sync goes on.
  const api = await world.api({ '/orders': orders() });
  const connection = await world.connect(manifestOf(api, { name: 'orders' }), api);
  await api.close();
  const syncId = await world.start(connection);
  expect((await world.attemptEnd(syncId))?.message).toMatch(/connect|reach/);
  const again = await scriptedServer({ '/orders': orders() }, { port: api.port });
  expect(await world.end(syncId)).toMatchObject({ status: 'succeeded', failure: null });
  expect(await idsOf(world, connection)).toEqual(SEVEN);
  await again.close();
});

fault(7, async () => {
  const { held, open } = gate();
  const slow = { body: page(4, 6), eachByte: (index: number) => (index === 3 ? held : Promise.resolve()) };
  await survives(world, { 1: [{ body: page(1, 3), hold: held }], 2: [slow] }, IMPATIENT);
  await fails(world, { 2: times(20, slow) }, /did not finish within 1000 ms/, IMPATIENT);
  open();
});

fault(8, async () => {
  const { held, open } = gate();
  await survives(world, { 2: [{ body: page(4, 6), holdBody: held }] }, IMPATIENT);
  await fails(
    world,
    { 3: times(20, { body: page(7, 7), holdBody: held }) },
    /did not finish within 1000 ms/,
    IMPATIENT,
  );
  open();
});

fault(9, async () => {
  await survives(world, {
    2: [
      { body: page(4, 6), cutAfter: 20 },
      { body: page(4, 6), chunkBytes: 16, cutAfter: 40 },
    ],
  });
  await fails(world, { 3: times(20, { body: page(7, 7), contentLength: 9_999, close: 'silent' }) }, /broke off|ended/);
});

fault(10, async () => {
  const garbage: Answer = { body: 'no gzip at all', headers: { 'content-encoding': 'gzip' } };
  await survives(world, { 1: [garbage] });
  await fails(world, { 2: times(20, garbage) }, /gzip|encoding|decode/i);
});

fault(11, async () => {
  await fails(world, { 1: times(20, { body: Buffer.alloc(300 * 1024 * 1024), encoding: 'gzip' }) }, /unpacks/);
});

fault(12, async () => {
  await fails(
    world,
    { 2: times(20, { body: '<html>Sign in</html>', headers: { 'content-type': 'text/html' } }) },
    /JSON/,
  );
});

fault(13, async () => {
  await fails(world, { 3: times(20, { body: '{"data": [{"id": 7' }) }, /JSON/);
});

fault(25, async () => {
  const other = await world.api({ '/orders': { body: page(1, 7) } });
  const api = await world.api({ '/moved': { body: page(1, 7) } });
  const to = (location: string): Answer => ({ status: 302, headers: { location } });
  const requester = 'authenticator: { type: BearerAuthenticator, api_token: t0ken-of-this-host }';
  const read = async (answer: Answer) => {
    api.on('/orders', answer);
    const connection = await world.connect(manifestOf(api, { name: 'orders', requester, paginator: null }), api);
    return { connection, ended: await world.sync(connection) };
  };
  expect((await read(to('http://169.254.169.254/latest/meta-data'))).ended.failure?.message).toMatch(/169\.254/);
  expect((await read(to('/orders'))).ended.failure?.message).toMatch(/redirect/i);
  expect((await read(to('file:///etc/passwd'))).ended.status).toBe('failed');
  expect((await read(to(`${other.url}/orders`))).ended.failure?.message).toContain('not connected to');
  expect(other.requests).toEqual([]);

  // What is allowed is followed: with what is secret on the same host, without it to another.
  const { host, port } = other;
  await world.client.post('/allowed-hosts', { host, port, reason: 'test' });
  for (const [location, server, sent] of [
    ['/moved', api, 'Bearer t0ken-of-this-host'],
    [`${other.url}/orders`, other, undefined],
  ] as const) {
    const { connection, ended } = await read(to(location));
    expect(ended).toMatchObject({ status: 'succeeded', failure: null });
    expect(await idsOf(world, connection)).toEqual(SEVEN);
    expect(server.requests.at(-1)?.headers.authorization).toBe(sent);
  }
});

fault(26, async () => {
  const read = async (key: string, cert: string) => {
    const tls = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
    await using api = await scriptedServer({ '/orders': orders() }, { tls });
    const connection = await world.connect(manifestOf(api, { name: 'orders' }), api);
    return { ended: await world.sync(connection), connection, requests: api.requests.length };
  };
  const key = `${OF_THE_CLIENT}/key.pem`;
  const whole = await read(key, certificate('trusted'));
  expect(whole.ended).toMatchObject({ status: 'succeeded', failure: null });
  expect(await idsOf(world, whole.connection)).toEqual(SEVEN);
  for (const [cert, why] of [
    [certificate('stranger'), 'signed by itself alone'],
    [`${OF_THE_CLIENT}/expired.pem`, 'has expired'],
    [`${OF_THE_CLIENT}/self-signed.pem`, 'is for another name'],
  ] as const) {
    const { ended, requests } = await read(key, cert);
    expect(ended).toMatchObject({ status: 'failed', attempts: 1, failure: { message: expect.stringContaining(why) } });
    expect(requests).toBe(0);
  }
});

fault(27, async () => {
  await survives(world, { 1: [{ body: page(1, 3), close: 'silent' }], 2: [{ body: page(4, 6), close: 'announced' }] });
});

fault(28, async () => {
  const posting = async (more: string) => {
    const api = await world.api({ '/orders': { status: 500 } });
    const requester = `http_method: POST\nrequest_body_json: { q: 1 }\n${more}`;
    const connection = await world.connect(manifestOf(api, { name: 'orders', requester, paginator: null }), api);
    const { status, attempts } = await world.sync(connection);
    expect(status).toBe('failed');
    expect(new Set(api.requests.map(({ method }) => method))).toEqual(new Set(['POST']));
    return api.requests.length / attempts;
  };
  expect(await posting('')).toBe(1);
  // It says what its failures mean: then it may be sent again.
  expect(await posting(QUICK)).toBe(3);
});
