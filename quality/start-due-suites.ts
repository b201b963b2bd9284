import type { Db } from '#lib/db/connect.ts';
import { dueAfter } from '#lib/jobs/due-times.ts';
import type { Queue } from '#lib/jobs/queue.ts';
import { startChecks } from './run-checks.ts';
import { lockDueSuites, setSuiteDue } from './suite-store.ts';

const MOST_AT_ONCE = 100;

/**
 * Starts the suites whose own schedule has come, each due time once however many schedulers there are. What was missed while
 * none ran is one run.
 * @returns how many were due
 */
export async function startDueSuites({
  db,
  queue,
  clock,
}: {
  db: Db;
  queue: Queue;
  clock: () => Date;
}): Promise<number> {
  const now = clock();
  return db.transaction().execute(async (tx) => {
    const due = await lockDueSuites(tx, now, MOST_AT_ONCE);
    for (const { id, workspaceId, schedule, nextDue } of due) {
      if (nextDue === null) continue;
      await startChecks({ db: tx, queue }, workspaceId, id, 'schedule');
      await setSuiteDue(tx, id, dueAfter(schedule, nextDue, now));
    }
    return due.length;
  });
}
