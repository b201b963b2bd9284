import { hasFailed } from '#lib/pipelines/training-reports.ts';
import type { State } from './states.ts';

/** A training's status is its pipeline's own word. */
export function trainingState(status: string): State {
  if (hasFailed(status)) return 'fail';
  return /run|progress|start/i.test(status) ? 'run' : 'ok';
}
