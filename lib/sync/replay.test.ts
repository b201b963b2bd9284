import { describe, expect, test } from 'vitest';
import type { ConfiguredStream } from '#lib/catalog.ts';
import type { StreamTask } from '#lib/db/schema.ts';
import type { Destination } from '#lib/destinations/destination.ts';
import { configOf, testContext } from '#lib/destinations/postgres/fixtures/test-destination.ts';
import { postgres } from '#lib/destinations/postgres/postgres.ts';
import { makeBucket } from '#lib/destinations/s3/fixtures/bucket.ts';
import type { JsonObject } from '#lib/json.ts';
import { testDatabase } from '#tests/harness/database.ts';
import { closed, extractContext, fakeSource, keepingRecorder, page, stream } from './fixtures/fake-source.ts';
import { runSync } from './run-sync.ts';
import { type LoadRules, USUAL_RULES } from './sync-stream.ts';
import type { Gate } from './sync-work.ts';

interface Run {
  readonly task?: StreamTask;
  readonly rules?: Partial<LoadRules>;
  readonly stream?: Partial<ConfiguredStream>;
  readonly gate?: Gate;
  readonly signal?: AbortSignal;
}

const connectionId = '22222222-2222-4222-8222-222222222222';
const REPLAY: Run = { task: { kind: 'replay' } };

/** A connection that puts aside what does not fit, sync after sync. */
function connection(open: (signal: AbortSignal) => Destination, mode: ConfiguredStream['destinationSyncMode']) {
  const usual = stream('items', mode.startsWith('append') ? 'incremental' : 'full_refresh', mode);
  let syncId = 0;
  const sync = async (records: JsonObject[], run: Run = {}) => {
    syncId++;
    const { recorder, counts, lines } = keepingRecorder();
    const signal = run.signal ?? new AbortController().signal;
    const destination = open(signal);
    const configured = { ...usual.configured, ...run.stream };
    try {
      const [outcome] = await runSync(
        {
          attempt: { connectionId, syncId, attempt: 1, fence: syncId },
          ...{ emittedAt: new Date(Date.UTC(2026, 0, syncId)), config: {}, destination },
          source: fakeSource({
            *items() {
              yield page('s', 1, records);
              yield closed('s', { done: syncId });
            },
          }),
          streams: [{ ...usual, configured, ...(run.task && { task: run.task }) }],
          rules: { ...USUAL_RULES, badValues: 'quarantine', ...run.rules },
        },
        { extract: extractContext(signal), recorder, ...(run.gate && { gate: run.gate }) },
      );
      return { code: outcome?.failure?.code ?? null, counts: counts.get('items'), lines };
    } finally {
      await destination.close();
    }
  };
  const aside = async () => {
    const destination = open(new AbortController().signal);
    try {
      const rows = (await destination.quarantine?.list({ connectionId, limit: 1_000 })) ?? [];
      const counted = (await destination.quarantine?.counts(connectionId)) ?? [];
      expect(counted.reduce((sum, one) => sum + one.rows, 0)).toBe(rows.length);
      return rows.map(({ record }) => (JSON.parse(record) as { name: string }).name).toSorted();
    } finally {
      await destination.close();
    }
  };
  return { sync, aside };
}

const fits = (name: string, id: number) => ({ id, name, at: '2026-01-01' });
const bad = (name: string) => ({ id: 'none', name, at: '2026-01-01' });
const textIds = { ...stream('items', 'incremental', 'append').configured.stream };
/** The schema as it was mended: ids may be text. */
const MENDED: Partial<ConfiguredStream> = {
  stream: {
    ...textIds,
    jsonSchema: { type: 'object', properties: { id: { type: 'string' }, name: { type: 'string' } } },
  },
};

const PLACES: [string, () => Promise<(signal: AbortSignal) => Destination>][] = [
  [
    'Postgres',
    async () => {
      const { url } = await testDatabase();
      return (signal) => postgres.open({ ...testContext(), signal }, configOf(url));
    },
  ],
  [
    'S3',
    async () => {
      const bucket = await makeBucket();
      return (signal) => bucket.open({}, signal);
    },
  ],
];

