import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import { READS_ITS_SOURCE } from '#lib/db/reads-its-source.ts';
import type { Schedule } from '#lib/db/schema.ts';
import { defaultTargetMinutes } from './freshness.ts';

const CATCH_UP_MS = 15 * 60_000;

/** A connection whose data is older than its target, or whose last due time was skipped because a sync would not end. */
export interface LateConnection {
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly name: string;
  /** The instant as of which its data is known; null before the first success. */
  readonly dataAsOf: Date | null;
  /** How far past the target; null where only a due time was missed. */
  readonly overMinutes: number | null;
  readonly targetMinutes: number | null;
  readonly missedDue: Date | null;
  /** A sync that began a moment ago may make up for it, as after the service was away. */
  readonly catchingUp: boolean;
}

interface Facts {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly schedule: Schedule;
  readonly targetMinutes: number | null;
  readonly createdAt: Date;
  readonly dataAsOf: Date | null;
  readonly missedDue: Date | null;
  readonly runsSince: Date | null;
}

/** Of all active connections, those that are late now. Before its first success, a connection's age counts from when it was made. */
export async function lateConnections({ db, clock }: { db: Db; clock: () => Date }): Promise<LateConnection[]> {
  const now = clock();
  return (await selectFacts(db)).flatMap((row) => lateOf(row, now) ?? []);
}

function lateOf(row: Facts, now: Date): LateConnection | null {
  const targetMinutes = row.targetMinutes ?? defaultTargetMinutes(row.schedule, now);
  const ageMinutes = (now.getTime() - (row.dataAsOf ?? row.createdAt).getTime()) / 60_000;
  const over = targetMinutes === null ? -1 : ageMinutes - targetMinutes;
  if (over <= 0 && row.missedDue === null) return null;
  const { id: connectionId, workspaceId, name, dataAsOf, missedDue } = row;
  const catchingUp = row.runsSince !== null && now.getTime() - row.runsSince.getTime() < CATCH_UP_MS;
  const overMinutes = over > 0 ? over : null;
  return { workspaceId, connectionId, name, dataAsOf, overMinutes, targetMinutes, missedDue, catchingUp };
}

async function selectFacts(db: Db): Promise<Facts[]> {
  const { rows } = await sql<Facts>`
    select c.id, c.workspace_id as "workspaceId", c.name, c.schedule, c.freshness_target_minutes as "targetMinutes",
      c.created_at as "createdAt", published.at as "dataAsOf",
      case when last.status in ('pending', 'running', 'incomplete') then last.created_at end as "runsSince",
      case when last.status = 'skipped' and last.failure ->> 'code' = 'still_running' then last.due_at end as "missedDue"
    from connection c
    left join lateral (
      select coalesce(started_at, finished_at) as at from syncs
      where connection_id = c.id and status = 'succeeded' and ${READS_ITS_SOURCE} order by id desc limit 1
    ) published on true
    left join lateral (
      select status, failure, due_at, created_at from syncs where connection_id = c.id order by id desc limit 1
    ) last on true
    where c.status = 'active' and (c.schedule ->> 'type' <> 'manual' or c.freshness_target_minutes is not null)`.execute(
    db,
  );
  return rows;
}
