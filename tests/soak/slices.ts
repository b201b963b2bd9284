import type { JsonObject } from '#lib/json.ts';
import type { Scenario } from './scenario.ts';

/** Numbers of a sync's slices begin anew after so many. */
const PER_SYNC = 1_000;

export interface NumberedSlice {
  /** Over all syncs; the state of an incremental stream is the last one that it covers. */
  readonly number: number;
  readonly pages: readonly (readonly JsonObject[])[];
}

/** What the source gives in a sync: of an incremental stream all slices that there ever were, of a full refresh those of now. */
export function numberedSlices({ mode, syncs }: Scenario, sync: number): NumberedSlice[] {
  const first = mode.syncMode === 'incremental' ? 0 : sync;
  return syncs
    .slice(first, sync + 1)
    .flatMap(({ slices }, index) =>
      slices.map((pages, at) => ({ number: PER_SYNC * (first + index) + at + 1, pages })),
    );
}
