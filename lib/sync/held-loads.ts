import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import type { Failure } from '#lib/errors.ts';
import type { Queue } from '#lib/jobs/queue.ts';
import { alreadyRunning, notFound, notHeld } from './refusals.ts';
import { ACTIVE, insertSync } from './store.ts';

interface DecideContext {
  readonly db: Db;
  readonly queue: Queue;
  readonly clock: () => Date;
}

export interface Decision {
  readonly by: string;
  readonly reason?: string | undefined;
  /** What else is to be done in the transaction of the decision, such as to tell of it; `nextSyncId` is the one that reads again. */
  readonly onDecided?: (tx: Db, nextSyncId: number | null) => Promise<void>;
}

/**
 * Publishes a held load as it lies, or drops it with its state. The same sync goes on in another attempt, so that a worker
 * that is lost on the way is made up for like any other.
 * @throws WeirError `not_held`, `sync_running`, `not_found`
 */
export async function decideLoad(
  { db, queue, clock }: DecideContext,
  workspaceId: string,
  syncId: number,
  decision: 'release' | 'discard',
  how: Decision,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await lockHeld(tx, workspaceId, syncId);
    await setDecision(tx, syncId, { decision, ...how, at: clock() });
    await tx
      .updateTable('syncs')
      .set({ status: 'pending', finished_at: null, failure: null, cancel_requested_at: null, cancelled_by: null })
      .where('id', '=', syncId)
      .execute();
    await queue.send('sync', { syncId }, { tx });
    await how.onDecided?.(tx, null);
  });
}

/**
 * Drops a held load and starts a sync that reads the same records again: for when the source or the manifest was mended.
 * The new sync clears the old stage away before it stages anything.
 * @throws WeirError `not_held`, `sync_running`, `not_found`
 */
export async function runAgain(
  { db, queue, clock }: DecideContext,
  workspaceId: string,
  heldSyncId: number,
  how: Decision,
): Promise<{ syncId: number }> {
  return db.transaction().execute(async (tx) => {
    const { connectionId } = await lockHeld(tx, workspaceId, heldSyncId);
    await setDecision(tx, heldSyncId, { decision: 'discard', ...how, at: clock() });
    await forgetSchemaChanges(tx, heldSyncId);
    await tx
      .updateTable('sync_stream')
      .set({ status: 'discarded', failure: JSON.stringify(DISCARDED) })
      .where('sync_id', '=', heldSyncId)
      .where('status', '=', 'held')
      .execute();
    await tx
      .updateTable('syncs')
      .set({ failure: JSON.stringify(DISCARDED) })
      .where('id', '=', heldSyncId)
      .execute();
    const syncId = await insertSync(tx, { workspaceId, connectionId, trigger: 'manual' });
    if (syncId === null) throw alreadyRunning(connectionId);
    await queue.send('sync', { syncId }, { tx });
    await how.onDecided?.(tx, syncId);
    return { syncId };
  });
}

/** Takes the sync's row; refuses one that holds nothing, or whose connection is syncing. */
async function lockHeld(tx: Db, workspaceId: string, syncId: number): Promise<{ connectionId: string }> {
  const sync = await tx
    .selectFrom('syncs')
    .select(['connection_id as connectionId', 'status'])
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', syncId)
    .forUpdate()
    .executeTakeFirst();
  if (!sync) throw notFound('sync');
  const held = await tx
    .selectFrom('sync_stream')
    .select('name')
    .where('sync_id', '=', syncId)
    .where('status', '=', 'held')
    .executeTakeFirst();
  const active = await tx
    .selectFrom('syncs')
    .select('id')
    .where('connection_id', '=', sync.connectionId)
    .where('status', 'in', ACTIVE)
    .executeTakeFirst();
  if (!held) throw notHeld(syncId);
  if (active) throw alreadyRunning(sync.connectionId);
  return sync;
}

async function setDecision(
  tx: Db,
  syncId: number,
  { decision, by, reason, at }: Omit<Decision, 'onDecided'> & { decision: 'release' | 'discard'; at: Date },
): Promise<void> {
  await tx
    .updateTable('sync_stream')
    .set({ decision, decided_by: by, decided_at: at, decision_reason: reason ?? null })
    .where('sync_id', '=', syncId)
    .where('status', '=', 'held')
    .execute();
}

/** What the held streams would have changed of their tables. */
async function forgetSchemaChanges(tx: Db, syncId: number): Promise<void> {
  await sql`delete from schema_change c using sync_stream s
    where c.sync_id = ${syncId} and s.sync_id = c.sync_id and s.status = 'held'
      and s.namespace = c.namespace and s.name = c.stream`.execute(tx);
}

const DISCARDED: Failure = {
  kind: 'terminal',
  code: 'load_discarded',
  message: 'The load was discarded, and its state with it.',
  hint: 'The sync that was started then reads the same records again.',
};
