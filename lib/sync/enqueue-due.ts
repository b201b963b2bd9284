import { commitLazily, type Db } from '#lib/db/connect.ts';
import type { Failure } from '#lib/errors.ts';
import { dueAfter } from '#lib/jobs/due-times.ts';
import type { Queue } from '#lib/jobs/queue.ts';
import { insertSkipped, insertSync, lockDueConnections, setNextDue } from './store.ts';

const MOST_AT_ONCE = 200;

/**
 * Starts what is due, each due time once however many schedulers there are: the rows are locked, the sync, its job and
 * the next due time are written in one transaction. What was missed while no scheduler ran is one sync, not many.
 * @returns how many connections were due
 */
export async function enqueueDue({ db, queue, clock }: { db: Db; queue: Queue; clock: () => Date }): Promise<number> {
  const now = clock();
  return db.transaction().execute(async (tx) => {
    // What is lost is due again.
    await commitLazily(tx);
    const due = await lockDueConnections(tx, now, MOST_AT_ONCE);
    for (const connection of due) {
      if (connection.next_due === null) continue;
      const sync = {
        workspaceId: connection.workspace_id,
        connectionId: connection.id,
        trigger: 'schedule' as const,
        dueAt: connection.next_due,
      };
      const syncId = connection.held === null ? await insertSync(tx, sync) : null;
      if (connection.held !== null) await insertSkipped(tx, sync, heldBack(connection.held), now);
      else if (syncId === null) await insertSkipped(tx, sync, STILL_RUNNING, now);
      else await queue.send('sync', { syncId }, { tx });
      await setNextDue(tx, connection.id, dueAfter(connection.schedule, connection.next_due, now));
    }
    return due.length;
  });
}

const STILL_RUNNING = {
  kind: 'transient',
  code: 'still_running',
  message: 'The sync before it had not ended at this due time, so this one was skipped.',
  hint: 'If that happens often, the schedule is tighter than a sync takes.',
} as const;

function heldBack(syncId: number): Failure {
  return {
    kind: 'config',
    code: 'load_held',
    message: `The load of sync ${syncId} is held by a failing check, so this due time was skipped.`,
    hint: 'Release or discard that load, or discard it and run again.',
  };
}
