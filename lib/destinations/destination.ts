import type { Guard } from '#lib/address-guard.ts';
import type { BadValues, CheckResult, ConfiguredStream, NewFields, StreamState } from '#lib/catalog.ts';
import type { DelimitedFile } from '#lib/delimited-file.ts';
import type { JsonObject } from '#lib/json.ts';
import type { Kept } from '#lib/kept.ts';
import type { Log } from '#lib/log.ts';
import type { ReadColumn } from './local-files.ts';

export interface DestinationContext {
  readonly log: Log;
  readonly clock: () => Date;
  readonly signal: AbortSignal;
  /** Refuses private addresses that nobody allowed; resolves to the address to connect to. */
  readonly guard: Guard;
  /** Where local stage files may live. */
  readonly workDir: string;
  /** Where connections may be left for the next one who needs the same. */
  readonly kept?: Kept;
}

/** A destination as its owner declared it: a kind, and a config that fits the kind's JSON schema. */
export interface DestinationKind {
  readonly type: string;
  readonly title: string;
  /** JSON schema of the config; secrets carry `airbyte_secret: true`. */
  readonly spec: JsonObject;
  readonly supportedModes: readonly ConfiguredStream['destinationSyncMode'][];
  /** Rows that can't be written are put aside there, to be looked at and loaded again. */
  readonly keepsQuarantine?: boolean;
  /** What is published lies far away: checks measure it on its way there, and read it back only when somebody asks. */
  readonly isFarAway?: boolean;
  /** Why a stream can't be loaded as it is set, given the config; null where it can. `config` may be sealed: no secret is read. */
  refuses?(config: JsonObject, stream: ConfiguredStream): string | null;
  /** The schema or folder for streams of connections whose namespace is the destination's default. */
  defaultNamespace(config: JsonObject): string;
  /** Host and port that the config names; null when they are the provider's own. Throws `bad_config`. */
  address(config: JsonObject): { readonly host: string; readonly port: number } | null;
  /** Where people find the rows of a published relation; null for one that is not the destination's. `config` may be sealed: no secret is read. */
  rowsAt(config: JsonObject, relation: Relation, limit: number): RowsAt | null;
  /** Checks the config's form and connects to nothing yet. Throws `bad_config`. */
  open(context: DestinationContext, config: JsonObject): Destination;
}

/** A place as people name it, and lines to copy that show rows of it with other tools. None holds a secret. */
export interface RowsAt {
  readonly place: string;
  readonly lines: readonly { readonly tool: string; readonly text: string }[];
}

export interface Destination {
  /** Connects, and proves by doing it that the rights suffice. Throws a `WeirError` that says what is missing. */
  check(): Promise<CheckResult>;
  /**
   * Begins an attempt: writes its fence first, so that an older attempt can no longer publish.
   * Throws `fenced` if a newer attempt has been here.
   */
  begin(attempt: AttemptRef): Promise<Load>;
  /** The relation with its files on this machine, copied into `folder` where they are not; tables stay what they are. */
  fetch(relation: Relation, folder: string): Promise<Relation>;
  /** Bytes of each of the relation's files: what fetching them would read. */
  sizes?(relation: Relation): Promise<readonly number[]>;
  /** Rows that were put aside, where the destination keeps them. */
  readonly quarantine?: QuarantineStore;
  close(): Promise<void>;
}

/** The rows of connections that were put aside. */
export interface QuarantineStore {
  /** Newest first; records are cut to be shown. */
  list(filter: QuarantineFilter): Promise<QuarantineEntry[]>;
  /** How many there are of each stream. */
  counts(connectionId: string): Promise<QuarantineCount[]>;
  /** Forgets these rows; gives how many there were. */
  remove(connectionId: string, ids: readonly number[]): Promise<number>;
  /** Forgets all of these tables, as the connection names them; gives how many rows there were. */
  clear(connectionId: string, tables: readonly string[]): Promise<number>;
}

export interface QuarantineFilter {
  readonly connectionId: string;
  /** As the connection names its table. */
  readonly table?: string;
  readonly syncId?: number;
  /** Rows with a lower id. */
  readonly before?: number;
  readonly limit: number;
}

export interface QuarantineCount {
  readonly namespace: string;
  readonly table: string;
  readonly rows: number;
  readonly latest: Date;
}

