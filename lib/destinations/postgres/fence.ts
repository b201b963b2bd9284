import { WeirError } from '#lib/errors.ts';
import type { AttemptRef } from '../destination.ts';
import { lockFence, type Queryable } from './store.ts';

/** Holds newer attempts off until the transaction ends; throws `fenced` if one has been here. */
export async function holdFence(db: Queryable, attempt: AttemptRef): Promise<void> {
  if ((await lockFence(db, attempt.connectionId)) !== attempt.fence) throw fenced(attempt);
}

export function fenced(attempt: AttemptRef): WeirError {
  return new WeirError({
    kind: 'terminal',
    code: 'fenced',
    message: `A newer attempt has taken over from attempt ${attempt.attempt} of sync ${attempt.syncId}.`,
    hint: 'Nothing to do: the newer attempt goes on.',
  });
}
