import { type Kysely, sql } from 'kysely';

/** A connection may stay with one version of its connector; null follows the newest. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table connection add column connector_version int check (connector_version > 0)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`alter table connection drop column connector_version`.execute(db);
}
