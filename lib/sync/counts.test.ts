import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ConfiguredStream } from '#lib/catalog.ts';
import type { StreamTask } from '#lib/db/schema.ts';
import type { Destination } from '#lib/destinations/destination.ts';
import { configOf, testContext } from '#lib/destinations/postgres/fixtures/test-destination.ts';
import { postgres } from '#lib/destinations/postgres/postgres.ts';
import { makeBucket } from '#lib/destinations/s3/fixtures/bucket.ts';
import { WeirError } from '#lib/errors.ts';
import type { ReadEvent } from '#lib/extract/source.ts';
import type { JsonObject } from '#lib/json.ts';
import { testDatabase } from '#tests/harness/database.ts';
import { closed, extractContext, fakeSource, keepingRecorder, page, stream } from './fixtures/fake-source.ts';
import { runSync } from './run-sync.ts';
import { type SyncStream, USUAL_RULES } from './sync-stream.ts';

const RUNS = Number(process.env.WEIR_PROPERTY_RUNS ?? 15);

/** A row is filtered by the source, filtered by the connection, put aside, or written. */
type Fate = 'by source' | 'by connection' | 'aside' | 'written';
type Page = readonly Fate[];

interface Scenario {
  readonly mode: ConfiguredStream['destinationSyncMode'];
  /** Slices of pages. */
  readonly slices: readonly (readonly Page[])[];
  /** Events after which each attempt breaks off. */
  readonly breaks: readonly number[];
  /** Each closed slice is a checkpoint, and published at once where the mode allows it. */
  readonly slow: boolean;
}

const FATES: readonly Fate[] = ['written', 'written', 'written', 'aside', 'by connection', 'by source'];

function scenarios(modes: readonly ConfiguredStream['destinationSyncMode'][]): fc.Arbitrary<Scenario> {
  const pages = fc.array(fc.array(fc.constantFrom(...FATES), { maxLength: 6 }), { minLength: 1, maxLength: 3 });
  return fc.record({
    mode: fc.constantFrom(...modes),
    slices: fc.array(pages, { minLength: 1, maxLength: 4 }),
    breaks: fc.array(fc.nat({ max: 10 }), { maxLength: 3 }),
    slow: fc.boolean(),
  });
}

/** The events of what the state does not cover; a slice that broke off is read again. */
function* events({ slices }: Scenario, done: number, breaksAfter: number): Generator<ReadEvent> {
  let left = breaksAfter;
  const step = (event: ReadEvent): ReadEvent => {
    if (left-- <= 0) throw new WeirError({ kind: 'transient', code: 'broke_off', message: 'The source broke off.' });
    return event;
  };
  for (const [index, pages] of slices.entries()) {
    if (index < done) continue;
    for (const [at, fates] of pages.entries()) {
      const kept = fates.flatMap((fate, row) => (fate === 'by source' ? [] : [rowOf(fate, `${index}.${at}.${row}`)]));
      yield step(page(`s${index}`, at + 1, kept, { filtered: fates.length - kept.length }));
    }
    yield step(closed(`s${index}`, { done: index + 1 }));
  }
}

/** Rows of two names share a key, so that dedup makes one of them. */
function rowOf(fate: Fate, name: string): JsonObject {
  return {
    id: fate === 'aside' ? 'none' : name.length % 3,
    name: fate === 'by connection' ? 'x' : name,
    at: '2026-01-01',
  };
}

const MAPPERS = [
  {
    type: 'row-filtering',
    mapperConfiguration: {
      conditions: { type: 'NOT', conditions: [{ type: 'EQUAL', fieldName: 'name', comparisonValue: 'x' }] },
    },
  },
];

