import { type Kysely, sql } from 'kysely';

/** A run of checks can be cancelled: whoever measures looks here. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw('alter table check_run add column cancel_requested_at timestamptz').execute(db);
}
