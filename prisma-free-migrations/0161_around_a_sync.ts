import { type Kysely, sql } from 'kysely';

/** What starts a sync besides its schedule, what follows it, and what dbt and trainings report of it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `alter table syncs drop constraint syncs_trigger_check;
       alter table syncs add constraint syncs_trigger_check
         check (trigger in ('manual', 'schedule', 'api', 'cli', 'url', 'after'));
       alter table connection add column after_connection_id uuid references connection on delete set null;
       create index connection_by_after on connection (after_connection_id) where after_connection_id is not null;
       create table connection_trigger (
         id uuid primary key default gen_random_uuid(),
         workspace_id uuid not null references workspace on delete cascade,
         connection_id uuid not null references connection on delete cascade,
         name text not null,
         hash text not null unique,
         created_by text,
         created_at timestamptz not null default now(),
         last_used_at timestamptz
       );
       create index connection_trigger_by_connection on connection_trigger (connection_id);
       create table after_sync (
         connection_id uuid not null references connection on delete cascade,
         position integer not null,
         workspace_id uuid not null references workspace on delete cascade,
         channel_id uuid references channel on delete cascade,
         command text,
         primary key (connection_id, position),
         check ((channel_id is null) <> (command is null))
       );
       create table command_run (
         id bigint generated always as identity primary key,
         workspace_id uuid not null references workspace on delete cascade,
         connection_id uuid not null references connection on delete cascade,
         sync_id bigint references syncs on delete set null,
         command text not null,
         status text not null default 'pending'
           check (status in ('pending', 'running', 'succeeded', 'failed', 'cancelled', 'skipped')),
         created_at timestamptz not null default now(),
         started_at timestamptz,
         finished_at timestamptz,
         exit_code integer,
         log text not null default '',
         failure jsonb,
         cancel_requested_at timestamptz,
         cancelled_by text
       );
       create index command_run_by_connection on command_run (connection_id, id desc);
       create index command_run_by_sync on command_run (sync_id, id);
       create table dbt_report (
         id bigint generated always as identity primary key,
         workspace_id uuid not null references workspace on delete cascade,
         connection_id uuid not null references connection on delete cascade,
         command_run_id bigint references command_run on delete set null,
         invocation_id text not null,
         generated_at timestamptz not null,
         elapsed_s double precision,
         status text not null check (status in ('success', 'error')),
         models_run integer not null,
         models_failed integer not null,
         tests_passed integer not null,
         tests_failed integer not null,
         tests_warned integer not null,
         problems jsonb not null default '[]',
         unique (connection_id, invocation_id)
       );
       create index dbt_report_by_time on dbt_report (connection_id, generated_at desc);
       create table training_report (
         id bigint generated always as identity primary key,
         workspace_id uuid not null references workspace on delete cascade,
         connection_id uuid not null references connection on delete cascade,
         model_version text not null,
         accuracy double precision,
         status text not null,
         finished_at timestamptz not null,
         reported_by text,
         created_at timestamptz not null default now()
       );
       create index training_report_by_time on training_report (connection_id, finished_at desc);`,
    )
    .execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `drop table training_report;
       drop table dbt_report;
       drop table command_run;
       drop table after_sync;
       drop table connection_trigger;
       alter table connection drop column after_connection_id;
       update syncs set trigger = 'api' where trigger in ('url', 'after');
       alter table syncs drop constraint syncs_trigger_check;
       alter table syncs add constraint syncs_trigger_check check (trigger in ('manual', 'schedule', 'api', 'cli'));`,
    )
    .execute(db);
}
