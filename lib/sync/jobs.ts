import { type RawBuilder, sql } from 'kysely';
import type { StreamName } from '#lib/catalog.ts';
import type { Db } from '#lib/db/connect.ts';
import type { SyncKind, SyncStatus, SyncStreamStatus } from '#lib/db/schema.ts';
import { type Failure, WeirError } from '#lib/errors.ts';

/** A sync with its attempts and streams in one row, as Airbyte's clients see jobs. */
export interface Job {
  readonly id: number;
  readonly connectionId: string;
  readonly kind: SyncKind;
  readonly onlyStreams: readonly StreamName[] | null;
  readonly status: SyncStatus;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly failure: Failure | null;
  readonly attempts: readonly JobAttempt[];
  readonly streams: readonly JobStream[];
}

export interface JobAttempt {
  readonly number: number;
  readonly status: 'running' | 'succeeded' | 'failed' | 'cancelled';
  /** Epoch seconds, as the two below. */
  readonly startedAt: number;
  readonly finishedAt: number | null;
  readonly failure: Failure | null;
}

export interface JobStream extends StreamName {
  readonly status: SyncStreamStatus;
  readonly read: number;
  readonly written: number;
  readonly quarantined: number;
  readonly bytes: number;
  readonly failure: Failure | null;
}

export interface JobFilter {
  readonly id?: number;
  readonly connectionId?: string;
  readonly kinds?: readonly SyncKind[];
  readonly statuses?: readonly SyncStatus[];
  readonly createdFrom?: Date;
  readonly createdTo?: Date;
  readonly updatedFrom?: Date;
  readonly updatedTo?: Date;
  readonly orderBy?: 'createdAt' | 'updatedAt';
  readonly descending?: boolean;
  readonly limit?: number;
  readonly offset?: number;
}

const MOST_LISTED = 1_000;
/** When a job last changed, as far as its row says. */
const UPDATED = sql`coalesce(s.finished_at, s.started_at, s.created_at)`;

/** Due times that were skipped are no jobs: nothing was started. */
export async function listJobs({ db }: { db: Db }, workspaceId: string, filter: JobFilter = {}): Promise<Job[]> {
  const order = filter.orderBy === 'updatedAt' ? sql`${UPDATED}, s.id` : sql`s.id`;
  const direction = filter.descending ? sql`desc` : sql`asc`;
  const { rows } = await sql<Job>`
    select s.id, s.connection_id as "connectionId", s.kind, s.only_streams as "onlyStreams", s.status,
      s.created_at as "createdAt", s.started_at as "startedAt", s.finished_at as "finishedAt", s.failure,
      coalesce((select jsonb_agg(jsonb_build_object('number', a.number, 'status', a.status, 'failure', a.failure,
          'startedAt', floor(extract(epoch from a.started_at)), 'finishedAt', floor(extract(epoch from a.finished_at)))
          order by a.number) from attempt a where a.sync_id = s.id), '[]') as attempts,
      coalesce((select jsonb_agg(jsonb_build_object('namespace', t.namespace, 'name', t.name, 'status', t.status,
          'read', t.read, 'written', t.written, 'quarantined', t.quarantined, 'bytes', t.bytes, 'failure', t.failure)
          order by t.name) from sync_stream t where t.sync_id = s.id), '[]') as streams
    from syncs s ${where(workspaceId, filter)}
    order by ${order} ${direction}
    limit ${Math.min(filter.limit ?? MOST_LISTED, MOST_LISTED)} offset ${filter.offset ?? 0}`.execute(db);
  return rows;
}

export async function countJobs({ db }: { db: Db }, workspaceId: string, filter: JobFilter = {}): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from syncs s ${where(workspaceId, filter)}`.execute(db);
  return rows[0]?.n ?? 0;
}

export async function getJob({ db }: { db: Db }, workspaceId: string, id: number): Promise<Job> {
  const [job] = await listJobs({ db }, workspaceId, { id });
  if (job) return job;
  throw new WeirError({
    kind: 'config',
    code: 'not_found',
    message: 'There is no such job.',
    hint: 'Its connection may have been deleted.',
  });
}

function where(workspaceId: string, filter: JobFilter): RawBuilder<unknown> {
  const { id, connectionId, kinds, statuses, createdFrom, createdTo, updatedFrom, updatedTo } = filter;
  const conditions = [
    sql`s.workspace_id = ${workspaceId}`,
    sql`s.status <> 'skipped'`,
    id !== undefined && sql`s.id = ${id}`,
    connectionId !== undefined && sql`s.connection_id = ${connectionId}`,
    kinds && sql`s.kind = any(${[...kinds]})`,
    statuses && sql`s.status = any(${[...statuses]})`,
    createdFrom && sql`s.created_at >= ${createdFrom}`,
    createdTo && sql`s.created_at <= ${createdTo}`,
    updatedFrom && sql`${UPDATED} >= ${updatedFrom}`,
    updatedTo && sql`${UPDATED} <= ${updatedTo}`,
  ].filter((condition) => condition !== undefined && condition !== false);
  return sql`where ${sql.join(conditions, sql` and `)}`;
}
