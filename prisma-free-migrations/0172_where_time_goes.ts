import { type Kysely, sql } from 'kysely';

/** What a stream's time went into, what an attempt took of the machine, and who changed what of one thing. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `alter table sync_stream add column phases jsonb;
       alter table attempt add column peak_memory_mb integer, add column cpu_ms bigint;
       create index audit_entry_by_subject on audit_entry (workspace_id, subject text_pattern_ops, id desc);`,
    )
    .execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `drop index audit_entry_by_subject;
       alter table attempt drop column peak_memory_mb, drop column cpu_ms;
       alter table sync_stream drop column phases;`,
    )
    .execute(db);
}
