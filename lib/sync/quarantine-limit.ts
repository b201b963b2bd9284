import type { StreamState } from '#lib/catalog.ts';
import type { QuarantineLimit } from '#lib/db/schema.ts';
import type { Counts, Stage } from '#lib/destinations/destination.ts';
import { WeirError } from '#lib/errors.ts';
import type { ReadCounts } from './read-counts.ts';

/** A share of fewer records says little while there is more to come. */
const SHARE_FROM_RECORDS = 1_000;

interface Reached {
  readonly counts: ReadCounts;
  readonly stage: Stage;
  readonly state: StreamState | null;
  /** All has been read. */
  readonly finished: boolean;
}

/** Throws `quarantine_limit` once more rows are put aside than the connection allows; those can be looked at all the same. */
export async function passLimit(limit: QuarantineLimit | null, reached: Reached): Promise<void> {
  const { counts, stage, state, finished } = reached;
  const failure = overLimit(limit, counts.total, finished);
  if (failure === null) return;
  await stage.checkpoint({ state, openSlices: counts.open, counts: counts.closed });
  throw failure;
}

/** `quarantine_limit` if more is put aside than the connection allows; null while it is not. */
export function overLimit(
  limit: QuarantineLimit | null,
  { read, quarantined }: Pick<Counts, 'read' | 'quarantined'>,
  finished: boolean,
): WeirError | null {
  if (limit === null) return null;
  const { rows = Number.POSITIVE_INFINITY, percent = 100 } = limit;
  const share = (100 * quarantined) / Math.max(read, 1);
  const isOver = quarantined > rows || (share > percent && (finished || read >= SHARE_FROM_RECORDS));
  if (!isOver) return null;
  const most = quarantined > rows ? `${rows} rows` : `${percent} %`;
  return new WeirError({
    kind: 'terminal',
    code: 'quarantine_limit',
    message: `${quarantined} of ${read} records were put aside, and the connection allows ${most}.`,
    hint: 'Look at them under Quarantine, mend them at the source or in the connection, and sync again.',
  });
}
