import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';

/** Of each connection, however old: what its page and its medians are made of. */
const SYNCS_KEPT = 20;
/** Rows that one statement deletes, so that no lock is held for long. */
const BATCH_ROWS = 5_000;

/** Forgets log lines and syncs that are older than their workspace keeps them; gives how many. */
export async function forgetSyncs(
  { db, clock }: { db: Db; clock: () => Date },
  batchRows = BATCH_ROWS,
): Promise<{ lines: number; syncs: number }> {
  const now = clock();
  const lines = await inBatches(() => deleteLines(db, now, batchRows), batchRows);
  return { lines, syncs: await inBatches(() => deleteSyncs(db, now, batchRows), batchRows) };
}

async function inBatches(run: () => Promise<number>, batchRows: number): Promise<number> {
  for (let all = 0; ; ) {
    const deleted = await run();
    all += deleted;
    if (deleted < batchRows) return all;
  }
}

async function deleteLines(db: Db, now: Date, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from sync_log where id in (
      select l.id from sync_log l join workspace w on w.id = l.workspace_id
      where l.at < ${now}::timestamptz - make_interval(days => w.log_days)
      limit ${limit})`.execute(db);
  return Number(numAffectedRows ?? 0);
}

/**
 * Ended syncs, but for the newest of each connection, those whose load waits for a decision, and those that published what a table
 * or a folder holds now: checks find the newest files by them.
 */
async function deleteSyncs(db: Db, now: Date, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    with ranked as (
      select id, row_number() over (partition by connection_id order by id desc) as place from syncs
    ), shown as (
      select distinct on (s.connection_id, t.namespace, t.name) t.sync_id as id
      from sync_stream t join syncs s on s.id = t.sync_id
      where t.published_at is not null
      order by s.connection_id, t.namespace, t.name, t.published_at desc
    )
    delete from syncs where id in (
      select s.id from syncs s join workspace w on w.id = s.workspace_id join ranked r on r.id = s.id
      where r.place > ${SYNCS_KEPT}
        and s.finished_at < ${now}::timestamptz - make_interval(days => w.sync_days)
        and not exists (select from shown where shown.id = s.id)
        and not exists (select from sync_stream t where t.sync_id = s.id and t.status = 'held')
      order by s.id limit ${limit})`.execute(db);
  return Number(numAffectedRows ?? 0);
}
