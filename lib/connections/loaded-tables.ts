import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import type { JsonObject } from '#lib/json.ts';
import { schemaName, tableName } from '#lib/records/index.ts';
import type { ConnectionInput } from './connection-input.ts';
import { namespaceOf } from './shared-tables.ts';

/** A table that a connection loads, or is going to. */
export interface LoadedTable {
  readonly stream: string;
  /** How suites may call it, the shortest first. */
  readonly names: readonly string[];
}

/** By connection, the tables of its streams in their order: as they were published last, or as they will be called. */
export async function loadedTables({ db }: { db: Db }, workspaceId: string): Promise<Map<string, LoadedTable[]>> {
  const { rows } = await sql<StreamRow>`
    select c.id, c.prefix, c.namespace_definition as "namespaceDefinition", c.namespace_format as "namespaceFormat",
      cs.name, cs.namespace, d.type, d.config, last.relation
    from connection c
    join destination d on d.id = c.destination_id
    join connection_stream cs on cs.connection_id = c.id
    left join lateral (
      select ss.relation from syncs s
      join sync_stream ss on ss.sync_id = s.id and ss.namespace = cs.namespace and ss.name = cs.name
      where s.connection_id = c.id and ss.published_at is not null and ss.relation is not null
      order by s.id desc limit 1
    ) last on true
    where c.workspace_id = ${workspaceId}
    order by c.id, cs.position`.execute(db);
  const byConnection = Map.groupBy(rows, ({ id }) => id);
  return new Map(
    [...byConnection].map(([id, streams]) => [
      id,
      streams.map((row) => ({ stream: row.name, names: [...new Set(namesOf(row))] })),
    ]),
  );
}

interface StreamRow extends Pick<ConnectionInput, 'namespaceDefinition' | 'namespaceFormat' | 'prefix'> {
  readonly id: string;
  readonly name: string;
  readonly namespace: string;
  readonly type: string;
  readonly config: JsonObject;
  readonly relation: JsonObject | null;
}

function namesOf(row: StreamRow): string[] {
  const { relation, prefix, name, type, config } = row;
  if (type !== 'postgres') return [prefix + name];
  const home = typeof config.schema === 'string' ? config.schema : 'public';
  const schema = String(relation?.schema ?? schemaName(namespaceOf(row, row.namespace) || home));
  const table = String(relation?.table ?? tableName(prefix + name, new Set()));
  return schema === home ? [table, `${schema}.${table}`] : [`${schema}.${table}`];
}
