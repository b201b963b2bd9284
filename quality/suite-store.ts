import type { Db } from '#lib/db/connect.ts';

/** One row per suite with what pages show of its last run. */
export function suiteRows(db: Db, workspaceId: string) {
  return db
    .selectFrom('suite')
    .innerJoin('destination', 'destination.id', 'suite.destination_id')
    .leftJoin('connection', 'connection.id', 'suite.connection_id')
    .select(['suite.id', 'suite.name', 'suite.text', 'suite.connection_id as connectionId'])
    .select('suite.next_due as nextDue')
    .select(['suite.destination_id as destinationId', 'destination.name as destinationName'])
    .select(['connection.name as connectionName', 'suite.created_at as createdAt', 'suite.updated_at as updatedAt'])
    .where('suite.workspace_id', '=', workspaceId)
    .orderBy('suite.name');
}

/** The suites that are bound to a connection: measured after each of its syncs. */
export async function suitesOfConnection(db: Db, workspaceId: string, connectionId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('suite')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('connection_id', '=', connectionId)
    .execute();
  return rows.map(({ id }) => id);
}

/** Suites whose own time has come, locked so that no other scheduler takes them. */
export function lockDueSuites(db: Db, now: Date, limit: number) {
  return db
    .selectFrom('suite')
    .select(['id', 'workspace_id as workspaceId', 'schedule', 'next_due as nextDue'])
    .where('next_due', '<=', now)
    .orderBy('next_due')
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute();
}

export async function setSuiteDue(db: Db, suiteId: string, nextDue: Date | null): Promise<void> {
  await db.updateTable('suite').set({ next_due: nextDue }).where('id', '=', suiteId).execute();
}
