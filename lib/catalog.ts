import type { JsonObject } from './json.ts';

/** What a source can give, as Airbyte's protocol 0.3 names it. */
export interface StreamDescriptor {
  readonly name: string;
  readonly namespace?: string;
  /** JSON schema of one record; `{}` when the source doesn't know. */
  readonly jsonSchema: JsonObject;
  readonly supportedSyncModes: readonly SyncMode[];
  readonly sourceDefinedCursor: boolean;
  readonly defaultCursorField: readonly string[];
  /** One path per key column: `[['id']]`; empty without a key. */
  readonly sourceDefinedPrimaryKey: readonly (readonly string[])[];
  /** Its records stand for files, which are downloaded with them. */
  readonly isFileBased?: true;
}

export type SyncMode = 'full_refresh' | 'incremental';
export type DestinationSyncMode = 'append' | 'overwrite' | 'append_dedup' | 'overwrite_dedup';

/** A stream as a connection takes it. */
export interface ConfiguredStream {
  readonly stream: StreamDescriptor;
  readonly syncMode: SyncMode;
  readonly destinationSyncMode: DestinationSyncMode;
  readonly cursorField: readonly string[];
  readonly primaryKey: readonly (readonly string[])[];
  /** Top-level fields to keep; all of them when absent. */
  readonly selectedFields?: readonly string[];
  /** What is done with each record before it is loaded, in this order. */
  readonly mappers?: readonly Mapper[];
  /** A full refresh by key marks rows that have vanished, in `_ab_cdc_deleted_at`, and keeps them. */
  readonly softDelete?: boolean;
}

/** A change to each record between source and destination, as Airbyte's API names it. */
export interface Mapper {
  readonly id?: string;
  readonly type: string;
  readonly mapperConfiguration: JsonObject;
}

/** What becomes of a value that does not fit its column: NULL and a note, its row put aside, or the sync failed. */
export const BAD_VALUES = ['null', 'quarantine', 'fail'] as const;
export type BadValues = (typeof BAD_VALUES)[number];

/** What becomes of a field that the stream's schema does not name: a column, nothing, or a failed stream. */
export type NewFields = 'add' | 'leave_out' | 'refuse';

/** A stream by its name; `''` is no namespace. */
export interface StreamName {
  readonly namespace: string;
  readonly name: string;
}

/** The protocol's state of one stream; its shape belongs to the source. */
export type StreamState = JsonObject;

export interface CheckResult {
  readonly ok: boolean;
  /** What is wrong and what to do, or what was reached. */
  readonly message: string;
}
