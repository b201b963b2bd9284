import { type Kysely, sql } from 'kysely';

/**
 * What a stream's table held is kept by publish: a load that is held and then dropped leaves what was known before. The old ones were of
 * tables by name, and are measured anew. A run says what it did not measure, since it would have had to read it back;
 * profiles read nothing back any more.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `drop table table_state;
       create table table_state (
         connection_id uuid not null references connection on delete cascade,
         namespace text not null,
         name text not null,
         publish text not null,
         workspace_id uuid not null references workspace on delete cascade,
         states jsonb not null,
         updated_at timestamptz not null default now(),
         primary key (connection_id, namespace, name, publish)
       );
       alter table check_run add column unread jsonb;
       alter table table_profile drop column bytes_read`,
    )
    .execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `alter table table_profile add column bytes_read bigint;
       alter table check_run drop column unread;
       drop table table_state;
       create table table_state (
         destination_id uuid not null references destination on delete cascade,
         table_name text not null,
         workspace_id uuid not null references workspace on delete cascade,
         connection_id uuid not null references connection on delete cascade,
         sync_id bigint not null,
         states jsonb not null,
         updated_at timestamptz not null default now(),
         primary key (destination_id, table_name)
       )`,
    )
    .execute(db);
}
