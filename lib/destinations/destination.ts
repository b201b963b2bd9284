import type { CheckResult, ConfiguredStream, StreamState } from '#lib/catalog.ts';
import type { JsonObject } from '#lib/json.ts';
import type { Log } from '#lib/log.ts';

export interface DestinationContext {
  readonly log: Log;
  readonly clock: () => Date;
  readonly signal: AbortSignal;
  /** Refuses private addresses that nobody allowed; resolves to the address to connect to. */
  readonly guard: (host: string, port: number) => Promise<{ address: string; family: 4 | 6 }>;
  /** Where local stage files may live. */
  readonly workDir: string;
}

/** A destination as its owner declared it: a kind, and a config that fits the kind's JSON schema. */
export interface DestinationKind {
  readonly type: string;
  readonly title: string;
  /** JSON schema of the config; secrets carry `airbyte_secret: true`. */
  readonly spec: JsonObject;
  readonly supportedModes: readonly ConfiguredStream['destinationSyncMode'][];
  open(context: DestinationContext, config: JsonObject): Destination;
}

export interface Destination {
  /** Connects, and proves by doing it that the rights suffice. */
  check(): Promise<CheckResult>;
  /**
   * Begins an attempt: writes its fence first, so that an older attempt can no longer publish.
   * Throws `fenced` if a newer attempt has been here.
   */
  begin(attempt: AttemptRef): Promise<Load>;
  close(): Promise<void>;
}

/** `fence` rises with every attempt of a connection, over all its syncs. */
export interface AttemptRef {
  readonly connectionId: string;
  readonly syncId: number;
  readonly attempt: number;
  readonly fence: number;
}

/** One attempt's work at the destination. */
export interface Load {
  /** The last published state, and the number of the last published generation (0 before the first). */
  published(stream: TargetStream): Promise<{ state: StreamState | null; generation: number }>;
  /** Opens the stream's stage; takes up what an earlier attempt of the same sync had checkpointed there. */
  stage(stream: TargetStream): Promise<Stage>;
}

/** A stream with its place at the destination worked out: namespace and table after prefix and mapping. */
export interface TargetStream extends ConfiguredStream {
  readonly namespace: string;
  readonly table: string;
  readonly generation: number;
  /** One instant per stream and sync, kept over attempts. */
  readonly emittedAt: Date;
}

export interface StagePage {
  readonly slice: string;
  readonly page: number;
  readonly records: readonly JsonObject[];
}

export interface Counts {
  readonly read: number;
  readonly filtered: number;
  readonly quarantined: number;
  /** Rows staged; after dedup the table may grow by fewer. */
  readonly written: number;
  readonly bytes: number;
}

/** Where checks find what was staged or published. */
export type Relation =
  | { readonly kind: 'postgres'; readonly schema: string; readonly table: string }
  | { readonly kind: 'parquet'; readonly files: readonly string[] };

/**
 * What has been read but not yet published. Rows belong to a slice: those of slices that were not closed at the
 * last checkpoint are dropped when the stage is taken up again.
 */
export interface Stage {
  /** What an earlier attempt left: the state to go on from and the counts so far. Null at a fresh start. */
  readonly resumed: { readonly state: StreamState | null; readonly counts: Counts } | null;
  /** Writes one page. Rows that can't be written go to quarantine with their reason, and are counted. */
  write(page: StagePage): Promise<{ written: number; quarantined: number }>;
  /** Saves stage, state and counts together. `openSlices` are still being read: their rows may be dropped. */
  checkpoint(save: { state: StreamState; openSlices: readonly string[]; counts: Counts }): Promise<void>;
  /** What quality measures before publishing. */
  relation(): Promise<Relation>;
  /**
   * Merges, appends or swaps, and makes the checkpointed state the stream's state, in one transaction that checks
   * the fence. A full refresh publishes once, at the end (`complete`); incremental modes may publish at any checkpoint.
   * Throws `fenced`, and `unknown_outcome` never: a lost connection is resolved by looking.
   */
  publish(options: { complete: boolean }): Promise<Published>;
  /** Drops staged rows and their state. */
  discard(): Promise<void>;
}

export interface Published {
  readonly relation: Relation;
  /** Rows in the table or generation after publishing, when cheap to know. */
  readonly rows: number | null;
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
}
