import { configOf, testContext } from '#lib/destinations/postgres/fixtures/test-destination.ts';
import { postgres } from '#lib/destinations/postgres/postgres.ts';
import { s3 } from '#lib/destinations/s3/s3.ts';
import { type Failure, toFailure, WeirError } from '#lib/errors.ts';
import type { ReadEvent, ReadRequest } from '#lib/extract/source.ts';
import { extractContext, fakeSource, keepingRecorder } from '#lib/sync/fixtures/fake-source.ts';
import { ordered } from '#lib/sync/order.ts';
import { runSync } from '#lib/sync/run-sync.ts';
import type { Gate } from '#lib/sync/sync-work.ts';
import { bucketConfig, bucketContext } from './bucket.ts';
import { csvFile } from './csv-file.ts';
import { ASIDE_ID, CONNECTION, gateOfSync, isWhole, namesOf, type Scenario, taskOf } from './scenario.ts';
import { numberedSlices } from './slices.ts';
import { emittedAt } from './stands-for.ts';
import { streamOf } from './stream-of.ts';

/** One attempt of one sync of a scenario, and what it is to be called. */
export interface AttemptOf {
  /** Of the database, or of the object store. */
  readonly url: string;
  readonly table: string;
  readonly sync: number;
  readonly attempt: number;
  readonly fence: number;
  /** What is staged on one machine is not on the others. */
  readonly machine: number;
  /** Somebody has decided of the load that was held. */
  readonly decision?: 'release' | 'discard';
  /** The source breaks off after so many events. */
  readonly sourceBreaks?: number;
}

const CANCELLED: Failure = { kind: 'terminal', code: 'cancelled', message: 'Somebody cancelled the sync.' };

/** Null when it went through. */
export async function runAttempt(
  scenario: Scenario,
  of: AttemptOf,
  signal = new AbortController().signal,
): Promise<Failure | null> {
  const given = scenario.syncs[of.sync];
  if (given === undefined) throw new Error('no such sync');
  const destination = destinationOf(scenario, of, signal);
  const { badValues, limit, newFields } = scenario.rules;
  const gate = gateOfSync(scenario, of.sync);
  try {
    const [outcome] = await runSync(
      {
        attempt: { connectionId: CONNECTION, syncId: of.sync + 1, attempt: of.attempt, fence: of.fence },
        ...{ emittedAt: emittedAt(of.sync), config: {}, destination },
        ...asked(scenario, of),
        rules: { badValues: given.mended ? 'null' : badValues, schemaChanges: newFields, quarantineLimit: limit },
      },
      {
        extract: extractContext(signal, ticking(given.slow)),
        recorder: keepingRecorder().recorder,
        ...(gate !== 'none' && { gate: gateOf(scenario, of.sync) }),
      },
    );
    return outcome?.failure ?? null;
  } catch (error) {
    return signal.aborted ? CANCELLED : toFailure(error);
  } finally {
    await destination.close();
  }
}

/** The source and the stream, as the sync's task has them. */
function asked(scenario: Scenario, of: AttemptOf) {
  const { sync, table, decision } = of;
  const task = taskOf(scenario, sync);
  const usual = {
    source: fakeSource({ items: (request) => events(scenario, request, of) }),
    streams: [{ ...streamOf(scenario, sync, table), ...(decision && { decision }) }],
  };
  const kind = task.kind === 'clear' ? 'clear' : 'sync';
  const instead = task.kind === 'clear' || task.kind === 'usual' ? null : task;
  return ordered(usual, { kind, onlyStreams: null, task: instead }, []);
}

function destinationOf(scenario: Scenario, { url, machine, sync }: AttemptOf, signal: AbortSignal) {
  const { layout, place } = scenario;
  if (place.kind === 'warehouse') return postgres.open({ ...testContext(), signal }, { ...configOf(url), layout });
  return s3.open(bucketContext(machine, sync, signal), bucketConfig(url, scenario, place));
}

/** The state counts slices over all syncs of an incremental stream; a full refresh begins at the first of its own. */
function* events(
  scenario: Scenario,
  { state, takesFiles }: ReadRequest,
  { sourceBreaks = Number.POSITIVE_INFINITY, sync, table }: AttemptOf,
) {
  const done = Number(state?.done ?? 0);
  let left = sourceBreaks;
  const step = (event: ReadEvent): ReadEvent => {
    if (left-- <= 0) throw new WeirError({ kind: 'transient', code: 'broke_off', message: 'The source broke off.' });
    return event;
  };
  for (const { number, pages } of numberedSlices(scenario, sync)) {
    if (number <= done) continue;
    const slice = `slice ${number}`;
    let isTaken = false;
    if (scenario.inFiles && takesFiles) {
      const taken = () => {
        isTaken = true;
      };
      yield step({ type: 'file', slice, file: csvFile(pages.flat(), { table, number }), taken });
    }
    for (const [at, records] of isTaken ? [] : pages.entries())
      yield step({ type: 'page', slice, page: at + 1, records, read: records.length, filtered: 0, bytes: 1 });
    yield step({ type: 'slice_closed', slice, state: { done: number } });
  }
}

function gateOf(scenario: Scenario, sync: number): Gate {
  const { id } = namesOf(scenario);
  const column = isWhole(scenario) ? `_airbyte_data ->> '${id}'` : `cast("${id}" as varchar)`;
  return {
    guards: () => true,
    async onStaged(_stream, stage) {
      const kind = gateOfSync(scenario, sync);
      await stage.staged();
      if (kind === 'aside') await stage.setAside([{ condition: `${column} = '${ASIDE_ID}'`, reason: 'such an id' }]);
      if (kind === 'release' || kind === 'discard')
        throw new WeirError({ kind: 'config', code: 'load_held', message: 'A check failed.' });
    },
  };
}

function ticking(slow: boolean): () => Date {
  let now = Date.parse('2026-01-01T00:00:00Z');
  return () => {
    now += slow ? 6_000 : 1;
    return new Date(now);
  };
}
