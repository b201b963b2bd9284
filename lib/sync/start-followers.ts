import type { Db } from '#lib/db/connect.ts';
import type { Queue } from '#lib/jobs/queue.ts';
import { heldSync, insertSkipped, insertSync } from './store.ts';

const RUNNING = {
  kind: 'transient',
  code: 'still_running',
  message: 'The connection before it succeeded while a sync of this one was running, so it was not started again.',
} as const;
const HELD = {
  kind: 'config',
  code: 'load_held',
  message: 'The connection before it succeeded while a load of this one is held by a failing check.',
  hint: 'Release or discard that load, or discard it and run again.',
} as const;

/** In the transaction in which a sync succeeds: starts the connections that are to follow it. What can't start says why. */
export async function startFollowers(
  tx: Db,
  { queue, clock }: { queue: Pick<Queue, 'send'>; clock: () => Date },
  connectionId: string,
): Promise<void> {
  const followers = await tx
    .selectFrom('connection')
    .select(['id', 'workspace_id as workspaceId'])
    .where('after_connection_id', '=', connectionId)
    .where('status', '=', 'active')
    .orderBy('name')
    .execute();
  for (const follower of followers) {
    const sync = { workspaceId: follower.workspaceId, connectionId: follower.id, trigger: 'after' } as const;
    const skipped = { ...sync, dueAt: clock() };
    if ((await heldSync(tx, follower.id)) !== null) {
      await insertSkipped(tx, skipped, HELD, clock());
      continue;
    }
    const syncId = await insertSync(tx, sync);
    if (syncId === null) await insertSkipped(tx, skipped, RUNNING, clock());
    else await queue.send('sync', { syncId }, { tx });
  }
}
