import type { Generated } from 'kysely';
import type { Failure } from '#lib/errors.ts';
import type { Defaulted, Json, NullableJson, NullableTime, Optional, Time } from './columns.ts';

/** What starts a sync besides its schedule, what follows it, and what is reported of that. */
export interface PipelineTables {
  connection_trigger: ConnectionTriggerTable;
  after_sync: AfterSyncTable;
  command_run: CommandRunTable;
  dbt_report: DbtReportTable;
  training_report: TrainingReportTable;
}

interface ConnectionTriggerTable {
  id: Generated<string>;
  workspace_id: string;
  connection_id: string;
  name: string;
  /** SHA-256 of the secret in its address. */
  hash: string;
  created_by: Optional<string>;
  created_at: Time;
  last_used_at: NullableTime;
}

/** Either a channel that is told, or a command of the operator's list. */
interface AfterSyncTable {
  connection_id: string;
  position: number;
  workspace_id: string;
  channel_id: Optional<string>;
  command: Optional<string>;
}

export type CommandStatus = 'pending' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'skipped';

interface CommandRunTable {
  id: Generated<number>;
  workspace_id: string;
  connection_id: string;
  sync_id: Optional<number>;
  command: string;
  status: Defaulted<CommandStatus>;
  created_at: Time;
  started_at: NullableTime;
  finished_at: NullableTime;
  exit_code: Optional<number>;
  log: Defaulted<string>;
  failure: NullableJson<Failure>;
  cancel_requested_at: NullableTime;
  cancelled_by: Optional<string>;
}

/** A model or test of dbt that did not go well. */
export interface DbtProblem {
  readonly name: string;
  readonly status: string;
  readonly message: string;
}

interface DbtReportTable {
  id: Generated<number>;
  workspace_id: string;
  connection_id: string;
  command_run_id: Optional<number>;
  invocation_id: string;
  generated_at: Date;
  elapsed_s: Optional<number>;
  status: 'success' | 'error';
  models_run: number;
  models_failed: number;
  tests_passed: number;
  tests_failed: number;
  tests_warned: number;
  problems: Json<DbtProblem[]>;
}

interface TrainingReportTable {
  id: Generated<number>;
  workspace_id: string;
  connection_id: string;
  model_version: string;
  accuracy: Optional<number>;
  status: string;
  finished_at: Date;
  reported_by: Optional<string>;
  created_at: Time;
}
