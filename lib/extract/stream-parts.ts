import type { JsonObject } from '#lib/json.ts';
import type { Concurrency } from './concurrency/concurrency.ts';
import type { Cursor, FileUploader, Retriever, StateMigration, Stretch, Transformation } from './families.ts';
import type { Found } from './found.ts';
import type { ReadEvent, ReadLimits } from './source.ts';
import type { OpenPartition } from './stream-states.ts';

/** A stream's components, made for one config. */
export interface StreamParts extends Retriever {
  readonly name: string;
  readonly transformations: readonly Transformation[];
  readonly cursor: Cursor | null;
  readonly uploader?: FileUploader;
  /** Done to an old state before it is read. */
  readonly migrations: readonly StateMigration[];
  readonly concurrency: Concurrency;
  readonly schema: JsonObject;
  readonly now: () => Date;
}

/** What is known while a slice is read. */
export interface Reading {
  readonly stretch: Stretch;
  readonly partition: OpenPartition;
  readonly limits: ReadLimits;
  readonly keepRaw: boolean;
  readonly found: Found;
  /** The schema of the stream as it is configured. */
  readonly catalog: JsonObject;
}

export type PageEvent = Extract<ReadEvent, { type: 'page' }>;
