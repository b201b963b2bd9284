import type { BadValues, ConfiguredStream, StreamState } from '#lib/catalog.ts';
import type { QuarantineLimit, SchemaPolicy, StreamTask } from '#lib/db/schema.ts';

/** What a stream is read from and loaded into; generation and mode are settled against the destination. */
export interface SyncStream {
  readonly configured: ConfiguredStream;
  /** `''` is the destination's default. */
  readonly namespace: string;
  readonly table: string;
  /** What somebody decided of its held load. */
  readonly decision?: 'release' | 'discard';
  /** Where somebody set the stream to begin, in the place of its published state; null state is the beginning. */
  readonly begin?: { readonly state: StreamState | null };
  /** The attempt before ended because a file of its source changed while it was read. */
  readonly filesGrow?: boolean;
  /** In place of the usual. */
  readonly task?: StreamTask;
}

/** How a connection takes what it does not expect. */
export interface LoadRules {
  readonly schemaChanges: SchemaPolicy;
  readonly badValues: BadValues;
  readonly quarantineLimit: QuarantineLimit | null;
}

/** New columns, NULL and a note, no limit. */
export const USUAL_RULES: LoadRules = {
  ...{ schemaChanges: 'propagate_columns', badValues: 'null', quarantineLimit: null },
};
