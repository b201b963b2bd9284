import { hasFailed } from '#lib/pipelines/training-reports.ts';
import type { Named } from './states.ts';

/** A training's status is its pipeline's own word, written as the words of other states are. */
export function trainingState(status: string): Named {
  const word = status.charAt(0).toUpperCase() + status.slice(1);
  if (hasFailed(status)) return { state: 'fail', word };
  return { state: /run|progress|start/i.test(status) ? 'run' : 'ok', word };
}
