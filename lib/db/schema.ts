import type { ColumnType, Generated, JSONColumnType } from 'kysely';
import type { BadValues, ConfiguredStream, StreamDescriptor, StreamName } from '#lib/catalog.ts';
import type { Failure } from '#lib/errors.ts';
import type { JsonObject, JsonValue } from '#lib/json.ts';

/** The service's tables as kysely sees them; `prisma-free-migrations/` makes them. int8 arrives as number. */
export interface Database {
  workspace: WorkspaceTable;
  membership: { workspace_id: string; user_id: string; role: Role };
  invitation: InvitationTable;
  api_key: ApiKeyTable;
  application: ApplicationTable;
  audit_entry: AuditEntryTable;
  allowed_host: AllowedHostTable;
  connector: ConnectorTable;
  connector_version: ConnectorVersionTable;
  source: SourceTable;
  oauth_consent: OauthConsentTable;
  destination: DestinationTable;
  connection: ConnectionTable;
  connection_stream: ConnectionStreamTable;
  discovered_catalog: DiscoveredCatalogTable;
  tag: { id: Generated<string>; workspace_id: string; name: string; color: string; created_at: Time };
  connection_tag: { connection_id: string; tag_id: string; workspace_id: string };
  next_state: NextStateTable;
  idempotent_answer: IdempotentAnswerTable;
  syncs: SyncTable;
  attempt: AttemptTable;
  sync_stream: SyncStreamTable;
  sync_log: SyncLogTable;
  schema_change: SchemaChangeTable;
  probe: ProbeTable;
  probe_event: { probe_id: string; seq: number; event: Json<JsonObject> };
  suite: SuiteTable;
  check_run: CheckRunTable;
  check_result: CheckResultTable;
  table_state: TableStateTable;
  table_profile: TableProfileTable;
  incident: IncidentTable;
  incident_event: IncidentEventTable;
  channel: ChannelTable;
  delivery: DeliveryTable;
  upload: UploadTable;
  worker: WorkerTable;
  user: UserTable;
  session: SessionTable;
  account: AccountTable;
  try_counter: { key: string; count: number; window_start: Time };
}

export type Role = 'admin' | 'editor' | 'viewer';
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
/** What becomes of fields and streams that a connection does not know, as Airbyte names it. */
export const SCHEMA_POLICIES = ['ignore', 'propagate_columns', 'propagate_fully', 'disable'] as const;
export type SchemaPolicy = (typeof SCHEMA_POLICIES)[number];

/** More rows in quarantine than this fail the stream. */
export interface QuarantineLimit {
  readonly rows?: number;
  readonly percent?: number;
}

/** What one sync does with its streams in place of the usual. */
export type StreamTask =
  /** Reads everything again, as a new generation; what is there stays, or goes when it is done. */
  | { readonly kind: 'refresh'; readonly keepHistory: boolean }
  /** Reads a range of the cursor again; the state stays. */
  | { readonly kind: 'backfill'; readonly from: string; readonly to: string | null }
  /** Loads what is in quarantine. */
  | { readonly kind: 'replay' };

export type SyncTrigger = 'manual' | 'schedule' | 'api' | 'cli';
/** A clear (Airbyte's newer word) and a reset do the same: empty tables, no state. */
export type SyncKind = 'sync' | 'refresh' | 'clear' | 'reset';
export type ProbeKind = 'check_source' | 'check_destination' | 'discover' | 'test_read' | 'draft';

/** When a connection runs. Times of day are in `timeZone` (IANA). */
export type Schedule =
  | { readonly type: 'manual' }
  | { readonly type: 'hourly'; readonly every: number; readonly timeZone: string }
  | { readonly type: 'daily'; readonly at: string; readonly timeZone: string }
  | { readonly type: 'weekly'; readonly days: readonly number[]; readonly at: string; readonly timeZone: string }
  | { readonly type: 'cron'; readonly expression: string; readonly timeZone: string };

type Json<T> = ColumnType<T, string, string>;
type NullableJson<T> = ColumnType<T | null, string | null, string | null>;
type Time = ColumnType<Date, Date | string | undefined, Date | string>;
type NullableTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
type Defaulted<T> = ColumnType<T, T | undefined, T>;
type Optional<T> = ColumnType<T | null, T | null | undefined, T | null>;

interface WorkspaceTable {
  id: Generated<string>;
  name: string;
  default_namespace: Defaulted<string>;
  notification_email: Optional<string>;
  time_zone: Defaulted<string>;
  created_at: Time;
}

interface ApiKeyTable {
  id: Generated<string>;
  workspace_id: string;
  name: string;
  prefix: string;
  hash: string;
  role: Role;
  created_by: Optional<string>;
  created_at: Time;
  last_used_at: NullableTime;
  expires_at: NullableTime;
}

