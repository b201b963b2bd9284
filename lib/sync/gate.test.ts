import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Relation, StagedLoad } from '#lib/destinations/destination.ts';
import { configOf, testContext } from '#lib/destinations/postgres/fixtures/test-destination.ts';
import { postgres } from '#lib/destinations/postgres/postgres.ts';
import { makeBucket } from '#lib/destinations/s3/fixtures/bucket.ts';
import { s3 } from '#lib/destinations/s3/s3.ts';
import { WeirError } from '#lib/errors.ts';
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
import { type LoadRules, type SyncStream, USUAL_RULES } from './sync-stream.ts';
import type { Gate } from './sync-work.ts';

const CONNECTION = '11111111-1111-4111-8111-111111111111';
const row = (id: number, name = `n${id}`, at = '2026-01-01') => ({ id, name, at });
const hold = () => new WeirError({ kind: 'config', code: 'load_held', message: 'A check failed.' });
const notRead: Read = () => {
  throw new Error('read again');
};
const shut: Gate = { guards: () => true, onStaged: () => Promise.reject(hold()) };
const open: Gate = { guards: () => true, onStaged: async () => undefined };

async function warehouse() {
  const { url, query } = await testDatabase();
  let fence = 0;
  let minute = 0;
  const run = async (
    of: SyncStream,
    read: Read,
    { sync = 1, gate, rules = USUAL_RULES }: { sync?: number; gate?: Gate; rules?: LoadRules } = {},
  ) => {
    const destination = postgres.open(testContext(), configOf(url));
    const { recorder, counts } = keepingRecorder();
    const attempt = { connectionId: CONNECTION, syncId: sync, attempt: ++fence, fence };
    // A clock that makes every slice a checkpoint.
    const extract = extractContext(undefined, () => new Date(1e12 + ++minute * 60_000));
    try {
      const [outcome] = await runSync(
        {
          attempt,
          emittedAt: new Date(),
          source: fakeSource({ t: read }),
          config: {},
          destination,
          streams: [of],
          rules,
        },
        { extract, recorder, ...(gate && { gate }) },
      );
      return { failure: outcome?.failure?.code ?? null, published: outcome?.published, counts: counts.get('t') };
    } finally {
      await destination.close();
    }
  };
  const rows = async () =>
    (await query<{ row: string }>(`select concat_ws(' ', id, name, at) as row from public.t order by id, name`)).map(
      (each) => each.row,
    );
  const rowsOf = async (relation: Relation | null) => {
    if (!relation) return [];
    const from =
      relation.kind === 'query'
        ? `(${relation.sql}) as q`
        : relation.kind === 'postgres'
          ? `"${relation.schema}"."${relation.table}"`
          : '';
    const found = await query<{ row: string }>(
      `select concat_ws(' ', id, name, at) as row from ${from} order by id, name`,
    );
    return found.map((each) => each.row);
  };
  return { run, rows, rowsOf, query };
}

