import { expect } from 'vitest';
import type { Answer, ScriptedServer } from '#tests/harness/scripted-server.ts';
import { type Connected, manifestOf, page, QUICK, type World } from './world.ts';

// Seven orders on three pages of an API, and what becomes of them when it misbehaves.

/** Answers that come in place of a page, once each. */
export type Instead = Readonly<Record<number, readonly Answer[]>>;

export const SEVEN = [1, 2, 3, 4, 5, 6, 7];
export const pages: readonly Answer[] = [{ body: page(1, 3) }, { body: page(4, 6) }, { body: page(7, 7) }];
/** Seven orders on three pages; what is given comes in place of a page, once. */
export const orders = (instead: Instead = {}) => {
  const left = new Map(Object.entries(instead).map(([number, answers]) => [Number(number), [...answers]]));
  return ({ query }: { query: URLSearchParams }): Answer => {
    const number = Number(query.get('page') ?? 1);
    return left.get(number)?.shift() ?? pages[number - 1] ?? { body: { data: [] } };
  };
};

export const idsOf = async (world: World, { prefix }: Connected, table = 'orders') =>
  (await world.query<{ id: number }>(`select id::int as id from public.${prefix}${table} order by 1`)).map(
    ({ id }) => id,
  );

/** A sync of seven orders with answers in between; all rows are there at its end, once. */
export async function survives(world: World, instead: Instead, requester = QUICK): Promise<ScriptedServer> {
  const api = await world.api({ '/orders': orders(instead) });
  const connection = await world.connect(manifestOf(api, { name: 'orders', requester }), api);
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
  expect(await idsOf(world, connection)).toEqual(SEVEN);
  return api;
}

/** A sync that fails for a reason that its message gives, leaves what was there, and goes through once the fault is gone. */
export async function fails(world: World, instead: Instead, message: RegExp, requester = QUICK): Promise<void> {
  const api = await world.api({ '/orders': orders() });
  const connection = await world.connect(manifestOf(api, { name: 'orders', requester }), api);
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
  api.on('/orders', orders(instead));
  const ended = await world.sync(connection);
  expect(ended).toMatchObject({ status: 'failed' });
  expect(ended.failure?.message).toMatch(message);
  expect(await idsOf(world, connection)).toEqual(SEVEN);
  api.on('/orders', orders());
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
  expect(await idsOf(world, connection)).toEqual(SEVEN);
}

export const times = (count: number, answer: Answer): Answer[] => Array.from({ length: count }, () => answer);
