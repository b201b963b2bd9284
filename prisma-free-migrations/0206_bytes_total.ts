import { type Kysely, sql } from 'kysely';

/** How many bytes a stream will have read in the end, where its source knows. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw('alter table sync_stream add column bytes_total bigint').execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql.raw('alter table sync_stream drop column bytes_total').execute(db);
}
