import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import { READS_ITS_SOURCE } from '#lib/db/reads-its-source.ts';
import type { Schedule, SyncStatus } from '#lib/db/schema.ts';
import type { Failure } from '#lib/errors.ts';

/** Syncs per connection that the overview draws. */
const RECENT = 20;
/** A worker that was not heard of for so long counts as gone. */
const WORKER_SILENCE = '30 seconds';
/** So many times the floor below which syncs stop, and people are told. */
const LOW_DISK_FLOORS = 4;

export interface ConnectionFacts {
  readonly id: string;
  readonly name: string;
  readonly status: 'active' | 'inactive' | 'deprecated';
  readonly schedule: Schedule;
  readonly nextDue: Date | null;
  readonly pausedReason: string | null;
  readonly targetMinutes: number | null;
  readonly source: { id: string; name: string };
  readonly destination: { id: string; name: string; type: string };
  readonly namespace: string | null;
  readonly dataAsOf: Date | null;
  readonly owner: string | null;
}

/** `only` narrows every statement below to one connection; null means the whole workspace. */
export async function selectConnectionFacts(
  db: Db,
  workspaceId: string,
  only: string | null,
): Promise<ConnectionFacts[]> {
  const { rows } = await sql<ConnectionFacts>`
    select c.id, c.name, c.owner, c.status, c.schedule, c.next_due as "nextDue", c.paused_reason as "pausedReason",
      c.freshness_target_minutes as "targetMinutes",
      jsonb_build_object('id', s.id, 'name', s.name) as source,
      jsonb_build_object('id', d.id, 'name', d.name, 'type', d.type) as destination,
      case c.namespace_definition when 'custom' then c.namespace_format
        when 'destination' then coalesce(nullif(d.config ->> 'schema', ''), w.default_namespace) end
        as namespace,
      published.at as "dataAsOf"
    from connection c
    join workspace w on w.id = c.workspace_id
    join source s on s.id = c.source_id
    join destination d on d.id = c.destination_id
    left join lateral (
      select coalesce(started_at, finished_at) as at from syncs
      where connection_id = c.id and status = 'succeeded' and ${READS_ITS_SOURCE} order by id desc limit 1
    ) published on true
    where c.workspace_id = ${workspaceId} and (${only}::uuid is null or c.id = ${only}::uuid)`.execute(db);
  return rows;
}

export interface SyncFacts {
  readonly connectionId: string;
  readonly id: number;
  readonly status: SyncStatus;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly attempts: number;
  readonly failure: Failure | null;
}

/** The newest syncs of each connection, newest first; one that is going on comes on top of the twenty. */
export async function selectRecentSyncs(db: Db, workspaceId: string, only: string | null): Promise<SyncFacts[]> {
  const { rows } = await sql<SyncFacts>`
    select c.id as "connectionId", r.id, r.status, r.started_at as "startedAt", r.finished_at as "finishedAt",
      r.attempts, r.failure
    from connection c
    cross join lateral (select * from syncs where connection_id = c.id order by id desc limit ${RECENT + 1}) r
    where c.workspace_id = ${workspaceId} and (${only}::uuid is null or c.id = ${only}::uuid)
    order by r.id desc`.execute(db);
  return rows;
}

export interface DayFacts {
  readonly connectionId: string;
  /** Days before today, in the workspace's time zone. */
  readonly daysAgo: number;
  readonly written: number;
  readonly bytes: number;
}

/**
 * Rows written and bytes read per connection and day, from `oldest` to `newest` days ago, in the workspace's time zone. A day without
 * a sync that ended has no row.
 */
export async function selectDays(
  db: Db,
  workspaceId: string,
  now: Date,
  { oldest, newest, only }: { oldest: number; newest: number; only: string | null },
): Promise<DayFacts[]> {
  const { rows } = await sql<DayFacts>`
    with zone as (
      select time_zone as name, (${now}::timestamptz at time zone time_zone)::date as today
      from workspace where id = ${workspaceId}
    )
    select y.connection_id as "connectionId", zone.today - (y.finished_at at time zone zone.name)::date as "daysAgo",
      coalesce(sum(t.written), 0)::float8 as written, coalesce(sum(t.bytes), 0)::float8 as bytes
    from zone
    join syncs y on y.workspace_id = ${workspaceId}
      and y.finished_at >= (zone.today - ${oldest}::integer)::timestamp at time zone zone.name
      and y.finished_at < (zone.today - ${newest}::integer + 1)::timestamp at time zone zone.name
    left join sync_stream t on t.sync_id = y.id
    where (${only}::uuid is null or y.connection_id = ${only}::uuid) and y.status in ('succeeded', 'partial', 'failed')
    group by 1, 2`.execute(db);
  return rows;
}

export interface CheckFacts {
  readonly connectionId: string;
  readonly suiteId: string;
  readonly total: number;
  readonly pass: number;
  readonly warn: number;
  readonly fail: number;
  readonly error: number;
  readonly worst: string | null;
}

