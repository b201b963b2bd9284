import type { AttemptRef, Counts, Destination, Stage } from '#lib/destinations/destination.ts';
import type { ExtractContext, Source } from '#lib/extract/source.ts';
import type { JsonObject } from '#lib/json.ts';
import type { Recorder } from './recorder.ts';
import type { LoadRules, SyncStream } from './sync-stream.ts';

/** What one attempt is to do. */
export interface SyncWork {
  readonly attempt: AttemptRef;
  readonly emittedAt: Date;
  readonly source: Source;
  readonly config: JsonObject;
  readonly destination: Destination;
  readonly streams: readonly SyncStream[];
  /** As connections begin when absent. */
  readonly rules?: LoadRules;
}

/** What goes along with it. */
export interface SyncHooks {
  readonly extract: ExtractContext;
  readonly recorder: Recorder;
  readonly gate?: Gate;
}

/** Stands between stage and publish. */
export interface Gate {
  /** Whether a table of these names is guarded: then nothing of it is published before all of it is staged and measured. */
  guards(names: readonly string[]): boolean;
  /** What it throws keeps the stage from being published; `load_held` keeps it until somebody decides. */
  onStaged(stream: SyncStream, stage: Pick<Stage, 'names' | 'staged' | 'setAside'>, counts: Counts): Promise<void>;
  /** Looks at a part of what it does not guard, just before that is published; `complete` with the last. */
  onPart?(
    stream: SyncStream,
    stage: Pick<Stage, 'names' | 'staged'>,
    part: { readonly complete: boolean; readonly counts: Counts },
  ): Promise<void>;
  /** Told that the published table has refused rows: what was measured of the load no longer tells what readers will see. */
  onRefused?(stream: SyncStream, names: readonly string[]): Promise<void>;
}
