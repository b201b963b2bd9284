import { type Kysely, sql } from 'kysely';

/** The overview asks for what ended today and in the last 24 hours, at every poll. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index syncs_by_end on syncs (workspace_id, finished_at)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop index syncs_by_end`.execute(db);
}
