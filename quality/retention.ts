import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';

/** Rows that one statement deletes, so that no lock is held for long. */
const BATCH_ROWS = 5_000;

/**
 * Forgets measurements that are older than their workspace keeps them, but for the newest of each check, and failing rows whose time
 * is over by their suite or by their workspace. Gives how many measurements went.
 */
export async function forgetMeasurements(
  { db, clock }: { db: Db; clock: () => Date },
  batchRows = BATCH_ROWS,
): Promise<number> {
  const now = clock();
  await forgetSamples(db, now);
  let all = 0;
  for (let deleted = batchRows; deleted === batchRows; all += deleted)
    deleted = await deleteResults(db, now, batchRows);
  await deleteEmptyRuns(db, now);
  return all;
}

/** Forgets failing rows whose time is over; the measurements stay. */
async function forgetSamples(db: Db, now: Date): Promise<void> {
  await sql`
    update check_result r set samples = null, samples_until = null from workspace w
    where w.id = r.workspace_id and r.samples is not null
      and (r.samples_until < ${now} or r.measured_at < ${now}::timestamptz - make_interval(days => w.sample_days))`.execute(
    db,
  );
}

async function deleteResults(db: Db, now: Date, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from check_result where id in (
      select r.id from check_result r join workspace w on w.id = r.workspace_id
      where r.measured_at < ${now}::timestamptz - make_interval(days => w.measurement_days)
        and exists (
          select from check_result newer
          where newer.suite_id = r.suite_id and newer.key = r.key and newer.measured_at > r.measured_at)
      limit ${limit})`.execute(db);
  return Number(numAffectedRows ?? 0);
}

/** A run without results says nothing any more, unless it failed as a whole and nothing ran since. */
async function deleteEmptyRuns(db: Db, now: Date): Promise<void> {
  await sql`
    delete from check_run r using workspace w
    where w.id = r.workspace_id and r.finished_at < ${now}::timestamptz - make_interval(days => w.measurement_days)
      and not exists (select from check_result t where t.run_id = r.id)
      and exists (select from check_run newer where newer.suite_id = r.suite_id and newer.id > r.id)`.execute(db);
}
