import { type Kysely, sql } from 'kysely';

/** Consents that people are giving at a provider's page, from the click until the source is saved. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLE).execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table oauth_consent`.execute(db);
}

const TABLE = `
-- The state that the provider brings back is kept as a hash and works once, in the session that began. What is secret,
-- the form as it was left and the client's secret among it, is one sealed text.
create table oauth_consent (
  id uuid primary key,
  workspace_id uuid not null references workspace on delete cascade,
  connector_id uuid not null references connector on delete cascade,
  source_id uuid references source on delete cascade,
  session_id text not null,
  state_hash text not null unique,
  status text not null check (status in ('waiting', 'taken', 'connected', 'failed')),
  sealed text not null,
  failure jsonb,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index oauth_consent_by_end on oauth_consent (expires_at);
`;