describe.each(PLACES)('what is loaded again: %s', (_name, makePlace) => {
  test('has no limit: what still does not fit stays, what fits goes', async () => {
    const { sync, aside } = connection(await makePlace(), 'append');
    await sync([fits('a', 1), bad('b'), { ...bad('c'), id: 3, at: 4 }, bad('d')]);
    const rules = { quarantineLimit: { rows: 0, percent: 0 } };
    const replayed = await sync([], { ...REPLAY, rules });
    expect(replayed).toMatchObject({ code: null, counts: { read: 2, quarantined: 2, written: 0 } });
    expect(await aside()).toEqual(['b', 'd']);
    expect(await sync([bad('e')], { rules })).toMatchObject({ code: 'quarantine_limit' });
  });

  test('is shown once where the replay fails or is cancelled, and comes with the next one', async () => {
    const { sync, aside } = connection(await makePlace(), 'append');
    await sync([fits('a', 1), bad('b'), bad('c')]);
    const held = { guards: () => true, onStaged: () => Promise.reject(new Error('a check broke')) };
    expect((await sync([], { ...REPLAY, gate: held })).code).not.toBeNull();
    expect(await aside()).toEqual(['b', 'c']);
    const cancelled = new AbortController();
    const cancels = {
      guards: () => true,
      onStaged: async () => {
        cancelled.abort(new Error('somebody cancelled'));
        cancelled.signal.throwIfAborted();
      },
    };
    await expect(sync([], { ...REPLAY, gate: cancels, signal: cancelled.signal })).rejects.toThrow(
      'somebody cancelled',
    );
    expect(await aside()).toEqual(['b', 'c']);
    const replayed = await sync([], { ...REPLAY, stream: MENDED });
    expect(replayed).toMatchObject({ code: null, counts: { read: 2, quarantined: 0, written: 2 } });
    expect(replayed.lines.join()).not.toContain('will come again');
    expect(await aside()).toEqual([]);
  });

  test('of a full refresh stands beside what is there, and goes with it', async () => {
    const { sync, aside } = connection(await makePlace(), 'overwrite');
    await sync([fits('a', 1), bad('b')]);
    expect(await sync([], { ...REPLAY, stream: MENDED })).toMatchObject({ counts: { read: 1, written: 1 } });
    expect(await aside()).toEqual([]);
    expect(await sync([fits('a', 1), bad('b')])).toMatchObject({ code: null });
    expect(await sync([], REPLAY)).toMatchObject({ code: null, counts: { read: 0, written: 0 } });
  });

  test('fails where values that do not fit fail the stream, and stays', async () => {
    const { sync, aside } = connection(await makePlace(), 'append');
    await sync([bad('b'), bad('c')]);
    expect(await sync([], { ...REPLAY, rules: { badValues: 'fail' } })).toMatchObject({ code: 'bad_value' });
    expect(await aside()).toEqual(['b', 'c']);
  });
});

test('what lacked its key is merged by another', async () => {
  const { url, query } = await testDatabase();
  const { sync, aside } = connection(
    (signal) => postgres.open({ ...testContext(), signal }, configOf(url)),
    'append_dedup',
  );
  await sync([fits('a', 1), { ...fits('b', 2), id: null }, { ...fits('a', 3), id: null }]);
  expect(await aside()).toEqual(['a', 'b']);
  const replayed = await sync([], { ...REPLAY, stream: { primaryKey: [['name']] } });
  expect(replayed).toMatchObject({ code: null, counts: { read: 2, quarantined: 0, written: 2 } });
  expect(await query('select id::int, name from items order by name')).toEqual([
    { id: null, name: 'a' },
    { id: null, name: 'b' },
  ]);
});

test('in a bucket that keeps some syncs, a replay is none: its files go with those of the sync before', async () => {
  const bucket = await makeBucket();
  const retention = { rule: 'generations', count: 1, old_files: { action: 'delete' } };
  const { sync } = connection((signal) => bucket.open({ retention }, signal), 'append');
  const names = async () => {
    const sql = `select name from read_parquet('$FOLDER/*.parquet') order by 1`;
    return (await bucket.query('airbyte-data/items/', sql)).map(({ name }) => name);
  };
  await sync([fits('a', 1), bad('b')]);
  await sync([], { ...REPLAY, stream: MENDED });
  expect(await names()).toEqual(['a', 'b']);
  await sync([fits('c', 3)], { stream: MENDED });
  expect(await names()).toEqual(['c']);
});
