import { type Kysely, sql } from 'kysely';

/** How long each workspace keeps what Weir wrote about its work, and how much room the workers' disks have. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `alter table workspace
         add column log_days integer not null default 30 check (log_days between 1 and 3650),
         add column sync_days integer not null default 365 check (sync_days between 1 and 3650),
         add column measurement_days integer not null default 730 check (measurement_days between 30 and 3650),
         add column sample_days integer not null default 30 check (sample_days between 1 and 3650);
       alter table worker
         add column disk_free_bytes bigint,
         add column disk_floor_bytes bigint;`,
    )
    .execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `alter table worker drop column disk_free_bytes, drop column disk_floor_bytes;
       alter table workspace drop column log_days, drop column sync_days, drop column measurement_days, drop column sample_days;`,
    )
    .execute(db);
}
