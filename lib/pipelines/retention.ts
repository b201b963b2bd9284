import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';

/** Forgets the logs of commands with those of syncs, and later the runs; gives how many. */
export async function forgetCommands({ db, clock }: { db: Db; clock: () => Date }): Promise<number> {
  const now = clock();
  await sql`
    update command_run r set log = '' from workspace w
    where w.id = r.workspace_id and r.log <> ''
      and r.finished_at < ${now}::timestamptz - make_interval(days => w.log_days)`.execute(db);
  const { numAffectedRows } = await sql`
    delete from command_run r using workspace w
    where w.id = r.workspace_id
      and r.finished_at < ${now}::timestamptz - make_interval(days => w.sync_days)`.execute(db);
  return Number(numAffectedRows ?? 0);
}
