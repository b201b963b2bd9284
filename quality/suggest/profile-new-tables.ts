import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import { workspaceGuard } from '#lib/db/workspace-guard.ts';
import type { Relation } from '#lib/destinations/destination.ts';
import type { JsonObject, JsonValue } from '#lib/json.ts';
import type { Kept } from '#lib/kept.ts';
import type { Log } from '#lib/log.ts';
import { type Secrets, usableConfig } from '#lib/secrets.ts';
import { withPostgres } from '../postgres/engine.ts';
import { profileTable } from './profile-table.ts';
import { type Suggestion, suggestChecks } from './suggest-checks.ts';

interface ProfileContext {
  readonly db: Db;
  readonly secrets: Secrets;
  readonly clock: () => Date;
  readonly log: Log;
  readonly kept?: Kept;
}

/**
 * Looks at the tables that a sync has published for the first time, and keeps the checks that follow. Tables in Postgres only:
 * a bucket is not read unasked. What goes wrong is logged and forgotten.
 */
export async function profileNewTables(c: ProfileContext, syncId: number, signal: AbortSignal): Promise<void> {
  try {
    const [first, ...others] = await newTables(c.db, syncId);
    if (!first) return;
    const guard = await workspaceGuard(c.db, first.workspaceId);
    const config = usableConfig(c.secrets, first.config, `destination:${first.destinationId}`);
    await withPostgres(config, { guard, signal, ...(c.kept && { kept: c.kept }) }, async (engine) => {
      for (const { relation, ...table } of [first, ...others]) {
        const profile = await profileTable(engine, relation as unknown as Relation);
        await saveProfile(
          c.db,
          { ...table, syncId },
          profile.columns as unknown as JsonValue,
          suggestChecks(profile, c.clock()),
        );
      }
    });
  } catch (error) {
    c.log.warn({ err: error, syncId }, 'new tables were not profiled');
  }
}

async function newTables(db: Db, syncId: number) {
  const rows = await db
    .selectFrom('sync_stream as stream')
    .innerJoin('syncs', 'syncs.id', 'stream.sync_id')
    .innerJoin('connection', 'connection.id', 'syncs.connection_id')
    .innerJoin('destination', 'destination.id', 'connection.destination_id')
    .select(['connection.id as connectionId', 'connection.workspace_id as workspaceId', 'stream.relation'])
    .select(['destination.id as destinationId', 'destination.config'])
    .where('stream.sync_id', '=', syncId)
    .where('stream.status', '=', 'published')
    .where('destination.type', '=', 'postgres')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('table_profile')
            .whereRef('table_profile.connection_id', '=', 'connection.id')
            .where(
              sql<boolean>`table_profile.table_name = concat(stream.relation ->> 'schema', '.', stream.relation ->> 'table')`,
            ),
        ),
      ),
    )
    .execute();
  return rows.flatMap(({ relation, ...row }) =>
    relation === null ? [] : [{ ...row, relation, tableName: `${relation.schema}.${relation.table}` }],
  );
}

async function saveProfile(
  db: Db,
  table: { connectionId: string; workspaceId: string; tableName: string; syncId: number },
  columns: JsonValue,
  suggestions: readonly Suggestion[],
): Promise<void> {
  await db
    .insertInto('table_profile')
    .values({
      connection_id: table.connectionId,
      workspace_id: table.workspaceId,
      table_name: table.tableName,
      sync_id: table.syncId,
      columns: JSON.stringify(columns),
      suggestions: JSON.stringify(suggestions),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export interface TableSuggestions {
  readonly table: string;
  readonly columns: readonly string[];
  readonly suggestions: readonly Suggestion[];
}

/** What was found in the tables of a workspace, or of one of its connections. */
export async function listSuggestions(
  { db }: { db: Db },
  workspaceId: string,
  connectionId: string | null,
): Promise<(TableSuggestions & { readonly connectionId: string })[]> {
  const rows = await db
    .selectFrom('table_profile')
    .select(['connection_id as connectionId', 'table_name as table', 'columns', 'suggestions'])
    .where('workspace_id', '=', workspaceId)
    .$if(connectionId !== null, (query) => query.where('connection_id', '=', connectionId ?? ''))
    .orderBy('table_name')
    .execute();
  return rows.map(({ columns, suggestions, ...row }) => ({
    ...row,
    columns: (columns as JsonObject[]).map(({ name }) => String(name)),
    suggestions: suggestions as unknown as Suggestion[],
  }));
}
