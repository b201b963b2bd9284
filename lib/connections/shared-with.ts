import type { Db } from '#lib/db/connect.ts';
import { type Landing, sharedTables } from './shared-tables.ts';

/** A table that another connection loads too: each changes the other's rows. */
export interface SharedTable {
  readonly stream: string;
  readonly table: string;
  readonly connection: { readonly id: string; readonly name: string };
}

/** The tables of a connection that others of its workspace load into the same destination. */
export async function sharedWith({ db }: { db: Db }, workspaceId: string, id: string): Promise<SharedTable[]> {
  const landings = await landingsBeside(db, workspaceId, id);
  const mine = landings.find((one) => one.id === id);
  if (!mine) return [];
  const others = landings.filter((one) => one !== mine);
  return sharedTables(mine, others).map(({ stream, other }) => ({
    ...{ stream, table: mine.prefix + stream },
    connection: { id: other.id, name: other.name },
  }));
}

/** The connection's own and all that have its destination, by name. */
async function landingsBeside(db: Db, workspaceId: string, id: string): Promise<(Landing & Named)[]> {
  const rows = await db
    .selectFrom('connection as c')
    .innerJoin('connection_stream as s', 's.connection_id', 'c.id')
    .select([
      ...(['c.id', 'c.name', 'c.prefix', 'c.destination_id as destinationId'] as const),
      ...(['c.namespace_definition as namespaceDefinition', 'c.namespace_format as namespaceFormat'] as const),
      ...(['s.name as stream', 's.namespace'] as const),
    ])
    .where('c.workspace_id', '=', workspaceId)
    .where('c.destination_id', '=', (own) => own.selectFrom('connection').select('destination_id').where('id', '=', id))
    .orderBy('c.name')
    .orderBy('s.position')
    .execute();
  return [...Map.groupBy(rows, (row) => row.id).values()].flatMap(([first, ...more]) => {
    if (first === undefined) return [];
    const { stream: _stream, namespace: _namespace, ...landing } = first;
    const streams = [first, ...more].map(({ stream, namespace }) => ({ name: stream, namespace }));
    return { ...landing, streams };
  });
}

interface Named {
  readonly id: string;
  readonly name: string;
}
