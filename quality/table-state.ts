import type { Db } from '#lib/db/connect.ts';
import type { JsonObject } from '#lib/json.ts';

interface OfSync {
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly syncId: number;
}

/** What a table of the connection's destination held after the last load that a gate measured. */
export async function findTableState(
  db: Db,
  { connectionId }: OfSync,
  table: string,
): Promise<{ syncId: number; states: JsonObject } | null> {
  const row = await db
    .selectFrom('table_state')
    .innerJoin('connection', 'connection.destination_id', 'table_state.destination_id')
    .select(['table_state.sync_id as syncId', 'table_state.states'])
    .where('connection.id', '=', connectionId)
    .where('table_state.table_name', '=', table)
    .executeTakeFirst();
  return row ?? null;
}

/** Keeps what the table will hold once this sync is published. It counts only if that sync is then the table's last writer. */
export async function saveTableState(db: Db, sync: OfSync, table: string, states: JsonObject): Promise<void> {
  const { destination_id } = await db
    .selectFrom('connection')
    .select('destination_id')
    .where('id', '=', sync.connectionId)
    .executeTakeFirstOrThrow();
  const row = {
    destination_id,
    table_name: table,
    workspace_id: sync.workspaceId,
    connection_id: sync.connectionId,
    sync_id: sync.syncId,
    states: JSON.stringify(states),
  };
  await db
    .insertInto('table_state')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['destination_id', 'table_name']).doUpdateSet({ ...row, updated_at: new Date() }),
    )
    .execute();
}
