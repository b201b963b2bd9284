import { describe, expect, test } from 'vitest';
import { configOf, testContext } from '#lib/destinations/postgres/fixtures/test-destination.ts';
import { postgres } from '#lib/destinations/postgres/postgres.ts';
import { WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import { testDatabase } from '#tests/harness/database.ts';
import {
  closed,
  extractContext,
  fakeSource,
  keepingRecorder,
  page,
  type Read,
  stream,
} from './fixtures/fake-source.ts';
import { runSync } from './run-sync.ts';
import type { SyncStream } from './sync-stream.ts';
import type { SyncHooks } from './sync-work.ts';

const CONNECTION = '11111111-1111-4111-8111-111111111111';
const EMITTED = new Date('2026-01-01T12:00:00Z');
const down = () => new WeirError({ kind: 'transient', code: 'http_503', message: 'The shop is down.' });
const row = (id: number, name = `n${id}`, at = '2026-01-01') => ({ id, name, at });

interface Try {
  readonly sync?: number;
  readonly attempt?: number;
  readonly fence?: number;
  readonly signal?: AbortSignal;
  readonly clock?: () => Date;
  readonly hooks?: Partial<SyncHooks>;
}

/** A warehouse that syncs are run into, and looked at. */
async function warehouse() {
  const { url, query } = await testDatabase();
  let fence = 0;
  const run = async (streams: SyncStream[], reads: Record<string, Read>, given: Try = {}) => {
    const destination = postgres.open(testContext(), configOf(url));
    const { recorder, counts, lines, phases } = keepingRecorder();
    fence = given.fence ?? fence + 1;
    const attempt = { connectionId: CONNECTION, syncId: given.sync ?? 1, attempt: given.attempt ?? 1, fence };
    try {
      const outcomes = await runSync(
        { attempt, emittedAt: EMITTED, source: fakeSource(reads), config: {}, destination, streams },
        { extract: extractContext(given.signal, given.clock), recorder, ...given.hooks },
      );
      return { outcomes, counts, lines, phases, failures: outcomes.map(({ failure }) => failure?.code ?? null) };
    } finally {
      await destination.close();
    }
  };
  const rows = async (table: string) => {
    const found = await query<{ id: number; name: string }>(
      `select id::int, name from public."${table}" order by id, name`,
    );
    return found.map(({ id, name }) => `${id} ${name}`);
  };
  const exists = async (table: string) =>
    (await query('select 1 where to_regclass($1) is not null', [`public."${table}"`])).length > 0;
  return { run, rows, exists, query };
}

describe('a full refresh', () => {
  const orders = stream('orders', 'full_refresh', 'overwrite');

  test('replaces the table with what was read', async () => {
    const { run, rows } = await warehouse();
    const first = await run([orders], {
      orders: () => [page('a', 1, [row(1), row(2)]), page('a', 2, [row(3)]), closed('a', {})],
    });
    expect(first.failures).toEqual([null]);
    const { extractMs = -1, stageMs = -1, publishMs = 0, checkMs } = first.phases.get('orders') ?? {};
    expect([extractMs >= 0, stageMs >= 0, publishMs > 0, checkMs]).toEqual([true, true, true, 0]);
    expect(first.counts.get('orders')).toMatchObject({ read: 3, filtered: 0, quarantined: 0, written: 3, pages: 2 });
    expect(await rows('orders')).toEqual(['1 n1', '2 n2', '3 n3']);
    await run([orders], { orders: () => [page('a', 1, [row(4)]), closed('a', {})] }, { sync: 2 });
    expect(await rows('orders')).toEqual(['4 n4']);
  });

  test('of nothing leaves an empty table', async () => {
    const { run, rows } = await warehouse();
    await run([orders], { orders: () => [page('a', 1, [row(1)]), closed('a', {})] });
    await run([orders], { orders: () => [closed('a', {})] }, { sync: 2 });
    expect(await rows('orders')).toEqual([]);
  });

  test('that broke off changes nothing, and is read again from its start', async () => {
    const { run, rows } = await warehouse();
    await run([orders], { orders: () => [page('a', 1, [row(1)]), closed('a', {})] });
    const broken = await run(
      [orders],
      {
        *orders() {
          yield page('a', 1, [row(2)]);
          yield closed('a', {});
          yield page('b', 1, [row(3)]);
          throw down();
        },
      },
      { sync: 2 },
    );
    expect(broken.failures).toEqual(['http_503']);
    expect(await rows('orders')).toEqual(['1 n1']);
    await run(
      [orders],
      { orders: () => [page('a', 1, [row(2)]), closed('a', {}), page('b', 1, [row(3)]), closed('b', {})] },
      { sync: 2, attempt: 2 },
    );
    expect(await rows('orders')).toEqual(['2 n2', '3 n3']);
  });

  test('that was read whole but not published is published without reading again', async () => {
    const { run, rows } = await warehouse();
    const blocked = { gate: { guards: () => true, onStaged: () => Promise.reject(down()) } };
    const reads = { orders: () => [page('a', 1, [row(1)]), closed('a', {})] };
    await run([orders], reads, { hooks: blocked });
    const again = await run(
      [orders],
      {
        orders: () => {
          throw new Error('read again');
        },
      },
      { attempt: 2 },
    );
    expect(again.failures).toEqual([null]);
    expect(again.counts.size).toBeLessThanOrEqual(1);
    expect(await rows('orders')).toEqual(['1 n1']);
  });

  test('appended is not appended again by an attempt that follows one lost after publishing', async () => {
    const { run, rows } = await warehouse();
    const log = stream('log', 'full_refresh', 'append');
    const reads = { log: () => [page('a', 1, [row(1)]), closed('a', {})] };
    await run([log], reads);
    const again = await run([log], reads, { attempt: 2 });
    expect(again.failures).toEqual([null]);
    expect(again.counts.get('log')).toMatchObject({ read: 1, written: 1 });
    expect(await rows('log')).toEqual(['1 n1']);
    await run([log], reads, { sync: 2 });
    expect(await rows('log')).toEqual(['1 n1', '1 n1']);
  });
});

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
    const { run, rows } = await warehouse();
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
    const { run, rows } = await warehouse();
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
    const { run, rows } = await warehouse();
    const appended = stream('items', 'incremental', 'append');
    for (const [index, breakAt] of [{ day: 2, page: 2 }, { day: 4, page: 1 }, undefined].entries())
      await run([appended], { items: days(5, breakAt) }, { attempt: index + 1, clock: ticker(6_000) });
    expect(await rows('items')).toEqual(all(5));
    await run([appended], { items: days(6) }, { sync: 2 });
    expect(await rows('items')).toEqual(all(6));
  });

  test('publishes at checkpoints while it reads, and only closed slices', async () => {
    const { run, rows } = await warehouse();
    const seen: string[][] = [];
    await run(
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
  });

  test('keeps the slices that were whole when it broke off for good, however short it was', async () => {
    const { run, rows } = await warehouse();
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
    const { run, rows } = await warehouse();
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

  test('without anything new keeps its state', async () => {
    const { run } = await warehouse();
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

describe('what goes wrong', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((name) => stream(name, 'full_refresh', 'overwrite')) as [
    SyncStream,
    SyncStream,
    SyncStream,
  ];
  const good: Read = () => [page('s', 1, [row(1)]), closed('s', {})];

  test('in one stream does not stop the others', async () => {
    const { run, exists } = await warehouse();
    const { outcomes, failures, lines } = await run([a, b, c], {
      a: good,
      b: () => {
        throw down();
      },
      c: good,
    });
    expect(failures).toEqual([null, 'http_503', null]);
    expect(outcomes[1]?.failure).toMatchObject({ kind: 'transient', where: { stream: 'b' } });
    expect([await exists('a'), await exists('b'), await exists('c')]).toEqual([true, false, true]);
    expect(lines).toContain('b: failed http_503');
  });

  test('that is no error of ours counts as a bug, with its message', async () => {
    const { run } = await warehouse();
    const { outcomes } = await run([a], {
      a: () => {
        throw new TypeError('x is not a function');
      },
    });
    expect(outcomes[0]?.failure).toMatchObject({ kind: 'bug', code: 'unexpected', message: 'x is not a function' });
  });

  test.each([
    ['more read than written', { read: 5 }],
    ['more written than read', { read: 0 }],
    ['more filtered than read', { read: 1, filtered: 3 }],
  ])('%s: nothing is published', async (_name, counted) => {
    const { run, exists } = await warehouse();
    const { failures } = await run([a], { a: () => [page('s', 1, [row(1)], counted), closed('s', {})] });
    expect(failures).toEqual(['counts_differ']);
    expect(await exists('a')).toBe(false);
  });

  test('filtered records are accounted for', async () => {
    const { run } = await warehouse();
    const { counts } = await run([a], { a: () => [page('s', 1, [row(1)], { filtered: 2 }), closed('s', {})] });
    expect(counts.get('a')).toMatchObject({ read: 3, filtered: 2, written: 1 });
  });

  test('a record that does not fit is quarantined, and the rest is published', async () => {
    const { run, rows, query } = await warehouse();
    const odd = [row(1), 'no object' as unknown as JsonObject, { ...row(2), name: 'x\u0000y' }];
    const { counts, failures } = await run([a], { a: () => [page('s', 1, odd), closed('s', {})] });
    expect(failures).toEqual([null]);
    const { read = 0, written = 0, quarantined = 0 } = counts.get('a') ?? {};
    expect([read, written + quarantined]).toEqual([3, 3]);
    expect((await rows('a')).length).toBe(written);
    expect(await query('select 1 from _weir.quarantine')).toHaveLength(quarantined);
  });

  test('what the gate between stage and publish throws keeps the table as it was', async () => {
    const { run, rows } = await warehouse();
    await run([a], { a: good });
    const block = new WeirError({ kind: 'terminal', code: 'blocked', message: 'A check failed.' });
    const blocked = await run(
      [a],
      { a: () => [page('s', 1, [row(2)]), closed('s', {})] },
      { sync: 2, hooks: { gate: { guards: () => true, onStaged: () => Promise.reject(block) } } },
    );
    expect(blocked.failures).toEqual(['blocked']);
    expect(await rows('a')).toEqual(['1 n1']);
  });

  test('a config that the source changed is stored before reading goes on', async () => {
    const { run } = await warehouse();
    const order: unknown[] = [];
    await run(
      [a],
      {
        async *a(_request, context) {
          await context.saveConfig?.({ token: 'new' }, [{ path: ['token'], value: 'new' }]);
          order.push('goes on');
          yield closed('s', {});
        },
      },
      { hooks: { extract: { ...extractContext(), saveConfig: async (config) => void order.push(config) } } },
    );
    expect(order).toEqual([{ token: 'new' }, 'goes on']);
  });

  test('a notice becomes a line of the log', async () => {
    const { run } = await warehouse();
    const { lines } = await run([a], {
      a: () => [{ type: 'notice', level: 'warn', message: 'skipped a file' }, closed('s', {})],
    });
    expect(lines).toContain('a: skipped a file');
  });
});

describe('what stops a whole sync', () => {
  const a = stream('a', 'full_refresh', 'overwrite');
  const b = stream('b', 'full_refresh', 'overwrite');

  test('a newer attempt: the older one publishes nothing more', async () => {
    const { run, rows, exists } = await warehouse();
    const older = run(
      [a, b],
      {
        async *a() {
          yield page('s', 1, [row(1, 'older')]);
          await run([a], { a: () => [page('s', 1, [row(2, 'newer')]), closed('s', {})] }, { fence: 7, attempt: 2 });
          yield closed('s', {});
        },
        b: () => {
          throw new Error('must not be read');
        },
      },
      { fence: 5 },
    );
    await expect(older).rejects.toMatchObject({ code: 'fenced' });
    expect(await rows('a')).toEqual(['2 newer']);
    expect(await exists('b')).toBe(false);
    await expect(run([a], {}, { fence: 6, attempt: 3 })).rejects.toMatchObject({ code: 'fenced' });
  });

  test('a cancel: the stream that runs is not published, the next is not begun', async () => {
    const { run, exists } = await warehouse();
    const stop = new AbortController();
    const running = run(
      [a, b],
      {
        *a() {
          yield page('s', 1, [row(1)]);
          stop.abort('cancelled');
          yield page('s', 2, [row(2)]);
        },
        b: () => {
          throw new Error('must not be read');
        },
      },
      { signal: stop.signal },
    );
    await expect(running).rejects.toBe('cancelled');
    expect([await exists('a'), await exists('b')]).toEqual([false, false]);
  });
});

/** A clock that moves on at every look. */
function ticker(ms: number): () => Date {
  let now = EMITTED.getTime();
  return () => {
    now += ms;
    return new Date(now);
  };
}
