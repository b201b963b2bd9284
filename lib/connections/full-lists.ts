import { type RawBuilder, sql } from 'kysely';
import type { ConfiguredStream } from '#lib/catalog.ts';
import type { Db } from '#lib/db/connect.ts';
import type { Schedule, SchemaPolicy } from '#lib/db/schema.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import { maskConfig } from '#lib/secrets.ts';
import type { ConnectionStatus, NamespaceDefinition } from './connection-input.ts';
import { destinationKind } from './destinations.ts';
import { maskMappers } from './mapper-secrets.ts';
import { notFound } from './refusals.ts';
import type { Tag } from './tags.ts';

/** Everything of a source in one row, as clients of an API list them; secrets masked. */
export interface FullSource {
  readonly id: string;
  readonly name: string;
  readonly connectorId: string;
  readonly connectorName: string;
  readonly config: JsonObject;
  readonly createdAt: Date;
}

export interface FullDestination {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly config: JsonObject;
  readonly createdAt: Date;
}

export interface FullConnection {
  readonly id: string;
  readonly name: string;
  readonly sourceId: string;
  readonly destinationId: string;
  readonly status: ConnectionStatus;
  readonly pausedReason: string | null;
  readonly namespaceDefinition: NamespaceDefinition;
  readonly namespaceFormat: string | null;
  readonly prefix: string;
  readonly schedule: Schedule;
  readonly schemaChanges: SchemaPolicy;
  /** The version of its connector that it stays with; null follows the newest. */
  readonly connectorVersion: number | null;
  /** Most memory of one sync in MB; null for what the worker gives every sync. */
  readonly memoryMb: number | null;
  /** Most CPU of one sync in cores; null for what the worker gives every sync. */
  readonly cpuCores: number | null;
  readonly createdAt: Date;
  readonly streams: readonly ConfiguredStream[];
  readonly tags: readonly Tag[];
  /** What Airbyte's clients set and read back. */
  readonly clientSettings: JsonObject;
}

export interface Page {
  readonly id?: string;
  readonly limit?: number;
  readonly offset?: number;
}

/** Ordered by age, so that a page stays where it is when something is added. */
export async function fullSources({ db }: { db: Db }, workspaceId: string, page: Page = {}): Promise<FullSource[]> {
  const { rows } = await sql<FullSource & { spec: JsonObject | null }>`
    select s.id, s.name, s.config, s.created_at as "createdAt", c.id as "connectorId", c.name as "connectorName",
      (select v.compiled -> 'spec' -> 'connectionSpecification' from connector_version v
        where v.connector_id = c.id order by v.version desc limit 1) as spec
    from source s join connector c on c.id = s.connector_id
    where s.workspace_id = ${workspaceId} ${pageOf('s', page)}`.execute(db);
  return rows.map(({ spec, ...row }) => ({ ...row, config: maskConfig(isJsonObject(spec) ? spec : {}, row.config) }));
}

export async function fullDestinations(
  { db }: { db: Db },
  workspaceId: string,
  page: Page = {},
): Promise<FullDestination[]> {
  const { rows } = await sql<FullDestination>`
    select d.id, d.name, d.type, d.config, d.created_at as "createdAt"
    from destination d where d.workspace_id = ${workspaceId} ${pageOf('d', page)}`.execute(db);
  return rows.map((row) => ({ ...row, config: maskConfig(destinationKind(row.type).spec, row.config) }));
}

export async function fullConnections(
  { db }: { db: Db },
  workspaceId: string,
  page: Page & { sourceId?: string; destinationId?: string; tagIds?: readonly string[] } = {},
): Promise<FullConnection[]> {
  const { sourceId, destinationId, tagIds = [] } = page;
  const { rows } = await sql<FullConnection>`
    select c.id, c.name, c.source_id as "sourceId", c.destination_id as "destinationId", c.status,
      c.paused_reason as "pausedReason", c.namespace_definition as "namespaceDefinition",
      c.namespace_format as "namespaceFormat", c.prefix, c.schedule, c.created_at as "createdAt",
      c.client_settings as "clientSettings", c.schema_changes as "schemaChanges",
      c.connector_version as "connectorVersion", c.memory_mb as "memoryMb", c.cpu_cores as "cpuCores",
      coalesce((select json_agg(cs.configured order by cs.position) from connection_stream cs
        where cs.connection_id = c.id), '[]') as streams,
      coalesce((select jsonb_agg(jsonb_build_object('id', t.id, 'name', t.name, 'color', t.color) order by t.name)
        from connection_tag ct join tag t on t.id = ct.tag_id where ct.connection_id = c.id), '[]') as tags
    from connection c
    where c.workspace_id = ${workspaceId}
      ${sourceId === undefined ? sql`` : sql`and c.source_id = ${sourceId}`}
      ${destinationId === undefined ? sql`` : sql`and c.destination_id = ${destinationId}`}
      ${
        tagIds.length === 0
          ? sql``
          : sql`and exists (select from connection_tag ct where ct.connection_id = c.id and ct.tag_id = any(${[...tagIds]}::uuid[]))`
      }
      ${pageOf('c', page)}`.execute(db);
  return rows.map((row) => ({ ...row, streams: maskMappers(row.streams) }));
}

/** The one with this id. @throws WeirError `not_found` */
export function only<Row>(noun: string, [row]: readonly Row[]): Row {
  if (row === undefined) throw notFound(noun);
  return row;
}

export async function saveClientSettings(
  { db }: { db: Db },
  workspaceId: string,
  connectionId: string,
  settings: JsonObject,
): Promise<void> {
  await db
    .updateTable('connection')
    .set({ client_settings: JSON.stringify(settings) })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', connectionId)
    .execute();
}

function pageOf(table: string, { id, limit, offset = 0 }: Page): RawBuilder<unknown> {
  const column = (name: string) => sql.ref(`${table}.${name}`);
  return sql`${id === undefined ? sql`` : sql`and ${column('id')} = ${id}`}
    order by ${column('created_at')}, ${column('id')} ${limit === undefined ? sql`` : sql`limit ${limit}`} offset ${offset}`;
}
