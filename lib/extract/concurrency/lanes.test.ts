import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inTurn, type Lanes } from './lanes.ts';

/** Items with so many results each; every result waits until the test lets it go, or comes at once. */
function bench(sizes: readonly number[], options: Partial<Lanes<number, string>> = {}) {
  const log: string[] = [];
  const gates = new Map<string, PromiseWithResolvers<void>>();
  let stopped = false;
  const gateOf = (name: string) => {
    const gate = gates.get(name) ?? Promise.withResolvers<void>();
    gates.set(name, gate);
    return gate;
  };
  async function* items() {
    yield* sizes.keys();
  }
  async function* read(item: number) {
    try {
      for (let index = 0; index < (sizes[item] ?? 0); index++) {
        const name = `${item}.${index}`;
        log.push(`begin ${name}`);
        await gateOf(name).promise;
        yield name;
      }
    } finally {
      log.push(`end ${item}`);
    }
  }
  const lanes: Lanes<number, string> = {
    items: items(),
    read,
    width: 2,
    ahead: true,
    mayBegin: () => true,
    stop: () => {
      stopped = true;
      for (const { reject } of gates.values()) reject(new Error('stopped'));
    },
    ...options,
  };
  return {
    log,
    events: inTurn(lanes),
    allow: (...names: string[]) => {
      for (const name of names) gateOf(name).resolve();
    },
    fail: (name: string) => gateOf(name).reject(new Error(`${name} failed`)),
    isStopped: () => stopped,
  };
}

const shown = (event: { item: number; result?: string; done?: boolean }) => event.result ?? `${event.item} done`;

async function all(events: AsyncIterable<{ item: number; result?: string; done?: boolean }>): Promise<string[]> {
  const list: string[] = [];
  for await (const event of events) list.push(shown(event));
  return list;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('lanes', () => {
  test('work at once, and give their results in turn whoever is first', async () => {
    const { events, log, allow } = bench([2, 2]);
    const first = events.next();
    await settled();
    expect(log).toEqual(['begin 0.0', 'begin 1.0']);
    allow('1.0', '1.1');
    await settled();
    allow('0.0', '0.1');
    expect(shown((await first).value as never)).toBe('0.0');
    expect(await all(events)).toEqual(['1.0', '0.1', '1.1', '0 done', '1 done']);
  });

  test('are one result ahead, and no more', async () => {
    const { events, log, allow } = bench([5], { width: 1 });
    allow('0.0', '0.1', '0.2', '0.3', '0.4');
    await events.next();
    await settled();
    expect(log).toEqual(['begin 0.0', 'begin 0.1']);
    await events.return(undefined);
  });

  test('do nothing ahead where that is not wanted', async () => {
    const { events, log, allow } = bench([5, 5], { width: 1, ahead: false });
    allow('0.0', '0.1');
    await events.next();
    await settled();
    expect(log).toEqual(['begin 0.0']);
    await events.return(undefined);
  });

  test('a failure comes out at its turn, after what came before it, and ends the others', async () => {
    const { events, log, allow, fail, isStopped } = bench([2, 2, 2], { width: 3 });
    fail('1.0');
    allow('0.0');
    expect(shown((await events.next()).value as never)).toBe('0.0');
    await expect(events.next()).rejects.toThrow('1.0 failed');
    expect(isStopped()).toBe(true);
    expect(log.filter((line) => line.startsWith('end')).toSorted()).toEqual(['end 0', 'end 1', 'end 2']);
  });

  test('whoever stops listening has ended them all', async () => {
    const { events, log, allow } = bench([3, 3], { width: 2 });
    allow('0.0');
    await events.next();
    await events.return(undefined);
    expect(log.filter((line) => line.startsWith('end')).toSorted()).toEqual(['end 0', 'end 1']);
  });

  test('a failure to find the next item comes out, too', async () => {
    async function* items() {
      yield 0;
      throw new Error('no more parents');
    }
    const { events, allow } = bench([1], { items: items() });
    allow('0.0');
    expect(shown((await events.next()).value as never)).toBe('0.0');
    await expect(all(events)).rejects.toThrow('no more parents');
  });

  test('begin no item beside those in work while they may not', async () => {
    let may = false;
    const { events, log, allow } = bench([2, 1], { mayBegin: () => may });
    allow('0.0', '0.1', '1.0');
    await events.next();
    await settled();
    expect(log).toEqual(['begin 0.0', 'begin 0.1']);
    may = true;
    expect(await all(events)).toEqual(['0.1', '1.0', '0 done', '1 done']);
  });

  test('the order depends on the items and the width alone', async () => {
    const scene = fc.record({
      sizes: fc.array(fc.nat(4), { maxLength: 8 }),
      width: fc.integer({ min: 1, max: 5 }),
      order: fc.infiniteStream(fc.nat(1000)),
    });
    await fc.assert(
      fc.asyncProperty(scene, async ({ sizes, width, order }) => {
        const names = sizes.flatMap((size, item) => Array.from({ length: size }, (_, index) => `${item}.${index}`));
        const quick = bench(sizes, { width });
        quick.allow(...names);
        const expected = await all(quick.events);
        const slow = bench(sizes, { width });
        const running = all(slow.events);
        const weights = new Map(names.map((name) => [name, order.next().value as number]));
        for (const name of names.toSorted((a, b) => (weights.get(a) ?? 0) - (weights.get(b) ?? 0))) {
          slow.allow(name);
          await settled();
        }
        expect(await running).toEqual(expected);
        for (const [item, size] of sizes.entries())
          expect(expected.filter((line) => line.startsWith(`${item}`))).toEqual([
            ...Array.from({ length: size }, (_, index) => `${item}.${index}`),
            `${item} done`,
          ]);
      }),
      { numRuns: 60 },
    );
  });
});
