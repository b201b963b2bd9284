import { type Kysely, sql } from 'kysely';

/** Where a source's fields are described, in the order in which the source has them; jsonb sorts keys by their length. */
const DESCRIBED = [
  ['connector_version', 'compiled'],
  ['discovered_catalog', 'streams'],
  ['connection_stream', 'configured'],
  ['probe_event', 'event'],
] as const;

/** Tables get their columns, and forms their fields, in the order in which they are declared. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const [table, column] of DESCRIBED) await retype(db, table, column, 'json');
}

export async function down(db: Kysely<unknown>): Promise<void> {
  for (const [table, column] of DESCRIBED) await retype(db, table, column, 'jsonb');
}

async function retype(db: Kysely<unknown>, table: string, column: string, type: 'json' | 'jsonb'): Promise<void> {
  const [name, cast] = [sql.id(column), sql.raw(type)];
  await sql`alter table ${sql.id(table)} alter column ${name} type ${cast} using ${name}::${cast}`.execute(db);
}
