import { sql } from 'kysely';
import type { Context } from '#lib/context.ts';
import type { Db } from '#lib/db/connect.ts';
import { demoBaseUrl } from './base-url.ts';
import { addressOf, demoDatabaseName } from './demo-database.ts';

/**
 * Points a loaded demo to where serve and the embedded Postgres are now: the port of either may be another one than
 * at the last start. Touches nothing that a user made.
 */
export async function repointDemo({
  db,
  env,
  databaseUrl,
}: Pick<Context, 'db' | 'env' | 'databaseUrl'>): Promise<void> {
  const baseUrl = demoBaseUrl(env);
  const api = new URL(baseUrl);
  const warehouse = addressOf(databaseUrl);
  await repointSources(db, baseUrl);
  await repointDestination(db, await demoDatabaseName(db), warehouse);
  await repointAllowedHost(db, 'Demo API', { host: api.hostname, port: Number(api.port || 80) });
  await repointAllowedHost(db, 'Demo warehouse', warehouse);
}

async function repointSources(db: Db, baseUrl: string): Promise<void> {
  await sql`
    update source set config = config
      || case when config ? 'api_url' then jsonb_build_object('api_url', ${`${baseUrl}/api`}::text) else '{}' end
      || case when config ? 'files_url' then jsonb_build_object('files_url', ${`${baseUrl}/files`}::text) else '{}' end
    where name in ('Demo API', 'Demo files')
      and coalesce(config ->> 'api_url', config ->> 'files_url') ~ '^http://[^/]+/demo/(api|files)$'`.execute(db);
}

async function repointDestination(db: Db, name: string, { host, port }: { host: string; port: number }): Promise<void> {
  await sql`
    update destination set config = config || jsonb_build_object('host', ${host}::text, 'port', ${port}::integer)
    where name = 'Demo warehouse' and config ->> 'database' = ${name} and config ->> 'username' = ${name}`.execute(db);
}

async function repointAllowedHost(
  db: Db,
  reason: string,
  { host, port }: { host: string; port: number },
): Promise<void> {
  await sql`
    update allowed_host a set host = ${host}, port = ${port}
    where a.created_by = 'demo' and a.reason = ${reason} and not exists (
      select 1 from allowed_host b where b.workspace_id = a.workspace_id and b.host = ${host} and b.port = ${port}
    )`.execute(db);
}
