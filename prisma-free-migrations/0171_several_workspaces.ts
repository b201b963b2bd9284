import { type Kysely, sql } from 'kysely';

/** Which of a person's workspaces a browser works in. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table session add column workspace_id uuid references workspace on delete set null`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`alter table session drop column workspace_id`.execute(db);
}
