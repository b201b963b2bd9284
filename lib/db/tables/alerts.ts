import type { ColumnType, Generated } from 'kysely';
import type { JsonObject, JsonValue } from '#lib/json.ts';
import type { Defaulted, Json, NullableJson, NullableTime, Optional, Time } from './columns.ts';

/** Incidents, and the channels that hear of them. */
export interface AlertTables {
  incident: IncidentTable;
  incident_event: IncidentEventTable;
  channel: ChannelTable;
  delivery: DeliveryTable;
  alert_rule: AlertRuleTable;
  notice: NoticeTable;
}

/** No messages between two times of day; over midnight where `from` is later. All day where both are the same. */
export interface QuietHours {
  readonly from: string;
  readonly to: string;
  /** Days on which the quiet begins, 0 (Sunday) to 6; every day when absent. */
  readonly days?: readonly number[];
  readonly timeZone: string;
}

/** When warnings are told, all at once. */
export interface Digest {
  readonly at: string;
  readonly timeZone: string;
}

/** What a rule is about; what is absent does not matter. */
export interface RuleMatches {
  readonly connections?: readonly string[];
  readonly tags?: readonly string[];
  readonly owners?: readonly string[];
  readonly levels?: readonly ('critical' | 'warning' | 'info')[];
  readonly events?: readonly string[];
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
  /** When people were first told of it. */
  told_at: NullableTime;
  /** Equal for incidents of several connections that are told as one. */
  group_key: Optional<string>;
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
  type: 'slack' | 'slack_bot' | 'webhook' | 'email';
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
  /** Equal for messages that follow each other, such as those about one API that is down. */
  bucket: Optional<string>;
  incident_ids: ColumnType<number[], number[] | undefined, number[]>;
  /** Where its messages stand, for channels that edit them. */
  threads: NullableJson<JsonValue[]>;
}

interface AlertRuleTable {
  id: Generated<string>;
  workspace_id: string;
  name: string;
  position: Defaulted<number>;
  enabled: Defaulted<boolean>;
  matches: Json<RuleMatches>;
  channel_ids: ColumnType<string[], string[] | undefined, string[]>;
  failures_in_a_row: Defaulted<number>;
  quiet_hours: NullableJson<QuietHours>;
  digest: NullableJson<Digest>;
  created_at: Time;
}

/** A message that waits: for others of the same cause, for the end of quiet hours, or for the digest. */
interface NoticeTable {
  id: Generated<number>;
  workspace_id: string;
  channel_id: string;
  event: string;
  /** What is due in one bucket is one message. */
  bucket: string;
  due_at: Time;
  message: Json<JsonObject>;
  /** Its line in a list. */
  entry: string;
  connection_id: Optional<string>;
  sync_id: Optional<number>;
  incident_ids: ColumnType<number[], number[] | undefined, number[]>;
  created_at: Time;
}
