import type { JsonObject } from '#lib/json.ts';
import type { Held } from './expected.ts';
import { isInParts, type Scenario, taskOf } from './scenario.ts';
import { numberedSlices } from './slices.ts';

/** The state of the stream that its destination shows. */
export interface PublishedState {
  /** Number of the last slice that it covers. */
  readonly done: number;
  readonly syncId: number;
  readonly complete: boolean;
}

/** A record, the sync that read it from the source, its place in that, and the slice that it came in. */
export interface Came {
  readonly record: JsonObject;
  readonly came: number;
  readonly seq: number;
  readonly slice: number;
}

/** What a sync was given, or has published of it. */
export interface Load {
  readonly sync: number;
  readonly records: readonly Came[];
  /** There is nothing more to come. */
  readonly complete: boolean;
}

/** What a sync reads that begins with that at its destination. */
export function givenTo(
  scenario: Scenario,
  sync: number,
  { state, held }: { state: PublishedState | null; held: Held },
): Load {
  const task = taskOf(scenario, sync);
  if (task.kind === 'clear') return { sync, records: [], complete: true };
  if (task.kind === 'replay') return { sync, records: held.aside, complete: true };
  const done = task.kind === 'usual' && scenario.mode.syncMode === 'incremental' ? (state?.done ?? 0) : 0;
  const slices = numberedSlices(scenario, sync).filter(({ number }) => number > done);
  const records = slices.flatMap(({ number, pages }) =>
    pages.flat().map((record) => ({ record, came: sync, slice: number })),
  );
  return { sync, records: records.map((one, seq) => ({ ...one, seq })), complete: true };
}

/** What of that is published once the state is `now`; null for nothing. */
export function publishedOf(scenario: Scenario, given: Load, now: PublishedState | null): Load | null {
  if (now === null || now.syncId !== given.sync + 1) return null;
  if (now.complete) return given;
  if (!isInParts(scenario, given.sync)) return null;
  return { ...given, complete: false, records: given.records.filter(({ slice }) => slice <= now.done) };
}
