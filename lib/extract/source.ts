import type { CheckResult, ConfiguredStream, StreamDescriptor, StreamState } from '#lib/catalog.ts';
import type { DelimitedFile } from '#lib/delimited-file.ts';
import type { JsonObject } from '#lib/json.ts';
import type { Log } from '#lib/log.ts';
import type { ConfigChange } from '#lib/manifest/kind.ts';
import type { HttpClient } from './http/http-client.ts';
import type { PreviewedTemplate, Seen } from './preview-templates.ts';

/** What a source is given to work with; nothing here is global. */
export interface ExtractContext {
  readonly http: HttpClient;
  readonly log: Log;
  readonly clock: () => Date;
  /** What templates call now; the clock when absent. */
  readonly now?: () => Date;
  /** Aborted when the sync is cancelled or its deadline passes. */
  readonly signal: AbortSignal;
  /** Waits; aborts with the signal given, or with the context's. Tests pass one that returns at once. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** False where nothing may be fetched before it is wanted: in tests of a stream. */
  readonly eager?: boolean;
  /** Pages of one slice, where the operator set another limit than the usual one. */
  readonly mostPages?: number;
  /** Told of each request and its answer, secrets masked; the test panel listens. */
  readonly onExchange?: (exchange: Exchange) => void;
  /** Told when the API limits how often it is asked, and the stream waits. */
  readonly onRateLimited?: () => void;
  /** Told of each request that failed and is sent again after a wait. */
  readonly onRetry?: (retry: Retry) => void;
  /**
   * The source changed its own config, such as a refresh token that works once. Nothing goes on before it is stored. Given the
   * whole new config, and what changed in it.
   */
  readonly saveConfig?: (config: JsonObject, changes: readonly ConfigChange[]) => Promise<void>;
  /**
   * Runs work that no other process may do for this source meanwhile, such as using up a refresh token that works once. Given the
   * config as it is stored by then.
   */
  readonly alone?: <T>(work: (stored: JsonObject) => Promise<T>) => Promise<T>;
  /** Folders that the operator allows file sources to read, real paths. */
  readonly fileRoots?: readonly string[];
  /** Where streams that download files put them. */
  readonly filesDir?: string;
  /** The folder of the operator's modules for Python classes. */
  readonly componentsDir?: string;
  /** The workspace's uploaded files: `<data folder>/uploads/<workspace id>`, a real path. */
  readonly uploadDir?: string;
  /** What an uploaded file was called by who sent it; its own name is an id. */
  readonly uploadName?: (id: string) => Promise<string | null>;
}

/** One HTTP request and its answer, as the test panel shows it. Secrets are masked, bodies cut at 64 KiB. */
export interface Exchange {
  readonly stream: string;
  readonly slice: string;
  readonly page: number;
  /** 1 for the first try. */
  readonly try: number;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly request: { method: string; url: string; headers: Record<string, string>; body?: string };
  readonly response?: { status: number; headers: Record<string, string>; body: string; bytes: number };
  /** What the error rules made of it. */
  readonly action?: 'success' | 'retry' | 'fail' | 'ignore';
  readonly waitMs?: number;
  readonly error?: string;
}

/** A request that failed and is sent again. `said` is what happened, without what to do. */
export interface Retry {
  readonly stream: string;
  readonly said: string;
  /** 1 after the first failure. */
  readonly tries: number;
  readonly waitMs: number;
}

export interface ConnectorSpec {
  /** JSON schema of the config; secrets carry `airbyte_secret: true`. */
  readonly connectionSpecification: JsonObject;
  readonly documentationUrl?: string;
  readonly advancedAuth?: JsonObject;
}

export interface ReadLimits {
  readonly maxSlices?: number;
  /** Per slice. */
  readonly maxPages?: number;
  readonly maxRecords?: number;
}

/** A file that was downloaded for a record. */
export interface FileReference {
  /** Its path on this machine. */
  readonly file: string;
  /** Its path below the folder for files. */
  readonly relative: string;
  readonly bytes: number;
}

