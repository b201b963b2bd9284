import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import { type GuardContext, workspaceGuard } from '#lib/db/workspace-guard.ts';
import type { Relation } from '#lib/destinations/destination.ts';
import { destinationKind } from '#lib/destinations/kinds.ts';
import type { JsonObject } from '#lib/json.ts';
import type { Kept } from '#lib/kept.ts';
import type { Log } from '#lib/log.ts';
import { type Secrets, usableConfig } from '#lib/secrets.ts';
import type { Engine } from '../engine.ts';
import { historyColumn } from '../history-column.ts';
import { withPostgres } from '../postgres/engine.ts';
import type { Profile } from './profile.ts';
import { profileTable } from './profile-table.ts';
import { type Suggestion, suggestChecks } from './suggest-checks.ts';

interface ProfileContext extends GuardContext {
  readonly secrets: Secrets;
  readonly clock: () => Date;
  readonly log: Log;
  readonly kept?: Kept;
}

/**
 * Looks at the tables that a sync has published for the first time, and keeps the checks that follow. Those that lie far away were
 * profiled on their way. What goes wrong is logged and forgotten.
 * @returns the connection, if some of its new tables tell since when their rows are there
 */
export async function profileNewTables(
  c: ProfileContext,
  syncId: number,
  signal: AbortSignal,
): Promise<{ workspaceId: string; connectionId: string } | null> {
  try {
    const near = (await newTables(c.db, syncId)).filter(
      ({ destinationType }) => destinationKind(destinationType).isFarAway !== true,
    );
    await profileTables(c, near, { syncId, signal });
    const found = await profilesOf(c.db, syncId);
    const withPast = found.find(hasPast);
    return withPast ? { workspaceId: withPast.workspaceId, connectionId: withPast.connectionId } : null;
  } catch (error) {
    c.log.warn({ err: error, syncId }, 'new tables were not profiled');
    return null;
  }
}

function hasPast({ columns }: Pick<Profile, 'columns'>): boolean {
  const times = columns.filter(({ type }) => type === 'time').map(({ name }) => ({ name, type: 'timestamp' }));
  return historyColumn(times) !== null;
}

async function profileTables(
  c: ProfileContext,
  tables: readonly NewTable[],
  { syncId, signal }: { syncId: number; signal: AbortSignal },
): Promise<void> {
  const [first] = tables;
  if (!first) return;
  const guard = await workspaceGuard(c, first.workspaceId);
  const config = usableConfig(c.secrets, first.config, `destination:${first.destinationId}`);
  await withPostgres(config, { guard, signal, ...(c.kept && { kept: c.kept }) }, async (engine) => {
    for (const { relation, ...table } of tables)
      await saveProfile(c, { ...table, syncId }, await profileTable(engine, relation));
  });
}

/** Whether the connection's table has been looked at. */
export async function isProfiled(db: Db, connectionId: string, tableName: string): Promise<boolean> {
  const found = db.selectFrom('table_profile').select('table_name').where('connection_id', '=', connectionId);
  return (await found.where('table_name', '=', tableName).executeTakeFirst()) !== undefined;
}

/** Profiles what lies on this machine before it is published far away. What goes wrong is logged and forgotten. */
export async function profileStaged(
  c: Pick<ProfileContext, 'db' | 'clock' | 'log'>,
  engine: Engine,
  { load, isPart, ...table }: ProfiledTable & { readonly load: Relation; readonly isPart: boolean },
): Promise<void> {
  try {
    const profile = await profileTable(engine, load, isPart);
    if (profile.rows > 0) await saveProfile(c, table, profile);
  } catch (error) {
    c.log.warn({ err: error, table: table.tableName }, 'a new table was not profiled');
  }
}

async function profilesOf(db: Db, syncId: number) {
  const rows = await db
    .selectFrom('table_profile')
    .select(['columns', 'workspace_id as workspaceId', 'connection_id as connectionId'])
    .where('sync_id', '=', syncId)
    .execute();
  return rows.map(({ columns, ...row }) => ({ ...row, columns: columns as unknown as Profile['columns'] }));
}

type NewTable = Awaited<ReturnType<typeof newTables>>[number];

async function newTables(db: Db, syncId: number) {
  const rows = await db
    .selectFrom('sync_stream as stream')
    .innerJoin('syncs', 'syncs.id', 'stream.sync_id')
    .innerJoin('connection', 'connection.id', 'syncs.connection_id')
    .innerJoin('destination', 'destination.id', 'connection.destination_id')
    .select(['connection.id as connectionId', 'connection.workspace_id as workspaceId', 'stream.relation'])
    .select(['destination.id as destinationId', 'destination.config', 'destination.type as destinationType'])
    .select(TABLE_NAME.as('tableName'))
    .where('stream.sync_id', '=', syncId)
    .where('stream.status', '=', 'published')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('table_profile')
            .whereRef('table_profile.connection_id', '=', 'connection.id')
            .where(sql<boolean>`table_profile.table_name = ${TABLE_NAME}`),
        ),
      ),
    )
    .execute();
  return rows.flatMap(({ relation, ...row }) =>
    relation === null ? [] : [{ ...row, relation: relation as unknown as Relation }],
  );
}

/** As a suite names it: a stream of a bucket has no schema. */
const TABLE_NAME = sql<string>`case when stream.relation ->> 'kind' = 'postgres'
  then concat(stream.relation ->> 'schema', '.', stream.relation ->> 'table') else concat(connection.prefix, stream.name) end`;

interface ProfiledTable {
  readonly connectionId: string;
  readonly workspaceId: string;
  readonly tableName: string;
  readonly syncId: number;
}

async function saveProfile(
  { db, clock }: Pick<ProfileContext, 'db' | 'clock'>,
  table: ProfiledTable,
  profile: Profile,
): Promise<void> {
  await db
    .insertInto('table_profile')
    .values({
      connection_id: table.connectionId,
      workspace_id: table.workspaceId,
      table_name: table.tableName,
      sync_id: table.syncId,
      columns: JSON.stringify(profile.columns),
      suggestions: JSON.stringify(suggestChecks(profile, clock())),
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
