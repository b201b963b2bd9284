import { type Kysely, sql } from 'kysely';

/** Loads that a failing check holds back, what was decided of them, and what the gate measured. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `alter table sync_stream
         drop constraint sync_stream_status_check,
         add constraint sync_stream_status_check
           check (status in ('waiting', 'running', 'published', 'failed', 'cancelled', 'held', 'discarded')),
         add column decision text check (decision in ('release', 'discard')),
         add column decided_by text,
         add column decided_at timestamptz,
         add column decision_reason text;
       create index sync_stream_held on sync_stream (workspace_id, sync_id) where status = 'held';
       alter table check_run
         drop constraint check_run_trigger_check,
         add constraint check_run_trigger_check
           check (trigger in ('sync', 'manual', 'schedule', 'api', 'gate', 'backfill'));
       alter table check_result
         drop constraint check_result_level_check,
         add constraint check_result_level_check check (level in ('warn', 'error', 'block', 'quarantine')),
         add column memory jsonb,
         add column segments jsonb,
         add column samples_until timestamptz,
         add column owner text,
         add column tags text[] not null default '{}';
       create index check_result_samples on check_result (samples_until) where samples is not null;
       alter table suite
         add column schedule jsonb not null default '{"type":"manual"}',
         add column next_due timestamptz;
       create index suite_due on suite (next_due) where next_due is not null;
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

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `drop table table_state;
       alter table suite drop column schedule, drop column next_due;
       alter table check_result drop column memory, drop column segments, drop column samples_until, drop column owner, drop column tags;
       alter table sync_stream drop column decision, drop column decided_by, drop column decided_at, drop column decision_reason`,
    )
    .execute(db);
}
