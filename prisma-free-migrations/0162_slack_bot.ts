import { type Kysely, sql } from 'kysely';

/** Slack by bot token: a delivery keeps where its message stands, so that it can be edited and answered. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `alter table channel drop constraint channel_type_check;
       alter table channel add constraint channel_type_check check (type in ('slack', 'slack_bot', 'webhook', 'email'));
       alter table delivery add column threads jsonb;`,
    )
    .execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `alter table delivery drop column threads;
       delete from channel where type = 'slack_bot';
       alter table channel drop constraint channel_type_check;
       alter table channel add constraint channel_type_check check (type in ('slack', 'webhook', 'email'));`,
    )
    .execute(db);
}
