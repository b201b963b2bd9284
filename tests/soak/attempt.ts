import { configOf, testContext } from '#lib/destinations/postgres/fixtures/test-destination.ts';
import { postgres } from '#lib/destinations/postgres/postgres.ts';
import { s3 } from '#lib/destinations/s3/s3.ts';
import { type Failure, toFailure, WeirError } from '#lib/errors.ts';
import type { ReadEvent } from '#lib/extract/source.ts';
import type { JsonObject } from '#lib/json.ts';
import { extractContext, fakeSource, keepingRecorder } from '#lib/sync/fixtures/fake-source.ts';
import { runSync } from '#lib/sync/run-sync.ts';
import { type SyncStream, USUAL_RULES } from '#lib/sync/sync-stream.ts';
import { bucketConfig, bucketContext } from './bucket.ts';
import { CONNECTION, FILTERED_ID, type Scenario, type SyncScenario } from './scenario.ts';

/** One attempt of one sync of a scenario, and what it is to be called. */
export interface AttemptOf {
  /** Of the database, or of the object store. */
  readonly url: string;
  readonly table: string;
  readonly sync: number;
  readonly attempt: number;
  readonly fence: number;
  /** The source breaks off after so many events. */
  readonly sourceBreaks?: number;
}

/** Null when it went through. */
export async function runAttempt(scenario: Scenario, of: AttemptOf): Promise<Failure | null> {
  const given = scenario.syncs[of.sync];
  if (given === undefined) throw new Error('no such sync');
  const destination =
    scenario.layout === 'bucket'
      ? s3.open(bucketContext(), bucketConfig(of.url))
      : postgres.open(testContext(), { ...configOf(of.url), layout: scenario.layout });
  try {
    const [outcome] = await runSync(
      {
        attempt: {
          ...{ connectionId: CONNECTION, syncId: of.sync + 1, attempt: of.attempt, fence: of.fence },
        },
        ...{
          emittedAt: new Date(2026, 0, of.sync + 1),
          config: {},
          destination,
          streams: [streamOf(scenario, given, of.table)],
        },
        rules: { ...USUAL_RULES, badValues: scenario.badValues },
        source: fakeSource({
          items: ({ state }) => events(given, Number(state?.done ?? 0), of),
        }),
      },
      { extract: extractContext(undefined, ticking(given.slow)), recorder: keepingRecorder().recorder },
    );
    return outcome?.failure ?? null;
  } catch (error) {
    return toFailure(error);
  } finally {
    await destination.close();
  }
}

/** The state counts slices over all syncs of an incremental stream; a full refresh begins at the first. */
function* events(
  sync: SyncScenario,
  done: number,
  { sourceBreaks = Number.POSITIVE_INFINITY, sync: number }: AttemptOf,
) {
  let left = sourceBreaks;
  const step = (event: ReadEvent): ReadEvent => {
    if (left-- <= 0) throw new WeirError({ kind: 'transient', code: 'broke_off', message: 'The source broke off.' });
    return event;
  };
  const before = 1_000 * number;
  for (const [index, pages] of sync.slices.entries()) {
    if (before + index + 1 <= done) continue;
    const slice = `slice ${index}`;
    for (const [at, records] of pages.entries())
      yield step({ type: 'page', slice, page: at + 1, records, read: records.length, filtered: 0, bytes: 1 });
    yield step({ type: 'slice_closed', slice, state: { done: before + index + 1 } });
  }
}

function streamOf({ mode, filters, cursor }: Scenario, { knowsTimes }: SyncScenario, table: string): SyncStream {
  const properties: JsonObject = {
    id: { type: ['null', 'integer'] },
    ...(cursor !== 'numbers' && { at: { type: ['null', 'string'], ...(knowsTimes && { format: 'date-time' }) } }),
    score: { type: ['null', 'integer'] },
  };
  const filtered = { type: 'EQUAL', fieldName: 'id', comparisonValue: String(FILTERED_ID) };
  const mapperConfiguration = { conditions: { type: 'NOT', conditions: [filtered] } };
  return {
    configured: {
      ...mode,
      stream: {
        name: 'items',
        jsonSchema: { type: 'object', properties },
        supportedSyncModes: ['full_refresh', 'incremental'],
        ...{ sourceDefinedCursor: true, defaultCursorField: ['at'], sourceDefinedPrimaryKey: [['id']] },
      },
      ...{ cursorField: ['at'], primaryKey: [['id']] },
      ...(filters && { mappers: [{ type: 'row-filtering', mapperConfiguration }] }),
    },
    ...{ namespace: '', table },
  };
}

function ticking(slow: boolean): () => Date {
  let now = Date.parse('2026-01-01T00:00:00Z');
  return () => {
    now += slow ? 6_000 : 1;
    return new Date(now);
  };
}
