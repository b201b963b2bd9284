import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import { READS_ITS_SOURCE } from '#lib/db/reads-its-source.ts';

/** What is counted: one workspace, or all of them. */
export interface Span {
  readonly workspaceId: string | null;
  readonly now: Date;
}

const DAY_MS = 24 * 3_600_000;
/** As housekeeping has it: a worker that is silent this long is gone. */
const WORKER_SILENT_MS = 30_000;

const dayBefore = ({ now }: Span) => new Date(now.getTime() - DAY_MS);
const within = ({ workspaceId }: Span, column: string) =>
  workspaceId === null ? sql<boolean>`true` : sql<boolean>`${sql.ref(column)} = ${workspaceId}`;

/** Syncs that wait or run, by status. */
export async function activeSyncs(db: Db, span: Span): Promise<{ status: string; n: number }[]> {
  const { rows } = await sql<{ status: string; n: number }>`
    select status, count(*) as n from syncs
    where status in ('pending', 'running', 'incomplete') and ${within(span, 'workspace_id')} group by status
  `.execute(db);
  return rows;
}

export interface EndedSyncs {
  readonly status: string;
  readonly n: number;
  /** Seconds from start to end; null where none had started. */
  readonly median: number | null;
  readonly p95: number | null;
  readonly most: number | null;
}

/** Syncs that ended in the last 24 hours, by status. */
export async function endedSyncs(db: Db, span: Span): Promise<EndedSyncs[]> {
  const seconds = sql`extract(epoch from finished_at - started_at)`;
  const { rows } = await sql<EndedSyncs>`
    select status, count(*) as n, percentile_cont(0.5) within group (order by ${seconds}) as median,
      percentile_cont(0.95) within group (order by ${seconds}) as p95, max(${seconds})::float8 as most
    from syncs where finished_at > ${dayBefore(span)} and ${within(span, 'workspace_id')} group by status
  `.execute(db);
  return rows;
}

export interface MovedRecords {
  readonly read: number;
  readonly filtered: number;
  readonly quarantined: number;
  readonly written: number;
  readonly bytes: number;
}

/** Records of the syncs that ended in the last 24 hours. */
export async function movedRecords(db: Db, span: Span): Promise<MovedRecords | undefined> {
  const { rows } = await sql<MovedRecords>`
    select coalesce(sum(stream.read), 0)::float8 as read, coalesce(sum(stream.filtered), 0)::float8 as filtered,
      coalesce(sum(stream.quarantined), 0)::float8 as quarantined, coalesce(sum(stream.written), 0)::float8 as written,
      coalesce(sum(stream.bytes), 0)::float8 as bytes
    from syncs join sync_stream as stream on stream.sync_id = syncs.id
    where syncs.finished_at > ${dayBefore(span)} and ${within(span, 'syncs.workspace_id')}
  `.execute(db);
  return rows[0];
}

export interface ConnectionFacts {
  readonly id: string;
  readonly name: string;
  readonly target_s: number | null;
  readonly succeeded_at: Date | null;
  readonly duration_s: number | null;
}

/** Active connections with their last sync that succeeded. */
export async function connectionFacts(db: Db, span: Span): Promise<ConnectionFacts[]> {
  const { rows } = await sql<ConnectionFacts>`
    select connection.id, connection.name, connection.freshness_target_minutes * 60 as target_s,
      last.finished_at as succeeded_at, extract(epoch from last.finished_at - last.started_at)::float8 as duration_s
    from connection left join lateral (
      select finished_at, started_at from syncs
      where connection_id = connection.id and status = 'succeeded' and ${READS_ITS_SOURCE} order by id desc limit 1
    ) as last on true
    where connection.status = 'active' and ${within(span, 'connection.workspace_id')} order by connection.id
  `.execute(db);
  return rows;
}

/** Loads that a check holds back until somebody decides. */
export async function heldLoads(db: Db, span: Span): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from sync_stream where status = 'held' and ${within(span, 'workspace_id')}
  `.execute(db);
  return rows[0]?.n ?? 0;
}

/** Incidents that are not resolved. */
export async function openIncidents(db: Db, span: Span): Promise<{ severity: string; status: string; n: number }[]> {
  const { rows } = await sql<{ severity: string; status: string; n: number }>`
    select severity, status, count(*) as n from incident
    where status <> 'resolved' and ${within(span, 'workspace_id')} group by severity, status
  `.execute(db);
  return rows;
}

/** Alerts of the last 24 hours, by what became of them. */
export async function deliveries(db: Db, span: Span): Promise<{ status: string; n: number }[]> {
  const { rows } = await sql<{ status: string; n: number }>`
    select status, count(*) as n from delivery
    where created_at > ${dayBefore(span)} and ${within(span, 'workspace_id')} group by status
  `.execute(db);
  return rows;
}

/** Workers of the installation that are alive, and how many tasks they have in hand. */
export async function livingWorkers(db: Db, { now }: Span): Promise<{ n: number; running: number }> {
  const { rows } = await sql<{ n: number; running: number }>`
    select count(*) as n, coalesce(sum(running), 0) as running from worker
    where seen_at > ${new Date(now.getTime() - WORKER_SILENT_MS)}
  `.execute(db);
  return rows[0] ?? { n: 0, running: 0 };
}

/** Jobs in the queue of the installation; none before the first process has made the queue. */
export async function queuedJobs(db: Db): Promise<{ name: string; state: string; n: number }[]> {
  const { rows: made } = await sql<{ there: boolean }>`
    select to_regclass('pgboss.job') is not null as there
  `.execute(db);
  if (!made[0]?.there) return [];
  const { rows } = await sql<{ name: string; state: string; n: number }>`
    select name, state::text as state, count(*) as n from pgboss.job
    where state in ('created', 'retry', 'active') group by name, state
  `.execute(db);
  return rows;
}