interface ApplicationTable {
  id: Generated<string>;
  workspace_id: string;
  name: string;
  client_id: string;
  secret_hash: string;
  role: Role;
  created_by: Optional<string>;
  created_at: Time;
  last_used_at: NullableTime;
  expires_at: NullableTime;
}

interface DiscoveredCatalogTable {
  id: Generated<string>;
  workspace_id: string;
  source_id: string;
  fingerprint: string;
  streams: Json<StreamDescriptor[]>;
  discovered_at: Time;
}

interface NextStateTable {
  connection_id: string;
  workspace_id: string;
  namespace: string;
  name: string;
  state: string | null;
  set_by: string;
  set_at: Time;
}

interface IdempotentAnswerTable {
  workspace_id: string;
  key: string;
  request_hash: string;
  status: number | null;
  sealed: string | null;
  created_at: Time;
}

interface AuditEntryTable {
  id: Generated<number>;
  workspace_id: Optional<string>;
  at: Time;
  actor: string;
  action: string;
  subject: string;
  detail: JSONColumnType<JsonObject, string | undefined>;
}

interface AllowedHostTable {
  workspace_id: string;
  host: string;
  port: number;
  reason: Optional<string>;
  created_by: Optional<string>;
  created_at: Time;
}

interface ConnectorTable {
  id: Generated<string>;
  workspace_id: string;
  name: string;
  draft: Optional<string>;
  draft_at: NullableTime;
  created_at: Time;
}

interface ConnectorVersionTable {
  id: Generated<string>;
  workspace_id: string;
  connector_id: string;
  version: number;
  manifest: string;
  compiled: Json<JsonObject>;
  note: Optional<string>;
  created_by: Optional<string>;
  created_at: Time;
}

interface SourceTable {
  id: Generated<string>;
  workspace_id: string;
  connector_id: string;
  name: string;
  /** Secrets sealed: see lib/secrets.ts. */
  config: Json<JsonObject>;
  created_at: Time;
  updated_at: Time;
}

interface DestinationTable {
  id: Generated<string>;
  workspace_id: string;
  type: string;
  name: string;
  /** Secrets sealed: see lib/secrets.ts. */
  config: Json<JsonObject>;
  created_at: Time;
  updated_at: Time;
}

interface ConnectionTable {
  id: Generated<string>;
  workspace_id: string;
  name: string;
  source_id: string;
  destination_id: string;
  status: Defaulted<'active' | 'inactive' | 'deprecated'>;
  namespace_definition: Defaulted<'source' | 'destination' | 'custom'>;
  namespace_format: Optional<string>;
  prefix: Defaulted<string>;
  schedule: ColumnType<Schedule, string | undefined, string>;
  next_due: NullableTime;
  freshness_target_minutes: Optional<number>;
  last_fence: Defaulted<number>;
  schema_changes: Defaulted<SchemaPolicy>;
  bad_values: Defaulted<BadValues>;
  quarantine_limit: NullableJson<QuarantineLimit>;
  paused_reason: Optional<string>;
  client_settings: ColumnType<JsonObject, string | undefined, string>;
  created_at: Time;
  updated_at: Time;
}

