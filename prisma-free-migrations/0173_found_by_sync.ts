import { type Kysely, sql } from 'kysely';

/** What belongs to a sync is found by it: for the overview, and when old syncs are forgotten. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `create index check_run_by_sync on check_run (sync_id) where sync_id is not null;
       create index schema_change_by_sync on schema_change (sync_id) where sync_id is not null;`,
    )
    .execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql.raw('drop index check_run_by_sync; drop index schema_change_by_sync;').execute(db);
}