export type ReadEvent =
  /** One page of a slice, after filter and transformations. `read` counts what the page held before the filter. */
  | {
      readonly type: 'page';
      readonly slice: string;
      /** Values of the slice's partition. */
      readonly partition?: Readonly<Record<string, unknown>>;
      readonly page: number;
      readonly records: readonly JsonObject[];
      readonly read: number;
      readonly filtered: number;
      /** Bytes of the answer's body, decoded. */
      readonly bytes: number;
      /** The page's records before the transformations; only when `keepRaw` was asked for. */
      readonly raw?: readonly JsonObject[];
      /** The files of the records, in their order; only for streams that download some. */
      readonly files?: readonly (FileReference | null)[];
    }
  /**
   * A whole file, given before its pages to those who asked for files: who can load it from its bytes says so by `taken`, and no
   * pages of it follow.
   */
  | { readonly type: 'file'; readonly slice: string; readonly file: DelimitedFile; readonly taken: () => void }
  /** So many bytes are still to come, as far as the source knows; null where it does not. */
  | { readonly type: 'to_come'; readonly bytes: number | null }
  /** Everything of the slice has been given out. `state` covers all slices closed so far, never an open one. */
  | { readonly type: 'slice_closed'; readonly slice: string; readonly state: StreamState }
  /** The slice ends in the middle for good, and a failure follows; the records that it gave are whole. */
  | { readonly type: 'slice_cut'; readonly slice: string }
  /** Something the user should see that is no failure. */
  | { readonly type: 'notice'; readonly level: 'info' | 'warn'; readonly message: string };

export interface ReadRequest {
  readonly stream: ConfiguredStream;
  /** The last published state, or what this sync had staged when it was interrupted. */
  readonly state: StreamState | null;
  readonly limits?: ReadLimits;
  readonly keepRaw?: boolean;
  /** Whether files may be given whole. */
  readonly takesFiles?: boolean;
  /** The attempt before ended because a file changed while it was read: files that grow are read as they are at one moment. */
  readonly filesGrow?: boolean;
}

/** One slice of a plan and the first request for it. */
export interface PlannedSlice {
  readonly slice: string;
  readonly request: { method: string; url: string; headers: Record<string, string>; body?: string } | null;
  /** What is asked before it, such as for a token. */
  readonly before?: string;
}

/** What a read of one stream would ask for. */
export interface StreamPlan {
  readonly stream: string;
  /** The first slices, at most as many as were asked for. Where partitions are unknown, those of one, with names in braces. */
  readonly slices: readonly PlannedSlice[];
  /** Of all slices, as far as they are known: those of each partition where partitions are unknown. */
  readonly count: number;
  /** What must be read before the partitions are known; null when they are. */
  readonly unknownUntil: string | null;
  /** Why there is no plan. */
  readonly reason?: string;
}

export interface PlanRequest {
  readonly stream: string;
  readonly state: StreamState | null;
  readonly mostSlices: number;
}

/**
 * A kind of source. Manifest streams and file streams are the first; databases follow.
 * Everything throws `WeirError` with the place filled in.
 */
export interface Source {
  spec(): ConnectorSpec;
  check(context: ExtractContext, config: JsonObject): Promise<CheckResult>;
  discover(context: ExtractContext, config: JsonObject): Promise<readonly StreamDescriptor[]>;
  /** Pages of one stream, slices in order of their closing; ends when all are closed. */
  read(context: ExtractContext, config: JsonObject, request: ReadRequest): AsyncIterable<ReadEvent>;
}

/** A source that can say beforehand what it would ask for, and whether its config will do. */
export interface PlannedSource extends Source {
  /** A text without the secrets of the config, and without those that its logins gave so far. */
  hide(config: JsonObject, text: string): string;
  /** Where the config does not fit the spec, after its migrations. */
  configProblems(context: ExtractContext, config: JsonObject): string[];
  /** What a read of the stream would ask for; nothing is sent. */
  plan(context: ExtractContext, config: JsonObject, request: PlanRequest): Promise<StreamPlan>;
  /** What the templates of a stream come to by what a test saw last, without the secrets. */
  preview(context: ExtractContext, config: JsonObject, stream: string, seen: Seen): Promise<PreviewedTemplate[]>;
  /** Names of the streams that are known without asking, and what must be asked for the others. */
  names(context: ExtractContext, config: JsonObject): Promise<{ names: string[]; unknown: string[] }>;
}
