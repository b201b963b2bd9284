import { type Kysely, sql } from 'kysely';

/** What was expected of a measurement and what people said of it; how incidents open, close and are explained. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `alter table check_result
         add column expected double precision,
         add column feedback text check (feedback in ('expected'));
       alter table incident
         add column flapping boolean not null default false,
         add column snoozed_until timestamptz,
         add column resolution text check (resolution in ('recovered', 'fixed', 'expected', 'false_alarm', 'other')),
         add column resolution_note text,
         add column resolved_by text,
         add column check_key text,
         add column explanation text,
         add column explained_by_sync bigint;
       create index incident_by_cause on incident (workspace_id, cause, id desc);
       create table incident_event (
         id bigint generated always as identity primary key,
         incident_id bigint not null references incident on delete cascade,
         workspace_id uuid not null references workspace on delete cascade,
         at timestamptz not null default now(),
         kind text not null,
         actor text,
         message text not null
       );
       create index incident_event_by_incident on incident_event (incident_id, id);`,
    )
    .execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `drop table incident_event;
       alter table incident drop column flapping, drop column snoozed_until, drop column resolution, drop column resolution_note,
         drop column resolved_by, drop column check_key, drop column explanation, drop column explained_by_sync;
       alter table check_result drop column expected, drop column feedback;`,
    )
    .execute(db);
}
