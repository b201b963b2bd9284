import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { configOf, testContext } from '#lib/destinations/postgres/fixtures/test-destination.ts';
import { postgres } from '#lib/destinations/postgres/postgres.ts';
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
import { reads, row } from './fixtures/warehouse.ts';
import { ordered, type SyncOrder } from './order.ts';
import { runSync } from './run-sync.ts';
import { type LoadRules, type SyncStream, USUAL_RULES } from './sync-stream.ts';

const items = stream('items', 'incremental', 'append_dedup');
const list = stream('items', 'full_refresh', 'overwrite');
const ASIDE = { badValues: 'quarantine' as const };

interface SyncOf {
  readonly streams: readonly SyncStream[];
  readonly sources: Record<string, Read>;
  readonly rules?: Partial<LoadRules>;
  readonly order?: Partial<SyncOrder>;
  readonly connectionId?: string;
  readonly signal?: AbortSignal;
}

/** A warehouse into which syncs of several connections go, some of them at once; each is begun after those before it. */
async function place() {
  const { url, query } = await testDatabase();
  let syncs = 0;
  const sync = async ({ streams, sources, rules, order, connectionId = 'c1', signal }: SyncOf) => {
    const id = ++syncs;
    const context = { ...testContext(), ...(signal && { signal }) };
    const destination = postgres.open(context, configOf(url));
    const asked = { kind: 'sync' as const, onlyStreams: null, ...order };
    const { recorder, counts, lines } = keepingRecorder();
    try {
      const outcomes = await runSync(
        {
          attempt: { connectionId, syncId: id, attempt: 1, fence: id },
          ...{ emittedAt: new Date(2026, 0, id), config: {}, destination },
          ...ordered({ source: fakeSource(sources), streams }, asked, []),
          rules: { ...USUAL_RULES, ...rules },
        },
        { extract: extractContext(signal), recorder },
      );
      return { codes: outcomes.map(({ failure }) => failure?.code ?? null), counts, lines };
    } finally {
      await destination.close();
    }
  };
  const rows = async (table = 'items') => {
    const found = await query<{ id: number; name: string }>(`select id::int, name from "${table}" order by id, name`);
    return found.map(({ id, name }) => `${id} ${name}`);
  };
  return { url, query, sync, rows };
}

/** A source that waits at its second page until it is let go on. */
function waiting(first: JsonObject[], second: JsonObject[]) {
  const reached = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const read: Read = async function* () {
    yield page('a', 1, first);
    reached.resolve();
    await goOn.promise;
    yield page('a', 2, second);
    yield closed('a', { day: 9 });
  };
  return { read, reached: reached.promise, goOn: () => goOn.resolve() };
}

/** The stream with a field that takes whole numbers. */
function counted(of: SyncStream): SyncStream {
  const { stream: known, ...rest } = of.configured;
  const properties = { ...(known.jsonSchema.properties as JsonObject), count: { type: 'integer' } };
  return { ...of, configured: { ...rest, stream: { ...known, jsonSchema: { properties } } } };
}

const odd = (id: number, name = `n${id}`) => ({ ...row(id, name), count: 'many' });

test('who counts the rows all the while sees a table that is replaced as it was or as it is, never empty and never half', async () => {
  const { url, sync } = await place();
  const sizes = [300, 40, 0, 500, 1];
  const all = (size: number, name: string) => Array.from({ length: size }, (_, id) => row(id, name));
  await sync({ streams: [list], sources: { items: reads(all(200, 'first')) } });
  const reader = new pg.Client({ connectionString: url });
  await reader.connect();
  onTestFinished(() => reader.end());
  const seen = new Set<string>();
  let isOver = false;
  const looking = (async () => {
    while (!isOver) {
      const { rows } = await reader.query(
        'select count(*)::int as rows, count(distinct name)::int as loads from items',
      );
      seen.add(`${rows[0].rows} of ${rows[0].loads}`);
    }
  })();
  for (const size of sizes) await sync({ streams: [list], sources: { items: reads(all(size, `load of ${size}`)) } });
  isOver = true;
  await looking;
  const may = [200, ...sizes].map((size) => `${size} of ${Math.min(size, 1)}`);
  expect([...seen].filter((one) => !may.includes(one))).toEqual([]);
  expect(seen.size).toBeGreaterThan(1);
});

