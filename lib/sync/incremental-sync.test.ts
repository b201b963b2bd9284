import { describe, expect, test } from 'vitest';
import { parseJson } from '#lib/json.ts';
import { attempts, down, row, ticker } from './fixtures/attempts.ts';
import { closed, page, type Read, stream } from './fixtures/fake-source.ts';

describe('an incremental sync', () => {
  const items = stream('items', 'incremental', 'append_dedup');
  /** Days as slices, two pages each; goes on after the day in the state. */
  const days = (count: number, breakAt?: { day: number; page: number }): Read =>
    function* ({ state }) {
      for (let day = Number(state?.day ?? 0) + 1; day <= count; day++) {
        for (const number of [1, 2]) {
          if (breakAt?.day === day && breakAt.page === number) throw down();
          yield page(`day ${day}`, number, [row(day * 10 + number, `day ${day}`, `2026-01-0${day}`)]);
        }
        yield closed(`day ${day}`, { day });
      }
    };
  const all = (count: number) =>
    Array.from({ length: count }, (_, i) => [`${i + 1}1 day ${i + 1}`, `${i + 1}2 day ${i + 1}`]).flat();

  test('goes on where the last one ended, and merges by key', async () => {
    const { run, rows } = await attempts();
    await run([items], { items: days(2) });
    const seen: unknown[] = [];
    await run(
      [items],
      {
        *items({ state }) {
          seen.push(state);
          yield page('day 3', 1, [row(11, 'changed', '2026-01-03'), row(31, 'day 3', '2026-01-03')]);
          yield page('day 3', 2, [row(31, 'day 3 again', '2026-01-04')]);
          yield closed('day 3', { day: 3 });
        },
      },
      { sync: 2 },
    );
    expect(seen).toEqual([{ day: 2 }]);
    expect(await rows('items')).toEqual(['11 changed', '12 day 1', '21 day 2', '22 day 2', '31 day 3 again']);
  });

  test.each([1, 2])('that broke off in page %i of a slice gives every row once', async (broken) => {
    const { run, rows } = await attempts();
    const ticking = ticker(6_000);
    const first = await run([items], { items: days(4, { day: 3, page: broken }) }, { clock: ticking });
    expect(first.failures).toEqual(['http_503']);
    expect(await rows('items')).toEqual(all(2));
    const again = await run([items], { items: days(4) }, { attempt: 2 });
    expect(again.failures).toEqual([null]);
    expect(again.counts.get('items')).toMatchObject({ read: 8, written: 8 });
    expect(await rows('items')).toEqual(all(4));
  });

  test('appended after one that broke off gives every row once too', async () => {
    const { run, rows } = await attempts();
    const appended = stream('items', 'incremental', 'append');
    for (const [index, breakAt] of [{ day: 2, page: 2 }, { day: 4, page: 1 }, undefined].entries())
      await run([appended], { items: days(5, breakAt) }, { attempt: index + 1, clock: ticker(6_000) });
    expect(await rows('items')).toEqual(all(5));
    await run([appended], { items: days(6) }, { sync: 2 });
    expect(await rows('items')).toEqual(all(6));
  });

  test('publishes at checkpoints while it reads, and only closed slices', async () => {
    const { run, rows } = await attempts();
    const seen: string[][] = [];
    const { lines } = await run(
      [items],
      {
        async *items() {
          yield page('a', 1, [row(1)]);
          yield page('b', 1, [row(2)]);
          yield closed('a', { done: ['a'] });
          seen.push(await rows('items'));
          yield page('b', 2, [row(3)]);
          yield closed('b', { done: ['a', 'b'] });
        },
      },
      { clock: ticker(6_000) },
    );
    expect(seen).toEqual([['1 n1']]);
    expect(await rows('items')).toEqual(['1 n1', '2 n2', '3 n3']);
    // The parts are told as the one load that they are.
    expect(lines).toContain('items: published +3 ~0');
  });

  test('keeps the slices that were whole when it broke off for good, however short it was', async () => {
    const { run, rows } = await attempts();
    const broken = await run([items], { items: days(4, { day: 3, page: 2 }) });
    expect(broken.failures).toEqual(['http_503']);
    expect(await rows('items')).toEqual(all(2));
    const seen: unknown[] = [];
    await run(
      [items],
      {
        items: (request, context) => {
          seen.push(request.state);
          return days(4)(request, context);
        },
      },
      { sync: 2 },
    );
    expect(seen).toEqual([{ day: 2 }]);
    expect(await rows('items')).toEqual(all(4));
  });

  test.each([
    ['append_dedup', ['1 n1', '2 n2']],
    ['append', ['1 n1']],
  ] as const)('%s: of a slice that is cut, rows stay if they can come again', async (mode, kept) => {
    const { run, rows } = await attempts();
    const cut = stream('items', 'incremental', mode);
    const broken = await run([cut], {
      async *items() {
        yield page('a', 1, [row(1)]);
        yield closed('a', { done: ['a'] });
        yield page('b', 1, [row(2)]);
        yield { type: 'slice_cut', slice: 'b' };
        throw down();
      },
    });
    expect(broken.failures).toEqual(['http_503']);
    expect(await rows('items')).toEqual(kept);
    const whole: Read = ({ state }) => {
      expect(state).toEqual({ done: ['a'] });
      return [page('b', 1, [row(2), row(3)]), closed('b', { done: ['a', 'b'] })];
    };
    const again = await run([cut], { items: whole }, { sync: 2 });
    expect(again.failures).toEqual([null]);
    expect(await rows('items')).toEqual(['1 n1', '2 n2', '3 n3']);
  });

  test('rows of a cut slice that were put aside are so once, when it comes again', async () => {
    const { run, query } = await attempts();
    const cut = stream('items', 'incremental', 'append_dedup');
    const pages = [page('b', 1, [row(1), { name: 'no key' }, { ...row(2), deep: { n: parseJson('1e999999') } }])];
    const broken = await run([cut], {
      async *items() {
        yield* pages;
        yield { type: 'slice_cut', slice: 'b' };
        throw down();
      },
    });
    expect(broken.failures).toEqual(['http_503']);
    expect(await query('select id from items')).toHaveLength(1);
    expect(await query('select 1 from _weir.quarantine')).toEqual([]);
    const again = await run([cut], { items: () => [...pages, closed('b', { done: ['b'] })] }, { sync: 2 });
    expect(again.failures).toEqual([null]);
    expect(await query('select code from _weir.quarantine order by row')).toEqual([
      { code: 'key_null' },
      { code: 'refused_by_database' },
    ]);
  });

  test('without anything new keeps its state', async () => {
    const { run } = await attempts();
    await run([items], { items: days(2) });
    await run([items], { items: () => [] }, { sync: 2 });
    const seen: unknown[] = [];
    await run(
      [items],
      {
        items: ({ state }) => {
          seen.push(state);
          return [];
        },
      },
      { sync: 3 },
    );
    expect(seen).toEqual([{ day: 2 }]);
  });
});
