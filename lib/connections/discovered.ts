import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { StreamDescriptor } from '#lib/catalog.ts';
import type { Db } from '#lib/db/connect.ts';

/** What a source was found to offer, kept until its settings or its connector change. */
export interface DiscoveredCatalog {
  readonly catalogId: string;
  readonly streams: readonly StreamDescriptor[];
}

/** The catalog that was found with the source's settings and connector as they are now; null when there is none. */
export async function findCatalog(db: Db, workspaceId: string, sourceId: string): Promise<DiscoveredCatalog | null> {
  const row = await db
    .selectFrom('discovered_catalog')
    .select(['id as catalogId', 'streams', 'fingerprint'])
    .where('workspace_id', '=', workspaceId)
    .where('source_id', '=', sourceId)
    .executeTakeFirst();
  if (!row || row.fingerprint !== (await fingerprintOf(db, workspaceId, sourceId))) return null;
  return { catalogId: row.catalogId, streams: row.streams };
}

export async function saveCatalog(
  db: Db,
  workspaceId: string,
  sourceId: string,
  streams: readonly StreamDescriptor[],
): Promise<DiscoveredCatalog> {
  const found = { fingerprint: await fingerprintOf(db, workspaceId, sourceId), streams: JSON.stringify(streams) };
  const { id } = await db
    .insertInto('discovered_catalog')
    .values({ workspace_id: workspaceId, source_id: sourceId, ...found })
    .onConflict((conflict) => conflict.column('source_id').doUpdateSet({ ...found, discovered_at: new Date() }))
    .returning('id')
    .executeTakeFirstOrThrow();
  return { catalogId: id, streams };
}

async function fingerprintOf(db: Db, workspaceId: string, sourceId: string): Promise<string> {
  const { rows } = await sql<{ config: unknown; version: string | null }>`
    select s.config, (select id from connector_version v where v.connector_id = s.connector_id order by version desc limit 1) as version
    from source s where s.workspace_id = ${workspaceId} and s.id = ${sourceId}`.execute(db);
  return createHash('sha256')
    .update(JSON.stringify(rows[0] ?? null))
    .digest('hex');
}
