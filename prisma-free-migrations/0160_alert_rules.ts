import { type Kysely, sql } from 'kysely';

/** Rules say who is told of what and when; what waits to be told stands in `notice`. Connections have an owner. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `create table alert_rule (
         id uuid primary key default gen_random_uuid(),
         workspace_id uuid not null references workspace on delete cascade,
         name text not null,
         position integer not null default 0,
         enabled boolean not null default true,
         matches jsonb not null default '{}',
         channel_ids uuid[] not null default '{}',
         failures_in_a_row integer not null default 1,
         quiet_hours jsonb,
         digest jsonb,
         created_at timestamptz not null default now(),
         unique (workspace_id, name)
       );
       create table notice (
         id bigint generated always as identity primary key,
         workspace_id uuid not null references workspace on delete cascade,
         channel_id uuid not null references channel on delete cascade,
         event text not null,
         bucket text not null,
         due_at timestamptz not null,
         message jsonb not null,
         entry text not null,
         connection_id uuid references connection on delete cascade,
         sync_id bigint,
         incident_ids bigint[] not null default '{}',
         created_at timestamptz not null default now()
       );
       create index notice_by_due on notice (due_at);
       create index notice_by_bucket on notice (channel_id, bucket);
       alter table incident add column told_at timestamptz, add column group_key text;
       update incident set told_at = opened_at where status <> 'resolved';
       alter table delivery
         add column bucket text,
         add column incident_ids bigint[] not null default '{}';
       create index delivery_by_bucket on delivery (channel_id, bucket, created_at desc) where bucket is not null;
       create index delivery_by_incident on delivery using gin (incident_ids);
       alter table connection add column owner text, add column disable_warned_at timestamptz;
       alter table workspace add column auto_disable jsonb
         default '{"failures": 30, "days": 7, "warnFailures": 20, "warnDays": 4}';
       update channel set events = events || '["load_held", "sync_late", "connection_disabled", "connection_at_risk", "schema_changed", "step_failed"]'
         where events ? 'sync_failed';`,
    )
    .execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `alter table workspace drop column auto_disable;
       alter table connection drop column owner, drop column disable_warned_at;
       drop index delivery_by_incident;
       alter table delivery drop column bucket, drop column incident_ids;
       alter table incident drop column told_at, drop column group_key;
       drop table notice;
       drop table alert_rule;`,
    )
    .execute(db);
}
