import type pg from 'pg';
import type { AttemptRef, TargetStream } from '../destination.ts';
import type { StreamRef } from './store.ts';

/** What everything that is done for one stream of one attempt needs. */
export interface StageParts {
  readonly pool: pg.Pool;
  readonly attempt: AttemptRef;
  readonly ref: StreamRef;
  readonly target: TargetStream;
}