describe('a load behind the gate', () => {
  const appended = stream('t', 'incremental', 'append_dedup');

  test('shows readers nothing while it is read, however many checkpoints it saves', async () => {
    const { run, rows } = await warehouse();
    await run(appended, () => [page('a', 1, [row(1)]), closed('a', { at: '1' })]);
    const seen: string[][] = [];
    const held = await run(
      appended,
      async function* () {
        for (const id of [2, 3, 4]) {
          yield page(`s${id}`, 1, [row(id)]);
          yield closed(`s${id}`, { at: String(id) });
          seen.push(await rows());
        }
      },
      { sync: 2, gate: shut },
    );
    expect(held.failure).toBe('load_held');
    expect(seen).toEqual(Array(3).fill(['1 n1 2026-01-01']));
    expect(await rows()).toEqual(['1 n1 2026-01-01']);
  });

  test('is published as it lies when it is released, and the next sync goes on from its state', async () => {
    const { run, rows } = await warehouse();
    await run(appended, () => [page('a', 1, [row(1), row(2)]), closed('a', { at: '7' })], { gate: shut });
    const released = await run({ ...appended, decision: 'release' }, notRead);
    expect(released.failure).toBeNull();
    expect(await rows()).toEqual(['1 n1 2026-01-01', '2 n2 2026-01-01']);
    const states: unknown[] = [];
    await run(
      appended,
      ({ state }) => {
        states.push(state);
        return [closed('a', { at: '8' })];
      },
      { sync: 2 },
    );
    expect(states).toEqual([{ at: '7' }]);
  });

  test('takes its state with it when it is discarded', async () => {
    const { run, rows, query } = await warehouse();
    await run(appended, () => [page('a', 1, [row(1)]), closed('a', { at: '1' })]);
    await run(appended, () => [page('a', 1, [row(2)]), closed('a', { at: '2' })], { sync: 2, gate: shut });
    const dropped = await run({ ...appended, decision: 'discard' }, notRead, { sync: 2 });
    expect(dropped.failure).toBe('load_discarded');
    expect(await rows()).toEqual(['1 n1 2026-01-01']);
    expect(await query("select 1 from pg_class where relname like 'stage\\_%' and relkind = 'r'")).toEqual([]);
    const states: unknown[] = [];
    await run(
      appended,
      ({ state }) => {
        states.push(state);
        return [closed('a', { at: '2' })];
      },
      { sync: 3 },
    );
    expect(states).toEqual([{ at: '1' }]);
  });

  test('that is gone when it is released says so, and publishes nothing', async () => {
    const { run, rows, query } = await warehouse();
    await run(appended, () => [page('a', 1, [row(1)]), closed('a', { at: '1' })]);
    await run(appended, () => [page('a', 1, [row(2)]), closed('a', { at: '2' })], { sync: 2, gate: shut });
    await query('delete from _weir.stage');
    const released = await run({ ...appended, decision: 'release' }, notRead, { sync: 2 });
    expect(released.failure).toBe('stage_lost');
    expect(await rows()).toEqual(['1 n1 2026-01-01']);
  });

  test('can put rows aside: they are counted and kept with their reason, the others are published', async () => {
    const { run, rows, query } = await warehouse();
    const gate: Gate = {
      guards: (names) => names.includes('public.t'),
      onStaged: async (_stream, stage) => {
        await stage.setAside([
          { condition: '"id" > 2', reason: 'id is above 2' },
          { condition: '"id" > 1', reason: 'id is above 1' },
        ]);
      },
    };
    const read: Read = () => [page('a', 1, [row(1), row(2), row(3)]), closed('a', { at: '1' })];
    const { failure, counts } = await run(appended, read, { gate });
    expect(failure).toBeNull();
    expect(counts).toMatchObject({ read: 3, quarantined: 2, written: 1 });
    expect(await rows()).toEqual(['1 n1 2026-01-01']);
    expect(
      await query(`select code, reason, record::json ->> 'name' as name from _weir.quarantine order by seq`),
    ).toEqual([
      { code: 'check_failed', reason: 'id is above 1', name: 'n2' },
      { code: 'check_failed', reason: 'id is above 2', name: 'n3' },
    ]);
  });

  test('what a check puts aside does not count towards the limit, in the attempt after a lost one neither', async () => {
    const { run, rows } = await warehouse();
    const lost: Gate = {
      guards: () => true,
      onStaged: async (_stream, stage) => {
        await stage.setAside([{ condition: '"id" > 1', reason: 'id is above 1' }]);
        throw new Error('the attempt is lost');
      },
    };
    const rules = { ...USUAL_RULES, quarantineLimit: { percent: 20 } };
    const read: Read = ({ state }) => (state ? [] : [page('a', 1, [row(1), row(2)]), closed('a', { at: '1' })]);
    expect(await run(appended, read, { gate: lost, rules })).toMatchObject({ counts: { quarantined: 1 } });
    const next = await run(appended, read, { gate: open, rules });
    expect(next).toMatchObject({ failure: null, counts: { read: 2, quarantined: 1, written: 1 } });
    expect(await rows()).toEqual(['1 n1 2026-01-01']);
  });

  test('a condition that puts rows aside can write nothing', async () => {
    const { run, query } = await warehouse();
    await query('create sequence s');
    const gate: Gate = {
      guards: () => true,
      onStaged: async (_stream, stage) => void (await stage.setAside([{ condition: "nextval('s') > 0", reason: 'r' }])),
    };
    const { failure } = await run(appended, () => [page('a', 1, [row(1)]), closed('a', {})], { gate });
    expect(failure).not.toBeNull();
  });
});

