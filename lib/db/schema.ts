import type { AccessTables } from './tables/access.ts';
import type { AlertTables } from './tables/alerts.ts';
import type { ConnectionTables } from './tables/connections.ts';
import type { PipelineTables } from './tables/pipelines.ts';
import type { QualityTables } from './tables/quality.ts';
import type { SyncTables } from './tables/syncs.ts';

export type { AutoDisable, Role } from './tables/access.ts';
export type { Digest, QuietHours, RuleMatches } from './tables/alerts.ts';
export { type QuarantineLimit, SCHEMA_POLICIES, type Schedule, type SchemaPolicy } from './tables/connections.ts';
export type { CommandStatus, DbtProblem } from './tables/pipelines.ts';
export type {
  ProbeKind,
  SchemaColumn,
  StreamPhases,
  StreamTask,
  SyncKind,
  SyncStatus,
  SyncStreamStatus,
  SyncTrigger,
} from './tables/syncs.ts';

/** The service's tables as kysely sees them, by area; `prisma-free-migrations/` makes them. int8 arrives as number. */
export interface Database
  extends AccessTables,
    ConnectionTables,
    SyncTables,
    QualityTables,
    AlertTables,
    PipelineTables {}
