import type { ColumnType, Generated } from 'kysely';
import type { Failure } from '#lib/errors.ts';
import type { JsonObject, JsonValue } from '#lib/json.ts';
import type { Defaulted, Json, NullableJson, NullableTime, Optional, Time } from './columns.ts';
import type { Schedule } from './connections.ts';

/** Checks and what they measured. */
export interface QualityTables {
  suite: SuiteTable;
  check_run: CheckRunTable;
  check_result: CheckResultTable;
  table_state: TableStateTable;
  table_profile: TableProfileTable;
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
  cancel_requested_at: NullableTime;
  /** Of a bucket; null where none was read. */
  bytes_read: Optional<number>;
  failure: NullableJson<Failure>;
  /** Tables of a bucket that it did not read: nobody had asked for that. */
  unread: NullableJson<{ table: string; checks: number; bytes: number | null }[]>;
  /** The load was changed after the gate had measured it. */
  outdated: Defaulted<boolean>;
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

/** What a stream's table held after a publish, as numbers that merge with those of the next load. */
interface TableStateTable {
  connection_id: string;
  /** The stream's, as its source names it. */
  namespace: string;
  name: string;
  /** Which publish; counted only while it is the table's last. */
  publish: string;
  workspace_id: string;
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
