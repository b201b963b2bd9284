import { type Kysely, sql } from 'kysely';

/** What columns a stream had, each time that they changed: for schemas before and after. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `create table stream_schema (
         id bigint generated always as identity primary key,
         workspace_id uuid not null references workspace on delete cascade,
         connection_id uuid not null references connection on delete cascade,
         namespace text not null default '',
         stream text not null,
         sync_id bigint references syncs on delete set null,
         columns jsonb not null,
         at timestamptz not null default now()
       );
       create index stream_schema_newest on stream_schema (connection_id, namespace, stream, id desc);
       create index stream_schema_by_sync on stream_schema (sync_id) where sync_id is not null;`,
    )
    .execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql.raw('drop table stream_schema;').execute(db);
}