/** What the latest finished run of each connection's suites found; zeros for a suite that has not run yet. */
export async function selectChecks(db: Db, workspaceId: string, only: string | null): Promise<CheckFacts[]> {
  const { rows } = await sql<CheckFacts>`
    select s.connection_id as "connectionId", s.id as "suiteId", count(r.id)::int as total,
      count(*) filter (where r.outcome = 'pass')::int as pass,
      count(*) filter (where r.outcome = 'warn' or (r.outcome = 'fail' and r.level = 'warn'))::int as warn,
      count(*) filter (where r.outcome = 'fail' and r.level <> 'warn')::int as fail,
      count(*) filter (where r.outcome = 'error')::int as error,
      (array_agg(r.title order by array_position(array['fail', 'error', 'warn'], r.outcome), r.level = 'warn', r.id)
        filter (where r.outcome <> 'pass'))[1] as worst
    from suite s
    left join lateral (
      select id from check_run where suite_id = s.id and finished_at is not null and trigger not in ('gate', 'backfill')
      order by id desc limit 1
    ) run on true
    left join check_result r on r.run_id = run.id
    where s.workspace_id = ${workspaceId} and s.connection_id is not null
      and (${only}::uuid is null or s.connection_id = ${only}::uuid)
    group by s.id, s.connection_id
    order by s.id`.execute(db);
  return rows;
}

/** The worst outcome of the checks that ran on each sync; syncs without checks are left out. */
export async function selectQualityOfSyncs(
  db: Db,
  workspaceId: string,
  syncIds: readonly number[],
): Promise<{ syncId: number; quality: 'ok' | 'warn' | 'fail' | 'block' }[]> {
  if (syncIds.length === 0) return [];
  const { rows } = await sql<{ syncId: number; quality: 'ok' | 'warn' | 'fail' | 'block' }>`
    select run.sync_id as "syncId",
      case max(case
        when r.outcome = 'pass' then 0
        when r.outcome = 'warn' or (r.outcome = 'fail' and r.level = 'warn') then 1
        when r.outcome = 'fail' and r.level = 'block' then 3
        else 2 end)
      when 0 then 'ok' when 1 then 'warn' when 2 then 'fail' else 'block' end as quality
    from check_run run
    join check_result r on r.run_id = run.id
    where run.workspace_id = ${workspaceId} and run.sync_id = any(${syncIds}::bigint[])
    group by run.sync_id`.execute(db);
  return rows;
}

/** The worker whose disk has the least left, where that is little. */
export interface DiskFacts {
  readonly host: string;
  readonly freeBytes: number;
  /** No sync begins or goes on there. */
  readonly full: boolean;
}

export interface WorkspaceFacts {
  readonly disk: DiskFacts | null;
  readonly open: number;
  readonly critical: number;
  readonly oldest: { id: number; openedAt: string } | null;
  readonly workers: number;
  readonly running: number;
  readonly written24h: number;
  readonly quarantined24h: number;
  /** Staged rows of all loads that wait for a decision. */
  readonly heldRows: number;
}

export async function selectWorkspaceFacts(db: Db, workspaceId: string, now: Date): Promise<WorkspaceFacts> {
  const { rows } = await sql<WorkspaceFacts>`
    select
      (select count(*)::int from incident where workspace_id = ${workspaceId} and status <> 'resolved') as open,
      (select count(*)::int from incident
        where workspace_id = ${workspaceId} and status <> 'resolved' and severity = 'critical') as critical,
      (select jsonb_build_object('id', id, 'openedAt', opened_at) from incident
        where workspace_id = ${workspaceId} and status <> 'resolved' order by opened_at limit 1) as oldest,
      (select count(*)::int from worker where seen_at > ${now}::timestamptz - ${WORKER_SILENCE}::interval) as workers,
      (select jsonb_build_object('host', host, 'freeBytes', disk_free_bytes, 'full', disk_free_bytes < disk_floor_bytes)
        from worker where seen_at > ${now}::timestamptz - ${WORKER_SILENCE}::interval
          and disk_free_bytes < disk_floor_bytes * ${LOW_DISK_FLOORS} order by disk_free_bytes limit 1) as disk,
      (select count(*)::int from syncs where workspace_id = ${workspaceId} and status = 'running') as running,
      (select coalesce(sum(written), 0)::float8 from sync_stream
        where workspace_id = ${workspaceId} and status = 'held') as "heldRows",
      day.written as "written24h", day.quarantined as "quarantined24h"
    from (
      select coalesce(sum(t.written), 0)::float8 as written, coalesce(sum(t.quarantined), 0)::float8 as quarantined
      from syncs y join sync_stream t on t.sync_id = y.id
      where y.workspace_id = ${workspaceId} and y.finished_at > ${now}::timestamptz - interval '24 hours'
    ) day`.execute(db);
  if (!rows[0]) throw new Error('a select without from gives one row');
  return rows[0];
}
