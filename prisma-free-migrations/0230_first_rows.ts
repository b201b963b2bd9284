import { type Kysely, sql } from 'kysely';

/** A worker's child also reads some rows of a published table. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table probe drop constraint probe_kind_check`.execute(db);
  await sql`alter table probe add constraint probe_kind_check check (kind in
    ('check_source', 'check_destination', 'discover', 'test_read', 'draft', 'plan', 'run_tests', 'keep_test', 'try_checks', 'tables',
      'first_rows'))`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`delete from probe where kind = 'first_rows'`.execute(db);
  await sql`alter table probe drop constraint probe_kind_check`.execute(db);
  await sql`alter table probe add constraint probe_kind_check check (kind in
    ('check_source', 'check_destination', 'discover', 'test_read', 'draft', 'plan', 'run_tests', 'keep_test', 'try_checks', 'tables'))`.execute(
    db,
  );
}