test('who reads in a transaction of their own sees the same rows to its end, whatever is published', async () => {
  const { url, sync } = await place();
  await sync({ streams: [list], sources: { items: reads([row(1), row(2)]) } });
  const reader = new pg.Client({ connectionString: url });
  await reader.connect();
  onTestFinished(() => reader.end());
  const count = async () => (await reader.query('select count(*)::int as rows from items')).rows[0].rows;
  await reader.query('begin isolation level repeatable read');
  expect(await count()).toBe(2);
  await sync({ streams: [list], sources: { items: reads([row(3)]) } });
  expect(await count()).toBe(2);
  await reader.query('commit');
  expect(await count()).toBe(1);
});

describe('quarantine that is loaded again', () => {
  const replay = { order: { task: { kind: 'replay' as const } }, sources: {} };

  test('by two at once comes once: the later one fences the other off', async () => {
    const { sync, rows, query } = await place();
    const streams = [counted(stream('items', 'incremental', 'append'))];
    await sync({ streams, sources: { items: reads([row(1), odd(2), odd(3)]) }, rules: ASIDE });
    await Promise.allSettled([sync({ streams, ...replay }), sync({ streams, ...replay })]);
    expect(await rows()).toEqual(['1 n1', '2 n2', '3 n3']);
    expect(await query('select 1 from _weir.quarantine')).toEqual([]);
    await sync({ streams, ...replay });
    expect(await rows()).toEqual(['1 n1', '2 n2', '3 n3']);
  });

  test('while a sync of the stream is under way, that one publishes nothing more, and its rows come with the next', async () => {
    const { sync, rows, query } = await place();
    const streams = [counted(items)];
    await sync({ streams, sources: { items: reads([row(1), odd(2)]) }, rules: ASIDE });
    const slow = waiting([row(3), odd(4)], [row(5)]);
    const under = sync({ streams, sources: { items: slow.read }, rules: ASIDE });
    await slow.reached;
    await sync({ streams, ...replay });
    slow.goOn();
    await expect(under).rejects.toMatchObject({ code: 'fenced' });
    expect(await rows()).toEqual(['1 n1', '2 n2']);
    expect(await query('select 1 from _weir.quarantine')).toEqual([]);
    const again = { items: reads([row(3), odd(4), row(5)]) };
    await sync({ streams, sources: again, rules: ASIDE });
    expect(await rows()).toEqual(['1 n1', '2 n2', '3 n3', '5 n5']);
    expect(await query('select sync_id::int as sync from _weir.quarantine')).toEqual([{ sync: 4 }]);
  });
});

describe('a sync that is cancelled in the middle', () => {
  const stopped = async (at: Awaited<ReturnType<typeof place>>, of: SyncOf, after: Promise<unknown>) => {
    const stop = new AbortController();
    const ended = at.sync({ ...of, signal: stop.signal });
    // One that ends by itself before is no sync that was cancelled.
    await Promise.race([after, ended]);
    stop.abort('cancelled');
    await expect(ended).rejects.toBe('cancelled');
  };

  test.each([
    ['a refresh that replaces', { task: { kind: 'refresh', keepHistory: false } }, ['1 again', '2 again', '3 new']],
    ['a refresh that keeps history', { task: { kind: 'refresh', keepHistory: true } }, ['1 again', '2 again', '3 new']],
    ['a backfill', { task: { kind: 'backfill', from: '2026-01-01', to: null } }, ['1 again', '2 again', '3 new']],
  ] as const)('%s has changed nothing, and the next one does all of it', async (_, order, after) => {
    const at = await place();
    const streams = [items];
    await at.sync({ streams, sources: { items: reads([row(1), row(2)], { day: 1 }) } });
    const slow = waiting([row(1, 'again')], [row(2, 'again'), row(3, 'new')]);
    await stopped(at, { streams, sources: { items: slow.read }, order }, slow.reached.then(slow.goOn));
    expect(await at.rows()).toEqual(['1 n1', '2 n2']);
    const records = [row(1, 'again'), row(2, 'again'), row(3, 'new')];
    await at.sync({ streams, sources: { items: reads(records) }, order });
    expect(await at.rows()).toEqual(after);
    expect(await at.query('select 1 from _weir.stage')).toEqual([]);
  });

  test.each(['clear', 'reset'] as const)('a %s has emptied the table with its state, or neither', async (kind) => {
    const at = await place();
    const states: unknown[] = [];
    const usual: Read = (request) => {
      states.push(request.state);
      return [page('a', 1, [row(3)]), closed('a', { day: 2 })];
    };
    await at.sync({ streams: [items], sources: { items: reads([row(1), row(2)], { day: 1 }) } });
    await stopped(at, { streams: [items], sources: {}, order: { kind } }, Promise.resolve());
    const left = await at.rows();
    await at.sync({ streams: [items], sources: { items: usual } });
    if (left.length === 0) expect(states).toEqual([null]);
    else {
      expect(left).toEqual(['1 n1', '2 n2']);
      expect(states).toEqual([{ day: 1 }]);
    }
    expect(await at.rows()).toEqual([...left, '3 n3']);
    await at.sync({ streams: [items], sources: {}, order: { kind } });
    expect(await at.rows()).toEqual([]);
  });
});

