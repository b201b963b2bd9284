import type { StreamState } from '#lib/catalog.ts';
import type { QuarantineLimit } from '#lib/db/schema.ts';
import type { Counts, Stage, TargetStream } from '#lib/destinations/destination.ts';
import { WeirError } from '#lib/errors.ts';
import type { ReadCounts } from './read-counts.ts';
import type { LoadRules } from './sync-stream.ts';

/** A share of fewer records says little while there is more to come. */
const SHARE_FROM_RECORDS = 1_000;

/** What is loaded again was put aside, and counted, before: a replay can only lower the number. */
export function limitFor(rules: LoadRules | undefined, { replays }: TargetStream): QuarantineLimit | null {
  return replays ? null : (rules?.quarantineLimit ?? null);
}

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

/** After a checkpoint, with its own counts: the database may have refused rows after they had been taken. */
export function assertWithinLimit(limit: QuarantineLimit | null, counts: Counts, finished: boolean): void {
  const failure = overLimit(limit, counts, finished);
  if (failure) throw failure;
}

/** `quarantine_limit` if more is put aside than the connection allows, checks aside; null while it is not. */
export function overLimit(
  limit: QuarantineLimit | null,
  { read, quarantined: all, checked = 0 }: Pick<Counts, 'read' | 'quarantined' | 'checked'>,
  finished: boolean,
): WeirError | null {
  if (limit === null) return null;
  const quarantined = all - checked;
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
