import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';

const MOST_LISTED = 200;

export interface SchemaChangeEntry {
  readonly id: number;
  readonly syncId: number | null;
  readonly stream: string;
  readonly change: 'column_added' | 'column_widened' | 'field_left_out' | 'stream_added' | 'stream_removed';
  readonly field: string | null;
  readonly detail: string | null;
  readonly at: Date;
}

/** How the connection's streams have changed, newest first. */
export function schemaChanges(
  { db }: { db: Db },
  workspaceId: string,
  connectionId: string,
): Promise<SchemaChangeEntry[]> {
  return db
    .selectFrom('schema_change')
    .select(['id', 'sync_id as syncId', 'stream', 'change', 'field', 'detail', 'at'])
    .where('workspace_id', '=', workspaceId)
    .where('connection_id', '=', connectionId)
    .orderBy('id', 'desc')
    .limit(MOST_LISTED)
    .execute();
}

/** What a stream's table and columns are called at the destination, as its last publish had it. */
export interface TableNames {
  readonly namespace: string;
  readonly name: string;
  readonly table: string;
  /** Only fields whose column is not called like them. */
  readonly columns: Readonly<Record<string, string>>;
  /** Further tables of the stream that are not called as they would be if no other were. */
  readonly tables: Readonly<Record<string, string>> | null;
}

export async function tableNames({ db }: { db: Db }, workspaceId: string, connectionId: string): Promise<TableNames[]> {
  const { rows } = await sql<TableNames>`
    select distinct on (ss.namespace, ss.name) ss.namespace, ss.name,
      ss.published -> 'names' ->> 'table' as table, ss.published -> 'names' -> 'columns' as columns,
      ss.published -> 'names' -> 'tables' as tables
    from sync_stream ss join syncs s on s.id = ss.sync_id
    where s.workspace_id = ${workspaceId} and s.connection_id = ${connectionId} and ss.published -> 'names' is not null
    order by ss.namespace, ss.name, ss.sync_id desc`.execute(db);
  return rows;
}
