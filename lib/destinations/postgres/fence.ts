import type { AttemptRef } from '../destination.ts';
import { fenced } from '../stage-errors.ts';
import { lockFence, type Queryable } from './store.ts';

/** Holds newer attempts off until the transaction ends; throws `fenced` if one has been here. */
export async function holdFence(db: Queryable, attempt: AttemptRef): Promise<void> {
  if ((await lockFence(db, attempt.connectionId)) !== attempt.fence) throw fenced(attempt);
}

/** Whether a newer attempt has been here; false where that can't be asked. */
export async function isFenced(db: Queryable, { connectionId, fence }: AttemptRef): Promise<boolean> {
  return (await lockFence(db, connectionId).catch(() => fence)) !== fence;
}
