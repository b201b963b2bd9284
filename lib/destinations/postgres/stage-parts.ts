import type pg from 'pg';
import type { AttemptRef, TargetStream } from '../destination.ts';
import type { Layout } from './layouts/index.ts';
import type { StreamRef } from './store.ts';

/** What everything that is done for one stream of one attempt needs. */
export interface StageParts {
  readonly pool: pg.Pool;
  readonly signal: AbortSignal;
  readonly attempt: AttemptRef;
  readonly ref: StreamRef;
  readonly layout: Layout;
  /** The publish whose state this attempt was told; null where there was none, undefined where it did not ask. */
  readonly begunFrom?: string | null | undefined;
  /** The stream as the connection takes it. */
  readonly given: TargetStream;
  /** The stream as its own table sees it in this layout. */
  readonly target: TargetStream;
}

/** By which the stream's own table is known in `_weir.relation`. */
export function ownRelation({
  ref,
  layout,
}: Pick<StageParts, 'ref' | 'layout'>): Pick<StreamRef, 'namespace' | 'name'> {
  return { namespace: ref.namespace, name: layout.relation(ref.name) };
}
