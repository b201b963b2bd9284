import type { Db } from '#lib/db/connect.ts';
import type { Queue } from '#lib/jobs/queue.ts';
import { strandedSyncs } from './store.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const PROBES_KEPT_MS = 60 * MINUTE_MS;
const DELIVERIES_KEPT_MS = 30 * DAY_MS;
const WORKER_SILENT_MS = 30_000;
const STRANDED_MS = 2 * MINUTE_MS;

/** Forgets what nobody reads any more, and takes up syncs whose worker and job are both gone. */
export async function housekeep({ db, queue, clock }: { db: Db; queue: Queue; clock: () => Date }): Promise<void> {
  const before = (ms: number) => new Date(clock().getTime() - ms);
  await db.deleteFrom('oauth_consent').where('expires_at', '<', clock()).execute();
  await db.deleteFrom('probe').where('created_at', '<', before(PROBES_KEPT_MS)).execute();
  await db
    .deleteFrom('delivery')
    .where('status', '<>', 'pending')
    .where('created_at', '<', before(DELIVERIES_KEPT_MS))
    .execute();
  await db.deleteFrom('worker').where('seen_at', '<', before(WORKER_SILENT_MS)).execute();
  for (const syncId of await strandedSyncs(db, before(STRANDED_MS))) await queue.send('sync', { syncId });
}

/** Of these syncs, those that somebody asked to end. */
export async function cancelledSyncs({ db }: { db: Db }, ids: readonly number[]): Promise<number[]> {
  const rows = await db
    .selectFrom('syncs')
    .select('id')
    .where('id', 'in', ids)
    .where('cancel_requested_at', 'is not', null)
    .execute();
  return rows.map((row) => row.id);
}

/** Of these probes, those that somebody ended. */
export async function cancelledProbes({ db }: { db: Db }, ids: readonly string[]): Promise<string[]> {
  const rows = await db
    .selectFrom('probe')
    .select('id')
    .where('id', 'in', ids)
    .where('status', '=', 'cancelled')
    .execute();
  return rows.map((row) => row.id);
}
