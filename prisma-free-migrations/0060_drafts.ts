import { type Kysely, sql } from 'kysely';

/** A worker's child also drafts connectors: from an address that it calls, or a document that it reads. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table probe drop constraint probe_kind_check`.execute(db);
  await sql`alter table probe add constraint probe_kind_check
    check (kind in ('check_source', 'check_destination', 'discover', 'test_read', 'draft'))`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`delete from probe where kind = 'draft'`.execute(db);
  await sql`alter table probe drop constraint probe_kind_check`.execute(db);
  await sql`alter table probe add constraint probe_kind_check
    check (kind in ('check_source', 'check_destination', 'discover', 'test_read'))`.execute(db);
}
