import { WeirError } from '#lib/errors.ts';
import type { AttemptRef } from '../destination.ts';
import { fenced } from '../stage-errors.ts';
import { lockFence, type Queryable } from './store.ts';

/**
 * Holds newer attempts off until the transaction ends; throws `fenced` if one has been here. A fence that is older than ours was lost: its
 * commit waits for no disk, and a standby may have missed it.
 */
export async function holdFence(db: Queryable, attempt: AttemptRef): Promise<void> {
  const fence = (await lockFence(db, attempt.connectionId)) ?? 0;
  if (fence > attempt.fence) throw fenced(attempt);
  if (fence < attempt.fence) throw fenceLost(attempt);
}

/** Of a stage that is not this attempt's any more: a newer one has taken it, or it was lost with the fence. */
export async function stageTaken(db: Queryable, attempt: AttemptRef): Promise<WeirError> {
  return (await isFenced(db, attempt)) ? fenced(attempt) : fenceLost(attempt);
}

/** Whether a newer attempt has been here; false where that can't be asked. */
export async function isFenced(db: Queryable, { connectionId, fence }: AttemptRef): Promise<boolean> {
  return ((await lockFence(db, connectionId).catch(() => fence)) ?? fence) > fence;
}

function fenceLost({ attempt, syncId }: AttemptRef): WeirError {
  return new WeirError({
    kind: 'transient',
    code: 'fence_lost',
    message: `The destination knows nothing of attempt ${attempt} of sync ${syncId} any more: it crashed and lost its last moment, a standby without that took over, or somebody dropped the schema _weir.`,
    hint: 'The sync goes on from what is there.',
  });
}
