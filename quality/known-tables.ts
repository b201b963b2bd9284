import type { Db } from '#lib/db/connect.ts';
import { type GuardContext, workspaceGuard } from '#lib/db/workspace-guard.ts';
import type { JsonObject } from '#lib/json.ts';
import { type Secrets, usableConfig } from '#lib/secrets.ts';
import type { TableColumn } from './engine.ts';
import { withPostgres } from './postgres/engine.ts';
import { READABLE_TABLES } from './postgres/store.ts';
import { suiteNotFound } from './refusals.ts';

const STATEMENT_MS = 10_000;

/** A table that a suite can name, as it names it. */
export interface KnownTable {
  readonly table: string;
  readonly columns: readonly TableColumn[];
}

/**
 * The tables of a destination with their columns, for completion: in Postgres all that its user may read, of a bucket those that were
 * profiled when they were loaded first.
 * @throws WeirError `not_found`, and when the database can't be reached
 */
export async function knownTables(
  c: GuardContext & { readonly secrets: Secrets },
  workspaceId: string,
  destinationId: string,
  signal: AbortSignal,
): Promise<KnownTable[]> {
  const destination = await c.db
    .selectFrom('destination')
    .select(['type', 'config'])
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', destinationId)
    .executeTakeFirst();
  if (!destination) throw suiteNotFound();
  if (destination.type !== 'postgres') return profiledTables(c.db, workspaceId, destinationId);
  const guard = await workspaceGuard(c, workspaceId);
  const config = usableConfig(c.secrets, destination.config, `destination:${destinationId}`);
  const rows = await withPostgres(config, { guard, signal, statementTimeoutMs: STATEMENT_MS }, (engine) =>
    engine.rows(READABLE_TABLES),
  );
  const schema = typeof config.schema === 'string' ? config.schema : 'public';
  // Those that Weir loads stand first.
  const own = rows.filter((row) => row.schema === schema);
  return [...own, ...rows.filter((row) => row.schema !== schema)].map(({ schema: of, table, columns }) => ({
    table: of === schema ? String(table) : `${of}.${table}`,
    columns: columns as readonly TableColumn[],
  }));
}

async function profiledTables(db: Db, workspaceId: string, destinationId: string): Promise<KnownTable[]> {
  const rows = await db
    .selectFrom('table_profile as profile')
    .innerJoin('connection', 'connection.id', 'profile.connection_id')
    .select(['profile.table_name as table', 'profile.columns'])
    .where('profile.workspace_id', '=', workspaceId)
    .where('connection.destination_id', '=', destinationId)
    .orderBy('profile.table_name')
    .execute();
  return rows.map(({ table, columns }) => ({
    table,
    columns: (columns as JsonObject[]).map(({ name, type }) => ({ name: String(name), type: String(type) })),
  }));
}
