import { afterAll, beforeAll, expect } from 'vitest';
import type { Answer } from '#tests/harness/scripted-server.ts';
import { fault } from './fault.ts';
import { type Connected, manifestOf, openWorld, page, type World } from './world.ts';

// What an API can do to a sync. After each fault the next sync must end with every row once.

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

const SEVEN = [1, 2, 3, 4, 5, 6, 7];
const pages: readonly Answer[] = [{ body: page(1, 3) }, { body: page(4, 6) }, { body: page(7, 7) }];
/** Seven orders on three pages; what is given comes in place of a page, once. */
const orders = (instead: Readonly<Record<number, readonly Answer[]>> = {}) => {
  const left = new Map(Object.entries(instead).map(([number, answers]) => [Number(number), [...answers]]));
  return ({ query }: { query: URLSearchParams }): Answer => {
    const number = Number(query.get('page') ?? 1);
    return left.get(number)?.shift() ?? pages[number - 1] ?? { body: { data: [] } };
  };
};

const ids = async ({ prefix }: Connected, table = 'orders') =>
  (await world.query<{ id: string }>(`select id::text from public.${prefix}${table} order by id`)).map(({ id }) =>
    Number(id),
  );

/** A sync of seven orders with answers in between; all rows are there at its end, once. */
async function survives(instead: Readonly<Record<number, readonly Answer[]>>) {
  const api = await world.api({ '/orders': orders(instead) });
  const connection = await world.connect(manifestOf(api, { name: 'orders' }), api);
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded' });
  expect(await ids(connection)).toEqual(SEVEN);
  return api;
}

/** A sync that fails for a reason that its message gives, leaves what was there, and goes through once the fault is gone. */
async function fails(instead: Readonly<Record<number, readonly Answer[]>>, message: RegExp) {
  const api = await world.api({ '/orders': orders() });
  const connection = await world.connect(manifestOf(api, { name: 'orders' }), api);
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded' });
  api.on('/orders', orders(instead));
  const ended = await world.sync(connection);
  expect(ended).toMatchObject({ status: 'failed' });
  expect(ended.failure?.message).toMatch(message);
  expect(await ids(connection)).toEqual(SEVEN);
  api.on('/orders', orders());
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded' });
  expect(await ids(connection)).toEqual(SEVEN);
}

const times = (count: number, answer: Answer): Answer[] => Array.from({ length: count }, () => answer);

fault(
  1,
  async () => {
    const api = await survives({ 2: [{ status: 429, headers: { 'retry-after': '1' } }] });
    expect(api.requests).toHaveLength(4);
  },
  { sample: true },
);

fault(2, async () => {
  await survives({ 1: [{ status: 429, headers: { 'retry-after': 'Wed, 01 Jan 2020 00:00:00 GMT' } }] });
});

fault(3, async () => {
  await survives({ 2: times(2, { status: 429 }) });
});

fault(4, async () => {
  await survives({ 1: [{ status: 500 }, { status: 503 }], 2: [{ status: 502 }, { status: 504 }] });
});

fault(5, async () => {
  await fails({ 2: times(20, { status: 500, body: { message: 'boom' } }) }, /answered 500.*boom/);
});

fault(6, async () => {
  await survives({ 2: [{ resetAfter: 0 }, { body: page(4, 6), resetAfter: 10 }] });
  await fails({ 1: times(20, { resetAfter: 0 }) }, /reach|reset|connection/i);
});

fault(9, async () => {
  await survives({
    2: [
      { body: page(4, 6), cutAfter: 20 },
      { body: page(4, 6), chunkBytes: 16, cutAfter: 40 },
    ],
  });
  await fails({ 3: times(20, { body: page(7, 7), contentLength: 9_999, close: 'silent' }) }, /broke off|ended/);
});

fault(10, async () => {
  const garbage: Answer = { body: 'no gzip at all', headers: { 'content-encoding': 'gzip' } };
  await survives({ 1: [garbage] });
  await fails({ 2: times(20, garbage) }, /gzip|encoding|decode/i);
});

fault(11, async () => {
  await fails({ 1: times(20, { body: Buffer.alloc(300 * 1024 * 1024), encoding: 'gzip' }) }, /unpacks/);
});

fault(12, async () => {
  await fails({ 2: times(20, { body: '<html>Sign in</html>', headers: { 'content-type': 'text/html' } }) }, /JSON/);
});

fault(13, async () => {
  await fails({ 3: times(20, { body: '{"data": [{"id": 7' }) }, /JSON/);
});

fault(27, async () => {
  await survives({ 1: [{ body: page(1, 3), close: 'silent' }], 2: [{ body: page(4, 6), close: 'announced' }] });
});