async function balance(open: () => Destination, scenario: Scenario, run: number): Promise<void> {
  const usual = stream('items', scenario.mode.startsWith('append') ? 'incremental' : 'full_refresh', scenario.mode);
  const of: SyncStream = { ...usual, table: `items_${run}`, configured: { ...usual.configured, mappers: MAPPERS } };
  const connectionId = `11111111-1111-4111-8111-${String(run).padStart(12, '0')}`;
  const { recorder, counts } = keepingRecorder();
  for (const [index, after] of [...scenario.breaks, Number.POSITIVE_INFINITY].entries()) {
    const destination = open();
    const source = fakeSource({ items: ({ state }) => events(scenario, Number(state?.done ?? 0), after) });
    const attempt = { connectionId, syncId: 1, attempt: index + 1, fence: index + 1 };
    const rules = { ...USUAL_RULES, badValues: 'quarantine' as const };
    const work = {
      attempt,
      emittedAt: new Date(Date.UTC(2026, 0, 1)),
      config: {},
      streams: [of],
      destination,
      source,
      rules,
    };
    const [outcome] = await runSync(work, { extract: extractContext(undefined, clock(scenario.slow)), recorder });
    const put = await destination.quarantine?.list({ connectionId, limit: 1_000 });
    await destination.close();
    if (outcome?.failure) continue;
    const all = scenario.slices.flat(2);
    const count = (fate: Fate) => all.filter((one) => one === fate).length;
    const wanted = { filtered: count('by source') + count('by connection'), quarantined: count('aside') };
    expect(counts.get('items')).toMatchObject({ read: all.length, ...wanted, written: count('written') });
    expect(put).toHaveLength(count('aside'));
    return;
  }
}

function clock(slow: boolean): () => Date {
  let now = Date.parse('2026-01-01T00:00:00Z');
  return () => {
    now += slow ? 6_000 : 1;
    return new Date(now);
  };
}

test('Postgres: read = filtered + quarantined + written, whatever breaks off and is read again', {
  timeout: 240_000,
}, async () => {
  const { url } = await testDatabase();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(scenarios(['append', 'append_dedup', 'overwrite', 'overwrite_dedup']), (scenario) =>
      balance(() => postgres.open(testContext(), configOf(url)), scenario, ++run),
    ),
    { numRuns: RUNS, interruptAfterTimeLimit: 200_000 },
  );
});

test('S3: the same', { timeout: 240_000 }, async () => {
  const bucket = await makeBucket();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(scenarios(['append', 'overwrite']), (scenario) => balance(bucket.open, scenario, ++run)),
    { numRuns: RUNS, interruptAfterTimeLimit: 200_000 },
  );
});

test('S3: beyond the limit the stream fails; what was put aside can be looked at, and comes again after the fix, once', async () => {
  const bucket = await makeBucket();
  const of = stream('items', 'incremental', 'append');
  const connectionId = '11111111-1111-4111-8111-111111111111';
  const none = { id: 'none', name: 'a', at: '2026-01-01' };
  let fence = 0;
  const run = async (records: JsonObject[], more: { rows?: number; task?: StreamTask } = {}) => {
    fence++;
    const { recorder, counts, lines } = keepingRecorder();
    const destination = bucket.open();
    const source = fakeSource({ items: () => [page('a', 1, records), closed('a', { done: 1 })] });
    const attempt = { connectionId, syncId: fence, attempt: 1, fence };
    const quarantineLimit = more.rows === undefined ? null : { rows: more.rows };
    const [outcome] = await runSync(
      {
        ...{ attempt, emittedAt: new Date(Date.UTC(2026, 0, 1)), config: {}, destination, source },
        streams: [{ ...of, ...(more.task && { task: more.task }) }],
        rules: { ...USUAL_RULES, badValues: 'quarantine', quarantineLimit },
      },
      { extract: extractContext(), recorder },
    );
    const put = (await destination.quarantine?.list({ connectionId, limit: 10 })) ?? [];
    await destination.close();
    return { failure: outcome?.failure, counts: counts.get('items'), put, lines };
  };
  const refused = await run([none, none, { ...none, id: 1 }], { rows: 1 });
  expect(refused).toMatchObject({ failure: { code: 'quarantine_limit' }, put: [{ syncId: 1 }, { syncId: 1 }] });
  expect(await bucket.keys('airbyte-data/')).toEqual([]);

  // The fix: the field may be any text now.
  const { properties } = of.configured.stream.jsonSchema;
  Object.assign(properties as JsonObject, { id: { type: 'string' } });
  const replayed = await run([], { task: { kind: 'replay' } });
  expect(replayed).toMatchObject({ failure: null, counts: { read: 0, written: 0, quarantined: 0 }, put: [] });
  expect(replayed.lines.join()).toContain('2 rows were put aside by a sync that was not published');
  await run([none, none, { ...none, id: 1 }], { rows: 1 });
  const rows = await bucket.query('airbyte-data/items/', `select id from read_parquet('$FOLDER/*.parquet') order by 1`);
  expect(rows).toEqual([{ id: '1' }, { id: 'none' }, { id: 'none' }]);
});
