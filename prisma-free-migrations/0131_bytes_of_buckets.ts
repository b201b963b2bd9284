import { type Kysely, sql } from 'kysely';

/** What measuring a bucket has read of it: shown, since reading it costs. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `alter table check_run add column bytes_read bigint;
       alter table table_profile add column bytes_read bigint;`,
    )
    .execute(db);
}
