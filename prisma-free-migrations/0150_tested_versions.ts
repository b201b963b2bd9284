import { type Kysely, sql } from 'kysely';

/** A worker's child also plans reads and runs the tests of a manifest; a version whose tests fail says why it was saved all the same. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table probe drop constraint probe_kind_check`.execute(db);
  await sql`alter table probe add constraint probe_kind_check check (kind in
    ('check_source', 'check_destination', 'discover', 'test_read', 'draft', 'plan', 'run_tests', 'keep_test'))`.execute(
    db,
  );
  await sql`alter table connector_version add column failing_reason text`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`alter table connector_version drop column failing_reason`.execute(db);
  await sql`delete from probe where kind in ('plan', 'run_tests', 'keep_test')`.execute(db);
  await sql`alter table probe drop constraint probe_kind_check`.execute(db);
  await sql`alter table probe add constraint probe_kind_check
    check (kind in ('check_source', 'check_destination', 'discover', 'test_read', 'draft'))`.execute(db);
}
