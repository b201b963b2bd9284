import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import type { SyncStatus } from '#lib/db/schema.ts';
import type { Failure } from '#lib/errors.ts';
import type { MachineUse } from './machine-use.ts';
import type { SyncOrder } from './order.ts';
import { ACTIVE } from './store.ts';

export interface Attempt {
  readonly syncId: number;
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly number: number;
  readonly fence: number;
  readonly emittedAt: Date;
}

/** A sync that has not ended, as it was when somebody took it up. */
export type TakenUp = Omit<Attempt, 'number' | 'fence' | 'emittedAt'> &
  SyncOrder & { readonly attempt: Attempt | null };

/**
 * Takes up a sync: ends attempts that never said how they ended, raises the connection's fence, and begins the next attempt. One
 * that was asked to end has none. Null when the sync has ended. In one statement: most syncs take no longer than a few of them.
 * A sync's instant is later than that of the connection's sync before, whatever the workers' clocks say: readers and replays go by it.
 */
export async function takeUpSync(
  db: Db,
  syncId: number,
  { worker, lost, now }: { worker: string; lost: Failure; now: Date },
): Promise<TakenUp | null> {
  const { rows } = await sql<Omit<TakenUp, 'attempt'> & { [name in keyof Begun]: Begun[name] | null }>`
    with sync as (
      select * from syncs where id = ${syncId} and status = any(${[...ACTIVE]}) for update
    ), ended as (
      update attempt set status = 'failed', finished_at = ${now}, failure = ${JSON.stringify(lost)}
      where sync_id = (select id from sync) and status = 'running'
    ), fenced as (
      update connection set last_fence = last_fence + 1
      where id = (select connection_id from sync where cancel_requested_at is null) returning last_fence
    ), emitted as (
      select p.emitted_at + interval '1 millisecond' as after from syncs p, sync s
      where p.connection_id = s.connection_id and p.id < s.id and p.emitted_at is not null order by p.id desc limit 1
    ), begun as (
      update syncs set status = 'running', attempts = attempts + 1,
        started_at = coalesce(started_at, ${now}),
        emitted_at = coalesce(emitted_at, greatest(${now}, (select after from emitted)))
      where id = (select id from sync where cancel_requested_at is null) returning *
    ), added as (
      insert into attempt (sync_id, workspace_id, number, fence, worker)
      select id, workspace_id, attempts, last_fence, ${worker} from begun, fenced
    )
    select s.id as "syncId", s.workspace_id as "workspaceId", s.connection_id as "connectionId", s.kind,
      s.only_streams as "onlyStreams", s.task, b.attempts as number, f.last_fence as fence, b.emitted_at as "emittedAt"
    from sync s left join begun b on true left join fenced f on true`.execute(db);
  const [row] = rows;
  if (!row) return null;
  const { number, fence, emittedAt, ...sync } = row;
  const { workspaceId, connectionId } = sync;
  const begun = number !== null && fence !== null && emittedAt !== null;
  return { ...sync, attempt: begun ? { syncId, workspaceId, connectionId, number, fence, emittedAt } : null };
}

type Begun = Pick<Attempt, 'number' | 'fence' | 'emittedAt'>;

export async function endAttempt(
  db: Db,
  attempt: Pick<Attempt, 'syncId' | 'number'>,
  end: { status: 'succeeded' | 'failed' | 'cancelled'; failure: Failure | null; now: Date; use: MachineUse | null },
): Promise<void> {
  await db
    .updateTable('attempt')
    .set({ status: end.status, finished_at: end.now, failure: end.failure && JSON.stringify(end.failure) })
    .$if(end.use !== null, (query) =>
      query.set({
        peak_memory_mb: end.use?.peakMemoryMb ?? null,
        cpu_ms: end.use?.cpuMs ?? null,
        peak_cpu_cores: end.use?.peakCpuCores ?? null,
        cpu_paused_ms: end.use?.cpuPausedMs ?? null,
        memory_limit_mb: end.use?.limits?.memoryMb ?? null,
        cpu_limit_cores: end.use?.limits?.cpuCores ?? null,
      }),
    )
    .where('sync_id', '=', attempt.syncId)
    .where('number', '=', attempt.number)
    .where('status', '=', 'running')
    .execute();
}

/** Ends a sync, and the streams that it left: nobody goes on with them. */
export async function endSync(
  db: Db,
  syncId: number,
  { status, failure, now }: { status: SyncStatus; failure: Failure | null; now: Date },
): Promise<void> {
  const text = failure && JSON.stringify(failure);
  await sql`
    with left_over as (
      update sync_stream set status = ${failure ? 'failed' : 'cancelled'}, finished_at = ${now}, failure = ${text}
      where sync_id = ${syncId} and status in ('waiting', 'running')
    )
    update syncs set status = ${status}, finished_at = ${now}, failure = ${text} where id = ${syncId}`.execute(db);
}
