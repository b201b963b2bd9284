import type { ColumnType, Generated } from 'kysely';
import type { BadValues, ConfiguredStream, StreamDescriptor } from '#lib/catalog.ts';
import type { Failure } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import type { Defaulted, Json, NullableJson, NullableTime, Optional, Time } from './columns.ts';

/** What is set up: connectors, sources, destinations and connections. */
export interface ConnectionTables {
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
  upload: UploadTable;
}

/** What becomes of fields and streams that a connection does not know, as Airbyte names it. */
export const SCHEMA_POLICIES = ['ignore', 'propagate_columns', 'propagate_fully', 'disable'] as const;
export type SchemaPolicy = (typeof SCHEMA_POLICIES)[number];

/** More rows in quarantine than this fail the stream. */
export interface QuarantineLimit {
  readonly rows?: number;
  readonly percent?: number;
}

/** When a connection runs. Times of day are in `timeZone` (IANA). */
export type Schedule =
  | { readonly type: 'manual' }
  | { readonly type: 'hourly'; readonly every: number; readonly timeZone: string }
  | { readonly type: 'daily'; readonly at: string; readonly timeZone: string }
  | { readonly type: 'weekly'; readonly days: readonly number[]; readonly at: string; readonly timeZone: string }
  | { readonly type: 'cron'; readonly expression: string; readonly timeZone: string };

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
  /** Why it was saved although tests of it fail. */
  failing_reason: Optional<string>;
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
  /** Who answers for it: a person or a team. */
  owner: Optional<string>;
  /** The version of its connector that it stays with; null follows the newest. */
  connector_version: Optional<number>;
  /** Most memory of one sync in MB; null for what the worker gives every sync. */
  memory_mb: Optional<number>;
  /** Most CPU of one sync in cores; null for what the worker gives every sync. */
  cpu_cores: Optional<number>;
  /** When people were warned that it will be disabled; null since it last succeeded. */
  disable_warned_at: NullableTime;
  /** It starts when this one has succeeded, besides its schedule. */
  after_connection_id: Optional<string>;
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

interface DiscoveredCatalogTable {
  id: Generated<string>;
  workspace_id: string;
  source_id: string;
  fingerprint: string;
  streams: Json<StreamDescriptor[]>;
  discovered_at: Time;
}

interface UploadTable {
  id: Generated<string>;
  workspace_id: string;
  name: string;
  bytes: number;
  path: string;
  created_at: Time;
}
