import { fenced } from '../stage-errors.ts';
import { highestFence } from './commits.ts';
import type { StageParts } from './stage-parts.ts';

type Fence = Pick<StageParts, 'attempt' | 'config' | 'store'>;

/** Whether a newer attempt has begun. */
export async function isFenced({ attempt, config, store }: Fence): Promise<boolean> {
  return (await highestFence(store, config.ownPath, attempt.connectionId)) !== attempt.fence;
}

/** @throws WeirError `fenced` */
export async function assertNotFenced(parts: Fence): Promise<void> {
  if (await isFenced(parts)) throw fenced(parts.attempt);
}