describe('what the gate sees of a load', () => {
  const record = fc.record({
    id: fc.integer({ min: 1, max: 4 }),
    name: fc.constantFrom('x', 'y', 'z'),
    at: fc.constantFrom('2026-01-01', '2026-01-02', '2026-01-03'),
  });

  test.each(['append', 'append_dedup', 'overwrite', 'overwrite_dedup'] as const)(
    'in mode %s is the table that publishing leaves',
    async (mode) => {
      const { run, rows, rowsOf, query } = await warehouse();
      const of = stream('t', mode.startsWith('append') ? 'incremental' : 'full_refresh', mode);
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(record, { maxLength: 6 }), { minLength: 1, maxLength: 3 }),
          async (loads) => {
            await query('drop table if exists public.t; drop schema if exists _weir cascade');
            for (const [index, records] of loads.entries()) {
              const before = index === 0 ? [] : await rows();
              const predicted: { after: string[]; added: string[]; removed: string[] } = {
                after: [],
                added: [],
                removed: [],
              };
              const gate: Gate = {
                ...open,
                onStaged: async (_stream, stage) => {
                  const staged: StagedLoad = await stage.staged();
                  predicted.after = await rowsOf(staged.after);
                  predicted.added = await rowsOf(staged.added);
                  predicted.removed = await rowsOf(staged.removed);
                },
              };
              await run(of, () => [page('a', 1, records), closed('a', {})], { sync: index + 1, gate });
              const after = await rows();
              expect(predicted.after).toEqual(after);
              expect([...before, ...predicted.added].toSorted()).toEqual([...after, ...predicted.removed].toSorted());
            }
          },
        ),
        { numRuns: 8 },
      );
    },
  );
});

describe('a load on its way to a bucket', () => {
  /** A sync into the bucket whose attempts run on the machine that is named. */
  async function lake() {
    const bucket = await makeBucket();
    let fence = 0;
    const seen: StagedLoad[] = [];
    const holding: Gate = {
      guards: (names) => names.includes('t'),
      onStaged: async (_stream, stage) => {
        seen.push(await stage.staged());
        throw hold();
      },
    };
    const run = async (
      of: SyncStream,
      read: Read,
      { gate, machine, sync = 1 }: { gate?: Gate; machine?: string; sync?: number } = {},
    ) => {
      const workDir = machine ? path.join(bucket.context.workDir, machine) : bucket.context.workDir;
      const destination = s3.open({ ...bucket.context, workDir }, bucket.config);
      const attempt = { connectionId: CONNECTION, syncId: sync, attempt: ++fence, fence };
      const { recorder } = keepingRecorder();
      try {
        const source = fakeSource({ t: read });
        const work = { attempt, emittedAt: new Date(), source, config: {}, destination, streams: [of] };
        const [outcome] = await runSync(work, { extract: extractContext(), recorder, ...(gate && { gate }) });
        return outcome?.failure?.code ?? null;
      } finally {
        await destination.close();
      }
    };
    const rows = async () => {
      const select = `select id from read_parquet('$FOLDER/*.parquet') order by id`;
      return (await bucket.query('airbyte-data/t/', select)).map(({ id }) => Number(id));
    };
    const own = async () =>
      (await (await bucket.store()).list('airbyte-data/_weir/')).filter((key) => key.includes('/held-'));
    return { bucket, run, holding, seen, rows, own };
  }
  const of = stream('t', 'full_refresh', 'overwrite');
  const two: Read = () => [page('a', 1, [row(1), row(2)]), closed('a', {})];

  test('is measured before it is uploaded, held, and uploaded when it is released', async () => {
    const { bucket, run, holding, seen, rows } = await lake();
    expect(await run(of, two, { gate: holding })).toBe('load_held');
    expect(await bucket.keys('airbyte-data/t/')).toEqual([]);
    expect(seen[0]).toMatchObject({ load: { kind: 'parquet' }, replaces: true, removed: null });
    expect(await run({ ...of, decision: 'release' }, notRead)).toBeNull();
    expect(await rows()).toEqual([1, 2]);
  });

  test('is released by any machine, and leaves nothing behind', async () => {
    const { run, holding, rows, own } = await lake();
    await run(of, () => [page('a', 1, [row(9)])], { machine: 'b', gate: holding });
    expect(await run(of, two, { machine: 'a', gate: holding })).toBe('load_held');
    expect((await own()).length).toBeGreaterThan(0);
    // What an older attempt has left there is not what was held.
    expect(await run({ ...of, decision: 'release' }, notRead, { machine: 'b' })).toBeNull();
    expect(await rows()).toEqual([1, 2]);
    expect(await own()).toEqual([]);
  });

  test('is dropped on any machine, or by the sync that reads it again', async () => {
    const { run, holding, rows, own } = await lake();
    await run(of, two, { machine: 'a', gate: holding });
    expect(await run({ ...of, decision: 'discard' }, notRead, { machine: 'b' })).toBe('load_discarded');
    expect(await own()).toEqual([]);
    expect(await run({ ...of, decision: 'release' }, notRead, { machine: 'c' })).toBe('stage_lost');
    await run(of, two, { machine: 'a', gate: holding, sync: 2 });
    expect(await run(of, () => [page('a', 1, [row(3)]), closed('a', {})], { machine: 'b', sync: 3 })).toBeNull();
    expect(await own()).toEqual([]);
    expect(await rows()).toEqual([3]);
  });
});
