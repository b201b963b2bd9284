import { type Kysely, sql } from 'kysely';

/** What the gate measured of a load that its table then refused rows of tells no longer of what was published. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw('alter table check_run add column outdated boolean not null default false').execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql.raw('alter table check_run drop column outdated').execute(db);
}
