import type { BadValues, DestinationSyncMode, SyncMode } from '#lib/catalog.ts';
import type { QuarantineLimit, SchemaPolicy, StreamTask } from '#lib/db/schema.ts';
import type { JsonObject } from '#lib/json.ts';

export const CONNECTION = '50a50a50-0000-4000-8000-000000000001';

/** What a source gives, sync after sync, how it is loaded, and where each attempt is lost. */
export interface Scenario {
  readonly place: Place;
  readonly layout: 'direct' | 'basic' | 'raw';
  readonly mode: Mode;
  readonly rules: Rules;
  readonly fields: FieldChoices;
  /** How the source writes `at`. */
  readonly cursor: Cursor;
  /** Slices are files of CSV, for who takes them whole. */
  readonly inFiles: boolean;
  /** Somebody looks at the table of a warehouse all the while. */
  readonly watched: boolean;
  readonly syncs: readonly SyncScenario[];
}

export type Place = { readonly kind: 'warehouse' } | BucketPlace;

export interface BucketPlace {
  readonly kind: 'bucket';
  readonly format: 'JSONL' | 'CSV' | 'Parquet';
  readonly compression: 'No Compression' | 'GZIP' | 'ZSTD';
  /** Records whole in one column, where the layout is of one table; Parquet knows no such thing. */
  readonly whole: boolean;
  /** A folder for each day of the cursor. */
  readonly byDay: boolean;
  /** Of Parquet. */
  readonly codec: 'UNCOMPRESSED' | 'SNAPPY' | 'GZIP' | 'ZSTD' | 'BROTLI' | 'LZ4';
  readonly rowGroupMb: number;
  readonly retention: Retention | null;
}

/** Files of more than so many syncs, or of so many days, are old; between two syncs a day goes by. */
export interface Retention {
  readonly rule: 'generations' | 'age';
  readonly most: number;
  readonly action: 'delete' | 'move';
}

/** Instants in UTC; those and dates, in zones of all kinds; numbers, some of them as text. */
export type Cursor = 'instants' | 'zones' | 'numbers';

export interface Mode {
  readonly syncMode: SyncMode;
  readonly destinationSyncMode: DestinationSyncMode;
}

/** How the connection takes what it does not expect. */
export interface Rules {
  /** What becomes of rows whose `score` is no number. */
  readonly badValues: BadValues;
  readonly newFields: SchemaPolicy;
  readonly limit: QuarantineLimit | null;
  /** Rows that a full refresh by key did not bring again are marked. */
  readonly softDelete: boolean;
}

/** What the connection makes of the source's fields. */
export interface FieldChoices {
  /** `id` alone is the key, or `id` and `part`. */
  readonly twoKeys: boolean;
  /** The schema names these, beside key, cursor and `score`. */
  readonly declares: readonly string[];
  /** It says that they are text, or nothing of them. */
  readonly declaresText: boolean;
  /** Rows with the key `FILTERED_ID` are left out. */
  readonly filters: boolean;
  /** The key is called `number` at the destination, and the cursor `moment`. */
  readonly renames: boolean;
  readonly hashes: string | null;
  readonly leavesOut: string | null;
  /** Null for all. */
  readonly selects: readonly string[] | null;
}

export const FILTERED_ID = 3;
/** What a check puts aside, where one does. */
export const ASIDE_ID = 5;
export const BAD_SCORE = 'many';

export interface SyncScenario {
  readonly task: Task;
  /** What a value of `score` that is no number becomes is mended since: null. */
  readonly mended: boolean;
  /** Slices of pages of records. */
  readonly slices: readonly (readonly (readonly JsonObject[])[])[];
  /** The schema says that `at` is a time, or that it is text; of numbers it says nothing. */
  readonly knowsTimes: boolean;
  /** The connection's clock moves on by so much between events: a checkpoint after every slice, or only at the end. */
  readonly slow: boolean;
  readonly gate: GateKind;
  readonly deaths: readonly Death[];
  /** Nobody goes on with it once its attempts are lost: somebody cancelled it, or they were too many. */
  readonly abandoned: boolean;
  /** Which machine ends the sync. */
  readonly machine: number;
}

/** What a sync is asked to do: the usual, to empty the table, or something else with the stream. */
export type Task = StreamTask | { readonly kind: 'usual' } | { readonly kind: 'clear' };

/** No gate; one that lets all pass, puts rows aside, or holds the load until somebody decides. */
export type GateKind = 'none' | 'passes' | 'aside' | 'release' | 'discard';

/** The source breaks off, the way to the destination is cut, somebody cancels, or the process is killed. */
export type Death = { readonly machine: number } & (
  | { readonly kind: 'source'; readonly after: number }
  | { readonly kind: 'cut'; readonly after: number; readonly deliver: boolean; readonly down: boolean }
  | { readonly kind: 'cancel'; readonly after: number }
  | { readonly kind: 'kill'; readonly point: string; readonly nth: number }
);

/** Whether rows are told apart by their key. */
export function isKeyed({ mode }: Scenario): boolean {
  return mode.destinationSyncMode.endsWith('_dedup');
}

/** Whether records stay whole: nothing of them is typed. */
export function isWhole({ layout, place }: Scenario): boolean {
  return (
    layout === 'raw' || (layout === 'direct' && place.kind === 'bucket' && place.whole && place.format !== 'Parquet')
  );
}

/** Whether rows that a load did not bring again are kept and marked; raw tables keep records, not rows. */
export function marksVanished(scenario: Scenario): boolean {
  const { mode, rules } = scenario;
  return rules.softDelete && mode.destinationSyncMode === 'overwrite_dedup' && !isWhole(scenario);
}

/** What a sync of the scenario is asked to do. */
export function taskOf({ syncs }: Scenario, sync: number): Task {
  return syncs[sync]?.task ?? { kind: 'usual' };
}

/** How a load gets to what is there: beside it, by key, in its place, or in its place but for what is marked as gone. */
export type Way = 'add' | 'merge' | 'replace' | 'mark';

export function wayOf(scenario: Scenario, sync: number): Way {
  const task = taskOf(scenario, sync);
  const isAdded = isKeyed(scenario) ? 'merge' : 'add';
  if (task.kind === 'clear' || (task.kind === 'refresh' && !task.keepHistory)) return 'replace';
  if (task.kind === 'replay' || scenario.mode.destinationSyncMode.startsWith('append')) return isAdded;
  return marksVanished(scenario) ? 'mark' : 'replace';
}

/** Whether slices go to the readers one by one, where no check waits for all of them. */
export function isInParts(scenario: Scenario, sync: number): boolean {
  const task = taskOf(scenario, sync);
  const readsOn = task.kind === 'usual' || (task.kind === 'refresh' && task.keepHistory);
  return readsOn && scenario.mode.syncMode === 'incremental' && gateOfSync(scenario, sync) === 'none';
}

/** Emptying a table waits for no check. */
export function gateOfSync(scenario: Scenario, sync: number): GateKind {
  return taskOf(scenario, sync).kind === 'clear' ? 'none' : (scenario.syncs[sync]?.gate ?? 'none');
}

/** What key and cursor are called at the destination. */
export function namesOf({ fields }: Scenario): { readonly id: string; readonly at: string } {
  return fields.renames ? { id: 'number', at: 'moment' } : { id: 'id', at: 'at' };
}
