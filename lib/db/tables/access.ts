import type { ColumnType, Generated, JSONColumnType } from 'kysely';
import type { JsonObject } from '#lib/json.ts';
import type { Defaulted, NullableJson, NullableTime, Optional, Time } from './columns.ts';

/** People, programs and what they may do. */
export interface AccessTables {
  workspace: WorkspaceTable;
  membership: { workspace_id: string; user_id: string; role: Role };
  invitation: InvitationTable;
  api_key: ApiKeyTable;
  application: ApplicationTable;
  audit_entry: AuditEntryTable;
  allowed_host: AllowedHostTable;
  idempotent_answer: IdempotentAnswerTable;
  user: UserTable;
  session: SessionTable;
  account: AccountTable;
  try_counter: { key: string; count: number; window_start: Time };
}

export type Role = 'admin' | 'editor' | 'viewer';

interface WorkspaceTable {
  id: Generated<string>;
  name: string;
  default_namespace: Defaulted<string>;
  notification_email: Optional<string>;
  time_zone: Defaulted<string>;
  auto_disable: NullableJson<AutoDisable>;
  log_days: Defaulted<number>;
  sync_days: Defaulted<number>;
  measurement_days: Defaulted<number>;
  sample_days: Defaulted<number>;
  created_at: Time;
}

/** A connection is disabled after so many failures in a row and so many days without a success, and warned of before. */
export interface AutoDisable {
  readonly failures: number;
  readonly days: number;
  readonly warnFailures: number;
  readonly warnDays: number;
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

interface IdempotentAnswerTable {
  workspace_id: string;
  key: string;
  request_hash: string;
  status: number | null;
  sealed: string | null;
  created_at: Time;
}

/** better-auth's tables, as far as we touch them ourselves; the names of the columns are its own. */
interface UserTable {
  id: Generated<string>;
  name: string;
  email: string;
  emailVerified: boolean;
  createdAt: Time;
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
  /** Ours: where the browser works; null, or one that its user has left, means the first. */
  workspace_id: Optional<string>;
}

interface AccountTable {
  id: Generated<string>;
  accountId: string;
  providerId: string;
  userId: string;
  password: string | null;
  updatedAt: ColumnType<Date, Date, Date>;
}
