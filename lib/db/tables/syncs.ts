import type { Generated } from 'kysely';
import type { StreamName } from '#lib/catalog.ts';
import type { Failure } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import type { Defaulted, Json, NullableJson, NullableTime, Optional, Time } from './columns.ts';

/** What runs: syncs, their streams and logs, probes and workers. */
export interface SyncTables {
  next_state: NextStateTable;
  syncs: SyncTable;
  attempt: AttemptTable;
  sync_stream: SyncStreamTable;
  sync_log: SyncLogTable;
  schema_change: SchemaChangeTable;
  stream_schema: StreamSchemaTable;
  probe: ProbeTable;
  probe_event: { probe_id: string; seq: number; event: Json<JsonObject> };
  worker: WorkerTable;
}

export type SyncStatus =
  | 'pending'
  | 'running'
  | 'incomplete'
  | 'succeeded'
  | 'partial'
  | 'failed'
  | 'cancelled'
  | 'skipped';
/** `held` waits behind a failing check until somebody decides; `discarded` is what was decided against. */
export type SyncStreamStatus = 'waiting' | 'running' | 'published' | 'failed' | 'cancelled' | 'held' | 'discarded';
/** What one sync does with its streams in place of the usual. */
export type StreamTask =
  /** Reads everything again, as a new generation; what is there stays, or goes when it is done. */
  | { readonly kind: 'refresh'; readonly keepHistory: boolean }
  /** Reads a range of the cursor again; the state stays. */
  | { readonly kind: 'backfill'; readonly from: string; readonly to: string | null }
  /** Loads what is in quarantine. */
  | { readonly kind: 'replay' };

/** `url` is a secret address that was called; `after` another connection that succeeded. */
export type SyncTrigger = 'manual' | 'schedule' | 'api' | 'cli' | 'url' | 'after';
/** A clear (Airbyte's newer word) and a reset do the same: empty tables, no state. */
export type SyncKind = 'sync' | 'refresh' | 'clear' | 'reset';
export type ProbeKind =
  | 'check_source'
  | 'check_destination'
  | 'discover'
  | 'test_read'
  | 'draft'
  | 'plan'
  | 'run_tests'
  | 'keep_test'
  | 'try_checks'
  | 'tables'
  | 'first_rows';

interface NextStateTable {
  connection_id: string;
  workspace_id: string;
  namespace: string;
  name: string;
  state: string | null;
  set_by: string;
  set_at: Time;
}

interface SyncTable {
  id: Generated<number>;
  workspace_id: string;
  connection_id: string;
  trigger: SyncTrigger;
  kind: Defaulted<SyncKind>;
  only_streams: NullableJson<StreamName[]>;
  status: Defaulted<SyncStatus>;
  due_at: NullableTime;
  created_at: Time;
  started_at: NullableTime;
  finished_at: NullableTime;
  attempts: Defaulted<number>;
  cancel_requested_at: NullableTime;
  cancelled_by: Optional<string>;
  failure: NullableJson<Failure>;
  emitted_at: NullableTime;
  task: NullableJson<StreamTask>;
}

interface AttemptTable {
  sync_id: number;
  workspace_id: string;
  number: number;
  fence: number;
  worker: string;
  status: Defaulted<'running' | 'succeeded' | 'failed' | 'cancelled'>;
  started_at: Time;
  finished_at: NullableTime;
  failure: NullableJson<Failure>;
  peak_memory_mb: Optional<number>;
  cpu_ms: Optional<number>;
  /** Of one second. */
  peak_cpu_cores: Optional<number>;
  /** How long its limit of CPU held it up. */
  cpu_paused_ms: Optional<number>;
  memory_limit_mb: Optional<number>;
  cpu_limit_cores: Optional<number>;
}

/** Milliseconds that a stream waited, by what for. */
export interface StreamPhases {
  /** For the source: its answers, and taking them apart. */
  readonly extractMs: number;
  /** For the destination, to take rows into the stage and to save checkpoints. */
  readonly stageMs: number;
  /** For the checks that stand before readers. */
  readonly checkMs: number;
  /** For the destination, to make the rows seen. */
  readonly publishMs: number;
}

interface SyncStreamTable {
  sync_id: number;
  workspace_id: string;
  namespace: Defaulted<string>;
  name: string;
  status: Defaulted<SyncStreamStatus>;
  read: Defaulted<number>;
  filtered: Defaulted<number>;
  quarantined: Defaulted<number>;
  written: Defaulted<number>;
  bytes: Defaulted<number>;
  /** What they will be in the end, where the source knows. */
  bytes_total: Optional<number>;
  pages: Defaulted<number>;
  started_at: NullableTime;
  finished_at: NullableTime;
  published_at: NullableTime;
  relation: NullableJson<JsonObject>;
  published: NullableJson<JsonObject>;
  phases: NullableJson<StreamPhases>;
  state: Optional<string>;
  failure: NullableJson<Failure>;
  decision: Optional<'release' | 'discard'>;
  decided_by: Optional<string>;
  decided_at: NullableTime;
  decision_reason: Optional<string>;
}

interface SyncLogTable {
  id: Generated<number>;
  sync_id: number;
  workspace_id: string;
  attempt: number;
  at: Time;
  level: string;
  stream: Optional<string>;
  message: string;
}

interface SchemaChangeTable {
  id: Generated<number>;
  workspace_id: string;
  connection_id: string;
  sync_id: Optional<number>;
  namespace: Defaulted<string>;
  stream: string;
  change: 'column_added' | 'column_widened' | 'field_left_out' | 'stream_added' | 'stream_removed';
  field: Optional<string>;
  detail: Optional<string>;
  at: Time;
}

/** A column as readers see it, its type in the destination's words. */
export interface SchemaColumn {
  readonly name: string;
  readonly type: string;
}

interface StreamSchemaTable {
  id: Generated<number>;
  workspace_id: string;
  connection_id: string;
  namespace: Defaulted<string>;
  stream: string;
  sync_id: Optional<number>;
  columns: Json<SchemaColumn[]>;
  at: Time;
}

interface ProbeTable {
  id: Generated<string>;
  workspace_id: string;
  kind: ProbeKind;
  /** Secrets sealed. */
  input: Json<JsonObject>;
  status: Defaulted<'pending' | 'running' | 'succeeded' | 'failed' | 'cancelled'>;
  failure: NullableJson<Failure>;
  created_by: Optional<string>;
  created_at: Time;
  finished_at: NullableTime;
}

interface WorkerTable {
  id: string;
  host: string;
  pid: number;
  started_at: Time;
  seen_at: Time;
  running: Defaulted<number>;
  disk_free_bytes: Optional<number>;
  disk_floor_bytes: Optional<number>;
}
