import { describe, expect, test } from 'vitest';
import { WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import { attempts, down, row } from './fixtures/attempts.ts';
import { closed, extractContext, page, type Read, stream } from './fixtures/fake-source.ts';
import type { SyncStream } from './sync-stream.ts';

describe('a full refresh', () => {
  const orders = stream('orders', 'full_refresh', 'overwrite');

  test('replaces the table with what was read', async () => {
    const { run, rows } = await attempts();
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
    const { run, rows } = await attempts();
    await run([orders], { orders: () => [page('a', 1, [row(1)]), closed('a', {})] });
    await run([orders], { orders: () => [closed('a', {})] }, { sync: 2 });
    expect(await rows('orders')).toEqual([]);
  });

  test('that broke off changes nothing, and is read again from its start', async () => {
    const { run, rows } = await attempts();
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
    const { run, rows } = await attempts();
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
    const { run, rows } = await attempts();
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

describe('what goes wrong', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((name) => stream(name, 'full_refresh', 'overwrite')) as [
    SyncStream,
    SyncStream,
    SyncStream,
  ];
  const good: Read = () => [page('s', 1, [row(1)]), closed('s', {})];

  test('in one stream does not stop the others', async () => {
    const { run, exists } = await attempts();
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
    const { run } = await attempts();
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
    const { run, exists } = await attempts();
    const { failures } = await run([a], { a: () => [page('s', 1, [row(1)], counted), closed('s', {})] });
    expect(failures).toEqual(['counts_differ']);
    expect(await exists('a')).toBe(false);
  });

  test('filtered records are accounted for', async () => {
    const { run } = await attempts();
    const { counts } = await run([a], { a: () => [page('s', 1, [row(1)], { filtered: 2 }), closed('s', {})] });
    expect(counts.get('a')).toMatchObject({ read: 3, filtered: 2, written: 1 });
  });

  test('a record that does not fit is quarantined, and the rest is published', async () => {
    const { run, rows, query } = await attempts();
    const odd = [row(1), 'no object' as unknown as JsonObject, { ...row(2), name: 'x\u0000y' }];
    const { counts, failures } = await run([a], { a: () => [page('s', 1, odd), closed('s', {})] });
    expect(failures).toEqual([null]);
    const { read = 0, written = 0, quarantined = 0 } = counts.get('a') ?? {};
    expect([read, written + quarantined]).toEqual([3, 3]);
    expect((await rows('a')).length).toBe(written);
    expect(await query('select 1 from _weir.quarantine')).toHaveLength(quarantined);
  });

  test('what the gate between stage and publish throws keeps the table as it was', async () => {
    const { run, rows } = await attempts();
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
    const { run } = await attempts();
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
    const { run } = await attempts();
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
    const { run, rows, exists } = await attempts();
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
    const { run, exists } = await attempts();
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