export interface QuarantineEntry {
  readonly id: number;
  readonly namespace: string;
  readonly table: string;
  readonly syncId: number;
  readonly slice: string;
  readonly page: number;
  readonly row: number;
  /** `key_null`, `key_too_long`, `bad_value`, `refused_by_database`, `check_failed`. */
  readonly code: string;
  readonly reason: string;
  /** JSON text. */
  readonly record: string;
  readonly at: Date;
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
  /** What the stream has published so far. */
  published(stream: Pick<TargetStream, 'namespace' | 'table'>): Promise<PublishedStream>;
  /**
   * The records in quarantine up to the newest one now, in pages, as they came from the source; what can't be loaded again is left out.
   * A stage whose target says `replays` takes exactly these out of quarantine when it is published whole. Throws `quarantine_changed`
   * then if somebody has taken some out before.
   */
  replayed?(stream: Pick<TargetStream, 'namespace' | 'table'>): Promise<Replay>;
  /** Opens the stream's stage; takes up what an earlier attempt of the same sync had checkpointed there. */
  stage(stream: TargetStream): Promise<Stage>;
}

export interface Replay {
  readonly upTo: number;
  /** Rows that are left out: the sync that put them aside was never published, and the next one reads them again. */
  readonly comeAgain: number;
  readonly pages: AsyncIterable<ReplayPage>;
}

export interface ReplayPage {
  readonly records: readonly JsonObject[];
  /** Of each of them. */
  readonly came: readonly Came[];
}

/** When a record came from the source: the instant of the sync that read it, and its number in that; 0 where rows have none. */
export interface Came {
  readonly at: Date;
  readonly number: number;
}

export interface PublishedStream {
  /** The stream's state; null before the first sync, and when its table is gone. */
  readonly state: StreamState | null;
  /** Number of the last published generation; 0 before the first. */
  readonly generation: number;
  /** This very sync has published a part of the stream, and there is more to come. */
  readonly partly?: true;
  /**
   * Set when this very sync has published the stream to its end, in an attempt that was lost before it could say so:
   * there is nothing left to do for the stream.
   */
  readonly completed: { readonly counts: Counts; readonly published: Published } | null;
}

/** A stream with its place at the destination: namespace and table as the connection names them; the destination maps them to names it can hold. */
export interface TargetStream extends ConfiguredStream {
  readonly namespace: string;
  readonly table: string;
  readonly generation: number;
  /** One instant per stream and sync, kept over attempts. */
  readonly emittedAt: Date;
  readonly badValues?: BadValues;
  /** Rows of quarantine, by id, that this load brings again. */
  readonly replays?: { readonly upTo: number };
  readonly newFields?: NewFields;
}

export interface StagePage {
  readonly slice: string;
  /** The name that a checkpoint has for it, where that is not the slice's own: a million slices that are closed together need no list. */
  readonly closesAs?: string;
  readonly page: number;
  readonly records: readonly JsonObject[];
  /** Of each of them, where they do not come from the source now. */
  readonly came?: readonly Came[];
}

/** A whole file of one slice, to be taken from its bytes. */
export interface StageFile {
  readonly slice: string;
  readonly file: DelimitedFile;
  /** How far the file has been read, and how many of its rows are staged. */
  readonly onProgress: (bytes: number, rows: number) => void;
}

export interface Counts {
  readonly read: number;
  readonly filtered: number;
  readonly quarantined: number;
  /** Those of the quarantined rows that checks put aside, where there are any: the connection's limit is not for them. */
  readonly checked?: number;
  /** Rows staged; after dedup the table may grow by fewer. */
  readonly written: number;
  readonly bytes: number;
}

/** Before anything is read. */
export const NO_COUNTS: Counts = { read: 0, filtered: 0, quarantined: 0, written: 0, bytes: 0 };

/** Where checks find what was staged or published. A query is one SELECT over the destination's own tables. */
export type Relation =
  | { readonly kind: 'postgres'; readonly schema: string; readonly table: string }
  | { readonly kind: 'query'; readonly sql: string }
  | {
      readonly kind: 'parquet';
      readonly files: readonly string[];
      /** Missing where the files say it themselves, or nobody knows. */
      readonly columns?: readonly ReadColumn[];
    };

/** A staged load as quality sees it before it is published: what it brings, and what it would make of the table. */
export interface StagedLoad {
  /** The staged rows, duplicates among them. */
  readonly load: Relation;
  /** What publishing puts into the table, and what it takes out of it; null for nothing. */
  readonly added: Relation;
  readonly removed: Relation | null;
  /** The table as publishing would leave it; null where it can't be seen without moving it here. */
  readonly after: Relation | null;
  /** The table as it is; null where there is none, or where it lies elsewhere. */
  readonly table: Relation | null;
  /** Columns that publishing keeps unique by itself. */
  readonly uniqueKey: readonly string[] | null;
  /** The publish that wrote the table last, if it is known to be the last word on it; null when the table is new or shared. */
  readonly tableOf: string | null;
  /** The publish that this load will be. */
  readonly becomes: string;
  /** Rows that the table keeps, where they are known without looking; null where not. */
  readonly tableRows: number | null;
  /** The table holds nothing yet, or publishing replaces all of it. */
  readonly replaces: boolean;
  /** Columns that publishing adds or widens, where that is known before. */
  readonly schemaChanges?: readonly SchemaChange[];
}

