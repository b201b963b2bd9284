import { type Kysely, sql } from 'kysely';

/** What was found in a table after its first load, and the checks that follow from it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `create table table_profile (
         connection_id uuid not null references connection on delete cascade,
         table_name text not null,
         workspace_id uuid not null references workspace on delete cascade,
         sync_id bigint not null,
         columns jsonb not null,
         suggestions jsonb not null,
         profiled_at timestamptz not null default now(),
         primary key (connection_id, table_name)
       )`,
    )
    .execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table table_profile`.execute(db);
}
