import { type Kysely, sql } from 'kysely';

/** Most CPU of one sync of a connection, in cores; null takes what the worker gives every sync. And what an attempt was allowed. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `alter table connection add column cpu_cores double precision check (cpu_cores between 0.1 and 64);
       alter table attempt add column peak_cpu_cores real, add column cpu_paused_ms bigint,
         add column memory_limit_mb integer, add column cpu_limit_cores double precision;`,
    )
    .execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `alter table attempt drop column peak_cpu_cores, drop column cpu_paused_ms,
         drop column memory_limit_mb, drop column cpu_limit_cores;
       alter table connection drop column cpu_cores;`,
    )
    .execute(db);
}