interface ConnectionStreamTable {
  connection_id: string;
  workspace_id: string;
  namespace: Defaulted<string>;
  name: string;
  position: number;
  configured: Json<ConfiguredStream>;
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
  pages: Defaulted<number>;
  started_at: NullableTime;
  finished_at: NullableTime;
  published_at: NullableTime;
  relation: NullableJson<JsonObject>;
  published: NullableJson<JsonObject>;
  state: Optional<string>;
  failure: NullableJson<Failure>;
  decision: Optional<'release' | 'discard'>;
  decided_by: Optional<string>;
  decided_at: NullableTime;
  decision_reason: Optional<string>;
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

interface OauthConsentTable {
  id: string;
  workspace_id: string;
  connector_id: string;
  source_id: string | null;
  session_id: string;
  /** SHA-256 of the state, which works once. */
  state_hash: string;
  status: 'waiting' | 'taken' | 'connected' | 'failed';
  /** The form and the way to its tokens, sealed whole. */
  sealed: string;
  failure: NullableJson<Failure>;
  created_at: Time;
  expires_at: Date;
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

interface SuiteTable {
  id: Generated<string>;
  workspace_id: string;
  name: string;
  text: string;
  connection_id: Optional<string>;
  destination_id: string;
  schedule: ColumnType<Schedule, string | undefined, string>;
  next_due: NullableTime;
  created_at: Time;
  updated_at: Time;
}

interface CheckRunTable {
  id: Generated<number>;
  workspace_id: string;
  suite_id: string;
  sync_id: Optional<number>;
  trigger: 'sync' | 'manual' | 'schedule' | 'api' | 'gate' | 'backfill';
  started_at: Time;
  finished_at: NullableTime;
  failure: NullableJson<Failure>;
}

interface CheckResultTable {
  id: Generated<number>;
  workspace_id: string;
  run_id: number;
  suite_id: string;
  key: string;
  kind: string;
  title: string;
  level: 'warn' | 'error' | 'block' | 'quarantine';
  outcome: 'pass' | 'warn' | 'fail' | 'error';
  value: Optional<number>;
  value_text: Optional<string>;
  limit_text: Optional<string>;
  low: Optional<number>;
  high: Optional<number>;
  /** What the check's history led one to expect. */
  expected: Optional<number>;
  /** What people said of it. */
  feedback: Optional<'expected'>;
  message: string;
  samples: NullableJson<JsonObject[]>;
  /** When the failing rows are to be forgotten. */
  samples_until: NullableTime;
  /** What the next measurement is compared with. */
  memory: NullableJson<JsonValue>;
  segments: NullableJson<JsonValue>;
  owner: Optional<string>;
  tags: Defaulted<string[]>;
  measured_at: Time;
}

/** What a table held after its last publish, as numbers that merge with those of the next load. */
interface TableStateTable {
  destination_id: string;
  table_name: string;
  workspace_id: string;
  connection_id: string;
  sync_id: number;
  states: Json<JsonObject>;
  updated_at: Time;
}

/** What was found in a table after its first load, and the checks that follow from it. */
interface TableProfileTable {
  connection_id: string;
  table_name: string;
  workspace_id: string;
  sync_id: number;
  columns: Json<JsonValue>;
  suggestions: Json<JsonValue>;
  profiled_at: Time;
}

interface IncidentTable {
  id: Generated<number>;
  workspace_id: string;
  subject_kind: 'connection' | 'check';
  connection_id: Optional<string>;
  suite_id: Optional<string>;
  cause: string;
  severity: 'warning' | 'critical';
  status: Defaulted<'open' | 'acknowledged' | 'resolved'>;
  title: string;
  detail: Optional<string>;
  seen: Defaulted<number>;
  opened_at: Time;
  last_seen_at: Time;
  resolved_at: NullableTime;
  acknowledged_by: Optional<string>;
  sync_id: Optional<number>;
  flapping: Defaulted<boolean>;
  snoozed_until: NullableTime;
  resolution: Optional<'recovered' | 'fixed' | 'expected' | 'false_alarm' | 'other'>;
  resolution_note: Optional<string>;
  resolved_by: Optional<string>;
  /** The check that failed, within its suite. */
  check_key: Optional<string>;
  /** What probably caused it, in words, and the sync behind that. */
  explanation: Optional<string>;
  explained_by_sync: Optional<number>;
}

interface IncidentEventTable {
  id: Generated<number>;
  incident_id: number;
  workspace_id: string;
  at: Time;
  kind: string;
  actor: Optional<string>;
  message: string;
}

interface ChannelTable {
  id: Generated<string>;
  workspace_id: string;
  type: 'slack' | 'webhook' | 'email';
  name: string;
  /** Secrets sealed. */
  config: Json<JsonObject>;
  events: ColumnType<string[], string | undefined, string>;
  enabled: Defaulted<boolean>;
  created_at: Time;
}

interface DeliveryTable {
  id: Generated<string>;
  workspace_id: string;
  channel_id: string;
  event: string;
  payload: Json<JsonObject>;
  status: Defaulted<'pending' | 'sent' | 'failed'>;
  tries: Defaulted<number>;
  last_error: Optional<string>;
  created_at: Time;
  sent_at: NullableTime;
}

interface UploadTable {
  id: Generated<string>;
  workspace_id: string;
  name: string;
  bytes: number;
  path: string;
  created_at: Time;
}

interface WorkerTable {
  id: string;
  host: string;
  pid: number;
  started_at: Time;
  seen_at: Time;
  running: Defaulted<number>;
}

/** better-auth's tables, as far as we touch them ourselves; the names of the columns are its own. */
interface UserTable {
  id: Generated<string>;
  name: string;
  email: string;
  emailVerified: boolean;
  createdAt: Time;
}

interface InvitationTable {
  id: Generated<string>;
  workspace_id: string;
  kind: 'invite' | 'reset';
  email: string;
  role: Role;
  user_id: string | null;
  hash: string;
  created_by: string;
  created_at: Time;
  expires_at: Date;
  used_at: NullableTime;
}

interface SessionTable {
  id: Generated<string>;
  userId: string;
  token: string;
  expiresAt: Date;
  createdAt: Time;
  updatedAt: Time;
  ipAddress: Optional<string>;
  userAgent: Optional<string>;
}

interface AccountTable {
  id: Generated<string>;
  accountId: string;
  providerId: string;
  userId: string;
  password: string | null;
  updatedAt: ColumnType<Date, Date, Date>;
}
