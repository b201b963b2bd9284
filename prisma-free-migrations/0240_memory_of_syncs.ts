import { type Kysely, sql } from 'kysely';

/** Most memory of one sync of a connection, in MB; null takes what the worker gives every sync. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table connection add column memory_mb int check (memory_mb between 128 and 65536)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`alter table connection drop column memory_mb`.execute(db);
}
