import { type Kysely, sql } from 'kysely';

/** What Airbyte's clients bring along: applications, catalogs, tags, kinds of jobs, states, and answers that are given once. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLES).execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql.raw(DROP).execute(db);
}

const TABLES = `
-- A client id and secret that a program exchanges for a bearer token of a quarter of an hour.
create table application (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references workspace on delete cascade,
  name text not null,
  client_id text not null unique,
  secret_hash text not null,
  role text not null check (role in ('admin', 'editor', 'viewer')),
  created_by uuid,
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  expires_at timestamptz
);
create index application_by_workspace on application (workspace_id, created_at desc);

-- What a source was found to offer. The fingerprint covers its settings and its connector's version.
create table discovered_catalog (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references workspace on delete cascade,
  source_id uuid not null unique references source on delete cascade,
  fingerprint text not null,
  streams jsonb not null,
  discovered_at timestamptz not null default now()
);

create table tag (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references workspace on delete cascade,
  name text not null,
  color text not null,
  created_at timestamptz not null default now(),
  unique (workspace_id, name)
);
create table connection_tag (
  connection_id uuid not null references connection on delete cascade,
  tag_id uuid not null references tag on delete cascade,
  workspace_id uuid not null references workspace on delete cascade,
  primary key (connection_id, tag_id)
);

-- What only Airbyte's clients set on a connection and read back.
alter table connection add column client_settings jsonb not null default '{}';

-- A clear empties tables and forgets states; a refresh reads from the beginning. only_streams null means all.
alter table syncs add column kind text not null default 'sync' check (kind in ('sync', 'refresh', 'clear', 'reset'));
alter table syncs add column only_streams jsonb;

-- The state as it was published with the stream, a copy: the destination's own is the truth. Text, as its digits count.
alter table sync_stream add column state text;

-- The state that the stream's next sync begins from, in the place of the published one; null text begins afresh.
create table next_state (
  connection_id uuid not null references connection on delete cascade,
  workspace_id uuid not null references workspace on delete cascade,
  namespace text not null default '',
  name text not null,
  state text,
  set_by text not null,
  set_at timestamptz not null default now(),
  primary key (connection_id, namespace, name)
);

-- The answer to a request with an Idempotency-Key, sealed: the same request again is answered with it.
create table idempotent_answer (
  workspace_id uuid not null references workspace on delete cascade,
  key text not null,
  request_hash text not null,
  status integer,
  sealed text,
  created_at timestamptz not null default now(),
  primary key (workspace_id, key)
);
create index idempotent_answer_by_age on idempotent_answer (created_at);
`;

const DROP = `
drop table idempotent_answer, next_state, connection_tag, tag, discovered_catalog, application;
alter table sync_stream drop column state;
alter table syncs drop column only_streams, drop column kind;
alter table connection drop column client_settings;
`;
