import { type Kysely, sql } from 'kysely';

/** Alerts also go to a webhook of one's own and by mail. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table channel drop constraint channel_type_check`.execute(db);
  await sql`alter table channel add constraint channel_type_check
    check (type in ('slack', 'webhook', 'email'))`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`delete from channel where type <> 'slack'`.execute(db);
  await sql`alter table channel drop constraint channel_type_check`.execute(db);
  await sql`alter table channel add constraint channel_type_check check (type in ('slack'))`.execute(db);
}
