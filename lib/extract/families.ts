import type { CheckResult, StreamDescriptor, StreamState } from '#lib/catalog.ts';
import type { WeirError } from '#lib/errors.ts';
import type { JsonObject, JsonValue } from '#lib/json.ts';
import type { DateTime } from '#lib/manifest/datetime/date-time.ts';
import type { SpooledBody } from './request/spool.ts';
import type { Slice } from './slice.ts';
import type { ExtractContext, FileReference, PlanRequest, ReadEvent, ReadRequest, StreamPlan } from './source.ts';

// What the kinds of each family do. A kind's file implements one of these.

/** What goes into a request beside its address. */
export interface RequestParts {
  readonly params?: Readonly<Record<string, string | string[]>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly bodyData?: Readonly<Record<string, string | string[]>>;
  readonly bodyJson?: JsonObject;
  /** In place of the requester's own path; a whole address replaces all. */
  readonly path?: string;
}

/** An answer as templates see it. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  /** The body as JSON where it is some, else as text. */
  readonly body: JsonValue;
  readonly raw: Uint8Array;
  readonly bytes: number;
  /** Where it came from after redirects, without query and credentials. */
  readonly url?: string;
  /** A body that is read some records at a time; of a large one `raw` is only how it begins. */
  readonly file?: SpooledBody;
}

/** Adds credentials to a request. */
export interface Authenticator {
  parts(context: ExtractContext): Promise<RequestParts>;
  /**
   * Forgets what it has fetched, after a 401; false when there is nothing to fetch anew. Given the request as text, so that a
   * token stays that others have fetched since it was sent.
   */
  renew(sent: string): boolean;
}

export type ErrorAction =
  | 'SUCCESS'
  | 'FAIL'
  | 'RETRY'
  | 'IGNORE'
  | 'RATE_LIMITED'
  | 'RESET_PAGINATION'
  | 'REFRESH_TOKEN_THEN_RETRY';

export interface Resolution {
  readonly action: ErrorAction;
  readonly message?: string;
  readonly failureType?: 'config_error' | 'transient_error' | 'system_error';
}

export interface ErrorHandler {
  readonly maxRetries: number;
  /** What this answer means; null when this handler has no word for it. */
  resolve(answer: Answer): Resolution | null;
  /** What a request without an answer means. */
  resolveError(error: WeirError): Resolution;
  /** Seconds before the next try; null for the usual ones. */
  backoff(answer: Answer | null, tries: number): number | null;
}

export interface ResponseFilter {
  matches(answer: Answer): Resolution | null;
}

export interface Backoff {
  seconds(answer: Answer | null, tries: number): number | null;
}

export interface Decoder {
  /** Its first value is the whole body: what templates of pages see as `response`. */
  readonly isDocument?: boolean;
  /** It reads the body as JSON, as one document (`body` of the answer) or a value per line. */
  readonly isJson?: boolean;
  /** The body's values: one document, or one value per line. @throws WeirError with the place */
  decode(answer: Answer, place: { stream: string; page: number }): JsonValue[] | Promise<JsonValue[]>;
  /** The same, some values at a time. Only of those that can. */
  batches?(body: SpooledBody, place: { stream: string; page: number }): AsyncIterable<JsonValue[]>;
}

export interface Extractor {
  extract(body: JsonValue): Promise<JsonValue[]> | JsonValue[];
  /** The path in words, for notices; empty for the whole body. */
  readonly path: string;
  /** In place of the retriever's decoder, where the extractor says how the body is written. */
  readonly decoder?: Decoder;
}

export interface RecordFilter {
  keeps(record: JsonObject, slice: Slice, state: StreamState | null): boolean | Promise<boolean>;
}

export interface Transformation {
  transform(record: JsonObject, slice: Slice): JsonObject | Promise<JsonObject>;
}

export type Normalize = (record: JsonObject, schema: JsonObject) => JsonObject | Promise<JsonObject>;

export interface RecordSelector {
  readonly extractor: Extractor;
  readonly filter: RecordFilter | null;
  /** Null where the manifest says nothing. */
  readonly transformFirst: boolean | null;
  /** Casts the values of a record to the types of its schema; null where they stay as they are. */
  readonly normalize: Normalize | null;
}

/** Where a value goes in a request. */
export interface RequestOption {
  /** As text or a list of texts; in a JSON body as it is. */
  parts(value: unknown): RequestParts;
  /** Its place in words, to notice two values for one place. */
  readonly place: string;
}

export interface PageEnd {
  readonly answer: Answer;
  /** Records after filter and transformations: how many, and the last of them. */
  readonly count: number;
  readonly lastRecord: JsonObject | null;
  /** Records that the page held. */
  readonly rawCount: number;
}

export interface Paginator {
  /** Token of the first request; null for none. */
  first(): PageToken | null;
  parts(token: PageToken | null, slice: Slice): RequestParts;
  /** Token of the next request; null at the end. */
  next(page: PageEnd, token: PageToken | null): PageToken | null;
}

/** As the template gave it: a JSON body carries an object or a number as it is. */
export type PageToken = string | number | bigint | boolean | object;

export interface PaginationStrategy {
  readonly pageSize: number | null;
  first(): PageToken | null;
  next(page: PageEnd, token: PageToken | null): PageToken | null;
}

export interface Requester {
  send(context: ExtractContext, request: PageRequest): Promise<Answer | null>;
  /** The request that `send` would send; without credentials where those must be asked for. Sends nothing. */
  prepare?(context: ExtractContext, request: PageRequest): Promise<PreparedRequest>;
}

