import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import type { Queue } from '#lib/jobs/queue.ts';
import { strandedSyncs } from './store.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const PROBES_KEPT_MS = 60 * MINUTE_MS;
const DELIVERIES_KEPT_MS = 30 * DAY_MS;
const WORKER_SILENT_MS = 30_000;
const STRANDED_MS = 2 * MINUTE_MS;

/** Forgets what nobody reads any more, and takes up what waits while its job is gone. */
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
  await enqueueLost(db, queue, before(STRANDED_MS));
}

/**
 * Jobs may be lost while their rows wait: somebody emptied the queue, or restored a database without it. Each gets one
 * again, however many processes look: they look one after the other.
 */
async function enqueueLost(db: Db, queue: Queue, since: Date): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ mine: boolean }>`
      select pg_try_advisory_xact_lock(hashtext('weir lost jobs')) as mine`.execute(tx);
    if (rows[0]?.mine !== true) return;
    const waiting = [
      { name: 'sync', field: 'syncId', ids: await strandedSyncs(tx, since) },
      { name: 'deliver', field: 'deliveryId', ids: await waitingDeliveries(tx, since) },
      { name: 'checks', field: 'runId', ids: await waitingChecks(tx, since) },
    ] as const;
    for (const { name, field, ids } of waiting)
      for (const id of await queue.lost(name, field, ids, tx)) await queue.send(name, { [field]: id }, { tx });
  });
}

async function waitingDeliveries(db: Db, since: Date): Promise<string[]> {
  const rows = await db
    .selectFrom('delivery')
    .select('id')
    .where('status', '=', 'pending')
    .where('created_at', '<', since)
    .orderBy('created_at')
    .execute();
  return rows.map(({ id }) => id);
}

async function waitingChecks(db: Db, since: Date): Promise<number[]> {
  const rows = await db
    .selectFrom('check_run')
    .select('id')
    .where('finished_at', 'is', null)
    .where('trigger', '<>', 'gate')
    .where('started_at', '<', since)
    .orderBy('id')
    .execute();
  return rows.map(({ id }) => id);
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