describe('two connections into one table', () => {
  test('that add by key at the same time lose nothing, and the newer row of a key stays', async () => {
    const { sync, rows } = await place();
    const streams = [items];
    const one = waiting([row(1, 'old', '2026-01-01')], [row(2, 'one')]);
    const other = waiting([row(1, 'new', '2026-01-02')], [row(3, 'other')]);
    const both = [
      sync({ streams, sources: { items: one.read }, connectionId: 'c1' }),
      sync({ streams, sources: { items: other.read }, connectionId: 'c2' }),
    ];
    await Promise.all([one.reached, other.reached]);
    other.goOn();
    one.goOn();
    expect((await Promise.all(both)).map(({ codes }) => codes)).toEqual([[null], [null]]);
    expect(await rows()).toEqual(['1 new', '2 one', '3 other']);
  });

  test('load again what they have put aside themselves, and nothing of the other', async () => {
    const { sync, rows, query } = await place();
    const streams = [counted(items)];
    await sync({ streams, sources: { items: reads([odd(1)]) }, rules: ASIDE, connectionId: 'c1' });
    await sync({ streams, sources: { items: reads([odd(2)]) }, rules: ASIDE, connectionId: 'c2' });
    await sync({ streams, sources: {}, order: { task: { kind: 'replay' } }, connectionId: 'c2' });
    expect(await rows()).toEqual(['2 n2']);
    expect(await query('select connection_id as id from _weir.quarantine')).toEqual([{ id: 'c1' }]);
  });
});

test('a limit counts for each stream: one that passes it fails with what it read, and the others go through', async () => {
  const { sync, rows, query } = await place();
  const [a, b, c] = ['a', 'b', 'c'].map((name) => counted(stream(name, 'incremental', 'append'))) as [
    SyncStream,
    SyncStream,
    SyncStream,
  ];
  const streams = [a, b, c];
  const rules = { ...ASIDE, quarantineLimit: { rows: 1 } };
  const sources = { a: reads([row(1), odd(2)]), b: reads([odd(1), odd(2), row(3)]), c: reads([odd(1), row(2)]) };
  const { codes, lines } = await sync({ streams, sources, rules });
  expect(codes).toEqual([null, 'quarantine_limit', null]);
  expect(lines).toContain('b: failed quarantine_limit');
  expect(await rows('a')).toEqual(['1 n1']);
  expect(await rows('c')).toEqual(['2 n2']);
  expect(await query(`select to_regclass('b') as b`)).toEqual([{ b: null }]);
  const aside = 'select name, count(*)::int as rows from _weir.quarantine group by 1 order by 1';
  expect(await query(aside)).toEqual([
    { name: 'a', rows: 1 },
    { name: 'b', rows: 2 },
    { name: 'c', rows: 1 },
  ]);
  const states: Record<string, unknown> = {};
  const noting =
    (name: string, records: JsonObject[]): Read =>
    (request) => {
      states[name] = request.state;
      return [page('a', 1, records), closed('a', { day: 2 })];
    };
  await sync({
    streams,
    sources: { a: noting('a', []), b: noting('b', [odd(1), row(2), row(3)]), c: noting('c', []) },
    rules,
  });
  expect(states).toEqual({ a: { day: 1 }, b: null, c: { day: 1 } });
  expect(await rows('b')).toEqual(['2 n2', '3 n3']);
  expect(await query(aside)).toEqual(['a', 'b', 'c'].map((name) => ({ name, rows: 1 })));
});
