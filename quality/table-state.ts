import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import type { JsonObject } from '#lib/json.ts';

/** A stream of a connection, whose table is measured. */
export interface MeasuredStream {
  readonly workspaceId: string;
  readonly connectionId: string;
  /** As its source names it. */
  readonly namespace: string;
  readonly name: string;
}

/** What the stream's table held after a publish; null where that is not known. */
export async function findTableState(
  db: Db,
  { connectionId, namespace, name }: MeasuredStream,
  publish: string | null,
): Promise<{ publish: string; states: JsonObject } | null> {
  if (publish === null) return null;
  const row = await db
    .selectFrom('table_state')
    .select(['publish', 'states'])
    .where('connection_id', '=', connectionId)
    .where('namespace', '=', namespace)
    .where('name', '=', name)
    .where('publish', '=', publish)
    .executeTakeFirst();
  return row ?? null;
}

/**
 * Keeps what the table will hold once a publish counts, beside what it holds until then: nobody knows yet whether it will. An attempt
 * that a newer one has replaced keeps nothing.
 */
export async function saveNextState(
  db: Db,
  stream: MeasuredStream,
  next: { publish: string; until: string | null; states: JsonObject; fence: number },
): Promise<void> {
  const { publish, until, states, fence } = next;
  await db.transaction().execute(async (tx) => {
    const newest = tx.selectFrom('connection').select('last_fence').where('id', '=', stream.connectionId).forShare();
    if ((await newest.executeTakeFirst())?.last_fence !== fence) return;
    await ofStream(tx, stream)
      .$if(until !== null, (query) => query.where('publish', '<>', until ?? ''))
      .execute();
    await upsert(tx, stream, publish, states);
  });
}

/** Keeps what was found of the table as it is, beside what was known of it. */
export function addToState(db: Db, stream: MeasuredStream, publish: string, states: JsonObject): Promise<void> {
  return upsert(db, stream, publish, states);
}

/** Nothing is known any more of what the stream's table holds, and its next load looks at all of it. */
export async function forgetTableState(db: Db, stream: MeasuredStream): Promise<void> {
  await ofStream(db, stream).execute();
}

/** A load that could not be measured is no base for the next. */
export async function dropTableState(db: Db, stream: MeasuredStream, publish: string): Promise<void> {
  await ofStream(db, stream).where('publish', '=', publish).execute();
}

async function upsert(
  db: Db,
  { workspaceId, connectionId, namespace, name }: MeasuredStream,
  publish: string,
  states: JsonObject,
): Promise<void> {
  const row = { connection_id: connectionId, namespace, name, publish, workspace_id: workspaceId };
  await db
    .insertInto('table_state')
    .values({ ...row, states: JSON.stringify(states) })
    .onConflict((conflict) =>
      conflict.columns(['connection_id', 'namespace', 'name', 'publish']).doUpdateSet({
        states: sql`table_state.states || excluded.states`,
        updated_at: new Date(),
      }),
    )
    .execute();
}

function ofStream(db: Db, { connectionId, namespace, name }: MeasuredStream) {
  return db
    .deleteFrom('table_state')
    .where('connection_id', '=', connectionId)
    .where('namespace', '=', namespace)
    .where('name', '=', name);
}