/** What a page is asked with. */
export interface PageRequest {
  readonly slice: Slice;
  readonly parts: readonly RequestParts[];
  readonly token: PageToken | null;
  readonly page: number;
  readonly stream: string;
  /** The body of its answer comes as one that is read some records at a time. */
  readonly spools?: boolean;
}

/** A request that was put together and not sent. */
export interface PreparedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Who must be asked for credentials first. */
  readonly login?: string;
}

export interface PartitionRouter {
  /** Names under which partitions carry their values. */
  readonly fields: readonly string[];
  /** Whether its partitions share one state, since they stand for no thing that stays. */
  readonly oneState?: boolean;
  /** Partitions, one after the other; `state` is the state of the stream that they are for, and what its parents start from. */
  partitions(context: ExtractContext, state: StreamState | null): AsyncIterable<PartitionEvent>;
  parts(slice: Slice): RequestParts;
}

export type PartitionEvent =
  | { readonly slice: Slice }
  /** The states of the parents, by name, that hold once all partitions up to here are read. */
  | { readonly parentState: JsonObject }
  | { readonly notice: string };

/** A position in the data of a stream: what was read, and what is left. */
export interface Cursor {
  readonly field: string;
  readonly clientSide: boolean;
  readonly isDataFeed: boolean;
  /** One state for all partitions. */
  readonly isGlobal: boolean;
  parts(slice: Slice): RequestParts;
  /** Takes up one partition where its state says, or so many seconds before. */
  track(state: StreamState | null, lookbackSeconds?: number): CursorTrack;
  /** When a state is from; null where it can't be told. Only cursors of dates have it. */
  timeOf?(state: StreamState): DateTime | null;
  /** The state that is further on. */
  newer(a: StreamState | null, b: StreamState | null): StreamState | null;
}

/** A part of what is left to read, as slices and templates see it. */
export interface Stretch {
  readonly cursor: Slice['cursor'];
  /** Nothing is left after it. */
  readonly last: boolean;
}

/** Keeps account of one partition. */
export interface CursorTrack {
  /** What is left to read, oldest first. */
  stretches(): Iterable<Stretch>;
  observe(record: JsonObject, stretch: Stretch): void;
  /** Whether the record comes before what reading began from. */
  isOld(record: JsonObject): boolean;
  /** Whether the record lies in what is read: neither old nor after the end. */
  isNew(record: JsonObject): boolean;
  /** The stretch was read to its end; they are closed in their order. */
  close(stretch: Stretch): void;
  /** Covers the stretches that are closed, no record of the others. */
  readonly state: StreamState;
  /** The newest record seen, in the form of a state. */
  readonly newest: StreamState | null;
}

/** Brings the state of an older version of a stream into the form of this one. */
export interface StateMigration {
  migrate(
    state: StreamState,
    stream: { readonly cursor: Cursor | null; readonly routers: readonly PartitionRouter[] },
  ): StreamState;
}

export interface SchemaLoader {
  /** The JSON schema of the records; some loaders ask the API for it. */
  schema(context: ExtractContext): JsonObject | Promise<JsonObject>;
}

/** What a template of streams is filled in with. */
export interface ComponentsResolver {
  /** The template filled in, once for each stream; types and parameters are not propagated yet. */
  resolve(context: ExtractContext, template: JsonObject): AsyncIterable<JsonObject>;
}

/** Streams that are made when the config is known. */
export interface DynamicStreams {
  /** Their components, complete. */
  streams(context: ExtractContext): Promise<JsonObject[]>;
}

/** The fields that requests name. */
export interface PropertyChunks {
  /** Those of each request for one page; `schema` is that of the configured stream. */
  chunks(context: ExtractContext, schema: JsonObject): Promise<string[][]>;
  /** Tells parts of one record; null where each record is whole. */
  readonly mergeKey: ((record: JsonObject) => string | null) | null;
}

/** When the pages of a slice begin anew, and from where. */
export interface PaginationReset {
  /** From where the cursor is, else from the start of the slice. */
  readonly splits: boolean;
  readonly mostRecords: number | null;
}

/** Downloads the file that belongs to a record. */
export interface FileUploader {
  /** Where it lies now; null where the answer was passed over. */
  upload(context: ExtractContext, record: JsonObject, stream: string): Promise<FileReference | null>;
}

/** How a stream's records are read: the parts that the page loop drives. */
export interface Retriever {
  readonly requester: Requester;
  readonly paginator: Paginator;
  readonly decoder: Decoder;
  readonly selector: RecordSelector;
  readonly routers: readonly PartitionRouter[];
  readonly sliceOnFirstPageOnly: boolean;
  /** What each page is asked with, one request after the other, where the API is told which fields to give. */
  readonly properties?: PropertyChunks & { parts(slice: Slice): RequestParts };
  readonly reset?: PaginationReset;
  /** What is read for one slice where that is not the slice itself: the downloads of a job, one after the other. */
  readonly pieces?: (context: ExtractContext, slice: Slice, stream: string) => AsyncIterable<Slice>;
  /** Asked first for such a slice: it starts the job. */
  readonly creation?: Requester;
  /** Slices that are in work at once at the least, where they mostly wait. */
  readonly leastWidth?: number;
}

/** A stream ready to be asked and read. */
export interface StreamReader {
  describe(context: ExtractContext): StreamDescriptor | Promise<StreamDescriptor>;
  read(context: ExtractContext, request: ReadRequest): AsyncIterable<ReadEvent>;
  check?(context: ExtractContext): Promise<CheckResult>;
  /** What reading it would ask for, without asking. */
  plan?(context: ExtractContext, request: PlanRequest): Promise<StreamPlan>;
}
