import type { ColumnType, Generated } from 'kysely';
import type { JsonObject } from '#lib/json.ts';
import type { Defaulted, Json, NullableTime, Optional, Time } from './columns.ts';

/** Incidents, and the channels that hear of them. */
export interface AlertTables {
  incident: IncidentTable;
  incident_event: IncidentEventTable;
  channel: ChannelTable;
  delivery: DeliveryTable;
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
