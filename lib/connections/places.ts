import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import type { Relation, RowsAt } from '#lib/destinations/destination.ts';
import { destinationKind } from '#lib/destinations/kinds.ts';
import type { JsonObject } from '#lib/json.ts';

/** Rows that a line to copy asks for. */
const ROWS = 20;

/** Where a stream's rows are since it was published last. */
export interface StreamPlace extends RowsAt {
  readonly namespace: string;
  readonly name: string;
  readonly syncId: number;
  readonly publishedAt: Date;
}

/** The place of each stream of a connection that has been published, by name. Nothing is asked of the destination. */
export async function connectionPlaces(
  { db }: { db: Db },
  workspaceId: string,
  connectionId: string,
): Promise<StreamPlace[]> {
  const { rows } = await sql<Published>`
    select distinct on (ss.namespace, ss.name) ss.namespace, ss.name, ss.sync_id::int as "syncId",
      ss.published_at as "publishedAt", ss.relation, d.type, d.config
    from sync_stream ss join syncs s on s.id = ss.sync_id join connection c on c.id = s.connection_id
      join destination d on d.id = c.destination_id
    where s.workspace_id = ${workspaceId} and s.connection_id = ${connectionId} and ss.published_at is not null
      and ss.relation is not null
    order by ss.namespace, ss.name, ss.published_at desc, ss.sync_id desc`.execute(db);
  return rows.flatMap(({ relation, type, config, ...stream }) => {
    const at = destinationKind(type).rowsAt(config, relation, ROWS);
    return at ? [{ ...stream, ...at }] : [];
  });
}

interface Published {
  readonly namespace: string;
  readonly name: string;
  readonly syncId: number;
  readonly publishedAt: Date;
  readonly relation: Relation;
  readonly type: string;
  readonly config: JsonObject;
}
