import { type Kysely, sql } from 'kysely';

/** Weir opens no SSH tunnel: what an earlier version kept of one, its password or key among it, is kept for nothing. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`update destination
    set config = jsonb_set(config, '{tunnel_method}', '{"tunnel_method":"NO_TUNNEL"}')
    where config ? 'tunnel_method' and config->'tunnel_method' <> '{"tunnel_method":"NO_TUNNEL"}'`.execute(db);
}

/** What was forgotten does not come back. */
export async function down(): Promise<void> {}
