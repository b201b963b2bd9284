import { type Kysely, sql } from 'kysely';

/** Links that let somebody in once: a new member, or one who has forgotten the password. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table invitation (
    id uuid primary key default gen_random_uuid(),
    workspace_id uuid not null references workspace on delete cascade,
    kind text not null check (kind in ('invite', 'reset')),
    email text not null,
    role text not null check (role in ('viewer', 'editor', 'admin')),
    user_id uuid references "user" ("id") on delete cascade,
    hash text not null unique,
    created_by text not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz,
    check ((kind = 'reset') = (user_id is not null))
  )`.execute(db);
  await sql`create index invitation_workspace on invitation (workspace_id, created_at)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table invitation`.execute(db);
}
