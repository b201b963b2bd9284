import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import type { IncidentFacts } from './kinds/channel-kind.ts';
import type { Thread } from './kinds/thread.ts';

/** What opens again so soon goes on in the thread of before. */
const FLAP_MINUTES = 30;
const MOST_DELIVERIES = 50;

/** The messages of a channel that stand for these incidents as they were last edited, and how all that they tell of stands now. */
export async function threadsOf(
  db: Db,
  channelId: string,
  incidentIds: readonly number[],
): Promise<{ threads: Thread[]; incidents: IncidentFacts[] }> {
  if (incidentIds.length === 0) return { threads: [], incidents: [] };
  const again = await reopened(db, incidentIds);
  const ids = [...incidentIds, ...again.map(({ before }) => before)];
  const rows = await db
    .selectFrom('delivery')
    .select('threads')
    .where('channel_id', '=', channelId)
    .where('threads', 'is not', null)
    .where(sql<boolean>`incident_ids && ${ids}::bigint[]`)
    .orderBy('created_at', 'desc')
    .limit(MOST_DELIVERIES)
    .execute();
  const found = new Map<string, Thread>();
  for (const thread of rows.flatMap((row) => (row.threads ?? []) as unknown as Thread[]))
    if (!found.has(thread.ts)) found.set(thread.ts, thread);
  // An incident that goes on in an older thread is told of there from now on.
  const threads = [...found.values()]
    .filter((thread) => thread.incidentIds.some((id) => ids.includes(id)))
    .map((thread) => {
      const goOn = again.flatMap(({ now, before }) => (thread.incidentIds.includes(before) ? [now] : []));
      return { ...thread, incidentIds: [...new Set([...thread.incidentIds, ...goOn])] };
    });
  const all = [...new Set([...ids, ...threads.flatMap((thread) => thread.incidentIds)])];
  return { threads, incidents: await factsOf(db, all) };
}

export async function keepThreads(db: Db, deliveryId: string, threads: readonly Thread[]): Promise<void> {
  await db
    .updateTable('delivery')
    .set({ threads: JSON.stringify(threads) })
    .where('id', '=', deliveryId)
    .execute();
}

/** Earlier incidents of the same cause that had just ended when these opened. */
async function reopened(db: Db, ids: readonly number[]): Promise<{ now: number; before: number }[]> {
  const { rows } = await sql<{ now: number; before: number }>`
    select now.id as now, before.id as before from incident now
    join incident before on before.workspace_id = now.workspace_id and before.cause = now.cause and before.id < now.id
      and before.resolved_at > now.opened_at - make_interval(mins => ${FLAP_MINUTES})
    where now.id = any(${[...ids]}::bigint[])`.execute(db);
  return rows;
}

/** A load that is held belongs to the incident of its connection; what was decided of it stays with its streams. */
async function factsOf(db: Db, ids: readonly number[]): Promise<IncidentFacts[]> {
  const { rows } = await sql<IncidentFacts>`
    select i.id, i.status, i.seen, i.acknowledged_by as "acknowledgedBy", i.snoozed_until as "snoozedUntil",
      i.resolved_by as "resolvedBy", w.time_zone as "timeZone", held.load as held, released.by as "releasedBy"
    from incident i
    join workspace w on w.id = i.workspace_id
    left join lateral (
      select jsonb_build_object('syncId', t.sync_id, 'rows', sum(t.written)) as load
      from syncs s join sync_stream t on t.sync_id = s.id
      where i.cause = 'sync:' || i.connection_id and s.connection_id = i.connection_id and s.id >= i.sync_id
        and t.status = 'held' and t.decision is null
      group by t.sync_id order by t.sync_id desc limit 1
    ) held on true
    left join lateral (
      select max(t.decided_by) as by from syncs s join sync_stream t on t.sync_id = s.id
      where i.cause = 'sync:' || i.connection_id and s.connection_id = i.connection_id and s.id >= i.sync_id
        and t.decision = 'release' and (i.resolved_at is null or t.decided_at < i.resolved_at)
    ) released on true
    where i.id = any(${[...ids]}::bigint[]) order by i.id`.execute(db);
  return rows;
}
