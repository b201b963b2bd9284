import { type Kysely, sql } from 'kysely';

/** How a connection takes what it does not expect, what a sync does beside the usual, and a record of schemas that changed. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql.raw(UNDO).execute(db);
}

const CHANGES = `
alter table connection
  add column schema_changes text not null default 'propagate_columns'
    check (schema_changes in ('ignore', 'propagate_columns', 'propagate_fully', 'disable')),
  add column bad_values text not null default 'null' check (bad_values in ('null', 'quarantine', 'fail')),
  add column quarantine_limit jsonb;

alter table syncs add column task jsonb;

create table schema_change (
  id bigint generated always as identity primary key,
  workspace_id uuid not null references workspace on delete cascade,
  connection_id uuid not null references connection on delete cascade,
  sync_id bigint references syncs on delete set null,
  namespace text not null default '',
  stream text not null,
  change text not null
    check (change in ('column_added', 'column_widened', 'field_left_out', 'stream_added', 'stream_removed')),
  field text,
  detail text,
  at timestamptz not null default now()
);
create index schema_change_by_connection on schema_change (connection_id, id desc);
`;

const UNDO = `
drop table schema_change;
alter table syncs drop column task;
alter table connection drop column schema_changes, drop column bad_values, drop column quarantine_limit;
`;
