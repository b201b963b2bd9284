import { literal } from '#lib/sql-text.ts';
import type { AttemptRef, DestinationContext, TargetStream } from '../destination.ts';
import type { S3Config } from './config.ts';
import type { FolderNames } from './folder-names.ts';
import { CAME, type FileFacts } from './layouts/layout.ts';
import type { LocalStage } from './local-stage.ts';
import type { ObjectStore } from './object-store.ts';
import type { CommitPlace } from './settle-commits.ts';

/** What everything that is done for one stream of one attempt needs. */
export interface StageParts {
  readonly context: DestinationContext;
  readonly config: S3Config;
  readonly store: ObjectStore;
  readonly attempt: AttemptRef;
  readonly target: TargetStream;
  readonly namespace: string;
  /** Where the stream's commits lie. */
  readonly prefix: string;
  readonly names: FolderNames;
  readonly local: LocalStage;
}

/** Where the stream's commits are settled. */
export function placeOf({ store, prefix, attempt, context }: StageParts): CommitPlace {
  return { store, prefix, attempt, clock: context.clock };
}

/** What the files say of all of their rows. Rows of a replay have their own instant. */
export function factsOf({ context, target }: StageParts): FileFacts {
  const at = instantOf(target.emittedAt);
  return {
    emittedAt: target.replays ? `coalesce(${CAME}::timestamptz, ${at})` : at,
    ...{ generation: target.generation, normalizedAt: instantOf(context.clock()) },
    meta: '_airbyte_meta',
  };
}

function instantOf(at: Date): string {
  return `timestamptz ${literal(at.toISOString())}`;
}
