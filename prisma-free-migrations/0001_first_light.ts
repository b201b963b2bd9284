import { type Kysely, sql } from 'kysely';

/** The service's own tables. What stands in a destination (stages, states, fences) belongs to the destination. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLES).execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql.raw(DROP).execute(db);
}

const TABLES = `
create table workspace (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  default_namespace text not null default 'public',
  notification_email text,
  time_zone text not null default 'UTC',
  created_at timestamptz not null default now()
);

create table membership (
  workspace_id uuid not null references workspace on delete cascade,
  user_id uuid not null,
  role text not null check (role in ('admin', 'editor', 'viewer')),
  primary key (workspace_id, user_id)
);

create table api_key (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references workspace on delete cascade,
  name text not null,
  prefix text not null,
  hash text not null unique,
  role text not null check (role in ('admin', 'editor', 'viewer')),
  created_by uuid,
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  expires_at timestamptz
);

create table audit_entry (
  id bigint generated always as identity primary key,
  workspace_id uuid,
  at timestamptz not null default now(),
  actor text not null,
  action text not null,
  subject text not null,
  detail jsonb not null default '{}'
);
create index audit_entry_by_workspace on audit_entry (workspace_id, at desc);

-- Hosts that an administrator allowed although their address is private.
create table allowed_host (
  workspace_id uuid not null references workspace on delete cascade,
  host text not null,
  port integer not null,
  reason text,
  created_by text,
  created_at timestamptz not null default now(),
  primary key (workspace_id, host, port)
);

create table connector (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references workspace on delete cascade,
  name text not null,
  draft text,
  draft_at timestamptz,
  created_at timestamptz not null default now(),
  unique (workspace_id, name)
);

create table connector_version (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references workspace on delete cascade,
  connector_id uuid not null references connector on delete cascade,
  version integer not null,
  manifest text not null,
  compiled jsonb not null,
  note text,
  created_by text,
  created_at timestamptz not null default now(),
  unique (connector_id, version)
);

create table source (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references workspace on delete cascade,
  connector_id uuid not null references connector,
  name text not null,
  config jsonb not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (workspace_id, name)
);

create table destination (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references workspace on delete cascade,
  type text not null,
  name text not null,
  config jsonb not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (workspace_id, name)
);

create table connection (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references workspace on delete cascade,
  name text not null,
  source_id uuid not null references source,
  destination_id uuid not null references destination,
  status text not null default 'active' check (status in ('active', 'inactive', 'deprecated')),
  namespace_definition text not null default 'destination' check (namespace_definition in ('source', 'destination', 'custom')),
  namespace_format text,
  prefix text not null default '',
  schedule jsonb not null default '{"type":"manual"}',
  next_due timestamptz,
  freshness_target_minutes integer,
  last_fence bigint not null default 0,
  paused_reason text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (workspace_id, name)
);
create index connection_due on connection (next_due) where status = 'active' and next_due is not null;

create table connection_stream (
  connection_id uuid not null references connection on delete cascade,
  workspace_id uuid not null references workspace on delete cascade,
  namespace text not null default '',
  name text not null,
  position integer not null,
  configured jsonb not null,
  primary key (connection_id, namespace, name)
);

-- One run of a connection. The id is Airbyte's integer job id; the row is the truth about the run's status.
create table syncs (
  id bigint generated always as identity primary key,
  workspace_id uuid not null references workspace on delete cascade,
  connection_id uuid not null references connection on delete cascade,
  trigger text not null check (trigger in ('manual', 'schedule', 'api', 'cli')),
  status text not null default 'pending'
    check (status in ('pending', 'running', 'incomplete', 'succeeded', 'partial', 'failed', 'cancelled', 'skipped')),
  due_at timestamptz,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  attempts integer not null default 0,
  cancel_requested_at timestamptz,
  cancelled_by text,
  failure jsonb,
  emitted_at timestamptz
);
-- One sync per connection at a time.
create unique index syncs_one_active on syncs (connection_id) where status in ('pending', 'running', 'incomplete');
create unique index syncs_once_per_due_time on syncs (connection_id, due_at) where due_at is not null;
create index syncs_by_connection on syncs (connection_id, id desc);
create index syncs_by_workspace on syncs (workspace_id, id desc);

create table attempt (
  sync_id bigint not null references syncs on delete cascade,
  workspace_id uuid not null references workspace on delete cascade,
  number integer not null,
  fence bigint not null,
  worker text not null,
  status text not null default 'running' check (status in ('running', 'succeeded', 'failed', 'cancelled')),
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  failure jsonb,
  primary key (sync_id, number)
);

create table sync_stream (
  sync_id bigint not null references syncs on delete cascade,
  workspace_id uuid not null references workspace on delete cascade,
  namespace text not null default '',
  name text not null,
  status text not null default 'waiting' check (status in ('waiting', 'running', 'published', 'failed', 'cancelled')),
  read bigint not null default 0,
  filtered bigint not null default 0,
  quarantined bigint not null default 0,
  written bigint not null default 0,
  bytes bigint not null default 0,
  pages integer not null default 0,
  started_at timestamptz,
  finished_at timestamptz,
  published_at timestamptz,
  relation jsonb,
  published jsonb,
  failure jsonb,
  primary key (sync_id, namespace, name)
);

create table sync_log (
  id bigint generated always as identity primary key,
  sync_id bigint not null references syncs on delete cascade,
  workspace_id uuid not null references workspace on delete cascade,
  attempt integer not null,
  at timestamptz not null default now(),
  level text not null,
  stream text,
  message text not null
);
create index sync_log_by_sync on sync_log (sync_id, id);

-- A single question to a source or destination (check, discover, test read), answered by a worker's child as events.
create table probe (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references workspace on delete cascade,
  kind text not null check (kind in ('check_source', 'check_destination', 'discover', 'test_read')),
  input jsonb not null,
  status text not null default 'pending' check (status in ('pending', 'running', 'succeeded', 'failed', 'cancelled')),
  failure jsonb,
  created_by text,
  created_at timestamptz not null default now(),
  finished_at timestamptz
);
create table probe_event (
  probe_id uuid not null references probe on delete cascade,
  seq integer not null,
  event jsonb not null,
  primary key (probe_id, seq)
);

create table suite (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references workspace on delete cascade,
  name text not null,
  text text not null,
  connection_id uuid references connection on delete cascade,
  destination_id uuid not null references destination on delete cascade,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (workspace_id, name)
);

create table check_run (
  id bigint generated always as identity primary key,
  workspace_id uuid not null references workspace on delete cascade,
  suite_id uuid not null references suite on delete cascade,
  sync_id bigint references syncs on delete set null,
  trigger text not null check (trigger in ('sync', 'manual', 'schedule', 'api')),
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  failure jsonb
);
create index check_run_by_suite on check_run (suite_id, id desc);

-- One measurement of one check. Kept for passes too: it is the check's history.
create table check_result (
  id bigint generated always as identity primary key,
  workspace_id uuid not null references workspace on delete cascade,
  run_id bigint not null references check_run on delete cascade,
  suite_id uuid not null references suite on delete cascade,
  key text not null,
  kind text not null,
  title text not null,
  level text not null check (level in ('warn', 'error', 'block')),
  outcome text not null check (outcome in ('pass', 'warn', 'fail', 'error')),
  value double precision,
  value_text text,
  limit_text text,
  low double precision,
  high double precision,
  message text not null,
  samples jsonb,
  measured_at timestamptz not null default now()
);
create index check_result_history on check_result (suite_id, key, id desc);
create index check_result_by_run on check_result (run_id);

create table incident (
  id bigint generated always as identity primary key,
  workspace_id uuid not null references workspace on delete cascade,
  subject_kind text not null check (subject_kind in ('connection', 'check')),
  connection_id uuid references connection on delete cascade,
  suite_id uuid references suite on delete cascade,
  cause text not null,
  severity text not null check (severity in ('warning', 'critical')),
  status text not null default 'open' check (status in ('open', 'acknowledged', 'resolved')),
  title text not null,
  detail text,
  seen integer not null default 1,
  opened_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  resolved_at timestamptz,
  acknowledged_by text,
  sync_id bigint
);
create unique index incident_one_open on incident (workspace_id, cause) where status <> 'resolved';

create table channel (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references workspace on delete cascade,
  type text not null check (type in ('slack')),
  name text not null,
  config jsonb not null,
  events jsonb not null default '["sync_failed","check_failed","recovered"]',
  enabled boolean not null default true,
  created_at timestamptz not null default now(),
  unique (workspace_id, name)
);

-- Outbox: written in the transaction of what it tells about, sent by a job.
create table delivery (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references workspace on delete cascade,
  channel_id uuid not null references channel on delete cascade,
  event text not null,
  payload jsonb not null,
  status text not null default 'pending' check (status in ('pending', 'sent', 'failed')),
  tries integer not null default 0,
  last_error text,
  created_at timestamptz not null default now(),
  sent_at timestamptz
);
create index delivery_pending on delivery (created_at) where status = 'pending';

create table upload (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references workspace on delete cascade,
  name text not null,
  bytes bigint not null,
  path text not null,
  created_at timestamptz not null default now()
);

create table worker (
  id text primary key,
  host text not null,
  pid integer not null,
  started_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  running integer not null default 0
);
`;

const DROP = `
drop table worker, upload, delivery, channel, incident, check_result, check_run, suite, probe_event, probe, sync_log,
  sync_stream, attempt, syncs, connection_stream, connection, destination, source, connector_version, connector,
  allowed_host, audit_entry, api_key, membership, workspace cascade;
`;