/** Rows that are put aside before publishing: an SQL condition in the destination's dialect, and why. */
export interface SetAside {
  readonly condition: string;
  readonly reason: string;
}

export interface PageStaged {
  readonly written: number;
  readonly quarantined: number;
  /** Fields that the connection's rule keeps out. */
  readonly leftOut?: ReadonlySet<string>;
}

/**
 * What has been read but not yet published. Rows belong to a slice: those of slices that were not closed at the
 * last checkpoint are dropped when the stage is taken up again.
 */
export interface Stage {
  /** What an earlier attempt left: the state to go on from and the counts so far. Null at a fresh start. */
  readonly resumed: { readonly state: StreamState | null; readonly counts: Counts } | null;
  /** Writes one page. Rows that can't be written go to quarantine with their reason, and are counted. */
  write(page: StagePage): Promise<PageStaged>;
  /**
   * Takes the rows of a file as they are, with the same outcome as if they came in pages. Null if that can't be done: then nothing of
   * it is staged, and its pages have to come.
   */
  writeFile?(load: StageFile): Promise<{ written: number; quarantined: number } | null>;
  /**
   * Forgets what of an open slice was put aside since the last checkpoint, and gives how many rows: the slice comes again, and they with
   * it. Missing where rows are never kept of a slice that comes again.
   */
  forgetRefused?(slice: string): Promise<number>;
  /**
   * Saves stage, state and counts together. `openSlices` are still being read: their rows are dropped when the stage is
   * taken up again, so `counts` (over all attempts of the sync) leaves them out. Gives the counts as saved, in which
   * `written` and `quarantined` are the stage's own: the database may refuse a row after `write` has returned.
   */
  checkpoint(save: { state: StreamState | null; openSlices: readonly string[]; counts: Counts }): Promise<Counts>;
  /** What the stream's table is called at the destination: `table`, `schema.table`. */
  readonly names: readonly string[];
  /** What quality measures before publishing, once every slice is closed and checkpointed. */
  staged(): Promise<StagedLoad>;
  /** Moves staged rows that meet a condition to quarantine, and gives the stage's counts after that. */
  setAside(rows: readonly SetAside[]): Promise<Counts>;
  /**
   * Publishes what the last checkpoint saved, the rows of closed slices: merges, appends or swaps, and makes the checkpointed state the stream's state, in one transaction that checks
   * the fence. A full refresh publishes once, at the end (`complete`); incremental modes may publish at any checkpoint.
   * Rows that the published table itself refuses are put aside first, or fail the stream, as `badValues` says.
   * Throws `fenced`, and `unknown_outcome` never: a lost connection is resolved by looking.
   */
  publish(options: PublishOptions): Promise<Published>;
  /**
   * Keeps the stage, as it was checkpointed, where every worker can take it up: it waits for somebody's decision. Missing where it lies
   * there already.
   */
  hold?(): Promise<void>;
  /** Drops staged rows and their state. */
  discard(): Promise<void>;
}

export interface PublishOptions {
  readonly complete: boolean;
  /** Told the stage's counts each time that rows had to be put aside, before anything is published; what it throws stops that. */
  readonly onRefused?: (counts: Counts) => void | Promise<void>;
}

export interface Published {
  readonly relation: Relation;
  /** Rows in the table or generation after publishing, when cheap to know. */
  readonly rows: number | null;
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
  /** Rows whose key came once more in the same load, as pages do that shift while they are read: the newest of each key counts. */
  readonly repeated?: number;
  /** Rows of before that lack the key which the stream has since this publish: nothing will ever replace them. */
  readonly keyless?: number;
  /** What the files of the relation have together, where it has files. */
  readonly bytes?: number;
  /** Which publish it is, among all of the stream; missing where nobody asks later. */
  readonly publish?: string;
  /** What the table is called, and fields whose columns are not called like them. */
  readonly names?: {
    readonly table: string;
    readonly columns: Readonly<Record<string, string>>;
    /** Further tables that are not called as they would be if no other were: `a_b` → `a_b_1c2d3e4f`. */
    readonly tables?: Readonly<Record<string, string>>;
  };
  readonly schemaChanges?: readonly SchemaChange[];
  /** Of the stream's own table, in its order, with types in the destination's words. */
  readonly columns?: readonly { readonly name: string; readonly type: string }[];
}

/** A column that came or took a wider type. */
export interface SchemaChange {
  readonly change: 'column_added' | 'column_widened' | 'field_left_out';
  readonly field: string;
  readonly detail: string;
}
