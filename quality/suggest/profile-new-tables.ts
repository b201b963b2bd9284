import { sql } from 'kysely';
import type { Guard } from '#lib/address-guard.ts';
import type { Db } from '#lib/db/connect.ts';
import { type GuardContext, workspaceGuard } from '#lib/db/workspace-guard.ts';
import type { Relation } from '#lib/destinations/destination.ts';
import type { JsonObject } from '#lib/json.ts';
import type { Kept } from '#lib/kept.ts';
import type { Log } from '#lib/log.ts';
import { type Secrets, usableConfig } from '#lib/secrets.ts';
import { withBucket } from '../duckdb/bucket.ts';
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

/** What a profile reads of a bucket at most: it suggests, it proves nothing. */
const PROFILE_BYTES = 32 * 1024 * 1024;

/**
 * Looks at the tables that a sync has published for the first time, and keeps the checks that follow: in Postgres, or in the
 * first files of a bucket. What goes wrong is logged and forgotten.
 * @returns the connection, if some of its new tables tell since when their rows are there
 */
export async function profileNewTables(
  c: ProfileContext,
  syncId: number,
  signal: AbortSignal,
): Promise<{ workspaceId: string; connectionId: string } | null> {
  try {
    const [first, ...others] = await newTables(c.db, syncId);
    if (!first) return null;
    const guard = await workspaceGuard(c, first.workspaceId);
    const config = usableConfig(c.secrets, first.config, `destination:${first.destinationId}`);
    const options = { config, guard, signal };
    const profile = first.destinationType === 'postgres' ? profileInPostgres : profileInBucket;
    const profiles = await profile(c, [first, ...others], { ...options, syncId });
    const { workspaceId, connectionId } = first;
    return profiles.some(hasPast) ? { workspaceId, connectionId } : null;
  } catch (error) {
    c.log.warn({ err: error, syncId }, 'new tables were not profiled');
    return null;
  }
}

function hasPast({ columns }: Profile): boolean {
  const times = columns.filter(({ type }) => type === 'time').map(({ name }) => ({ name, type: 'timestamp' }));
  return historyColumn(times) !== null;
}

interface ProfileOptions {
  readonly config: JsonObject;
  readonly guard: Guard;
  readonly signal: AbortSignal;
  readonly syncId: number;
}

async function profileInPostgres(
  c: ProfileContext,
  tables: readonly NewTable[],
  { config, syncId, ...options }: ProfileOptions,
): Promise<Profile[]> {
  return withPostgres(config, { ...options, ...(c.kept && { kept: c.kept }) }, async (engine) => {
    const profiles: Profile[] = [];
    for (const { relation, ...table } of tables) {
      const profile = await profileTable(engine, relation);
      await saveProfile(c, { ...table, syncId, bytesRead: null }, profile);
      profiles.push(profile);
    }
    return profiles;
  });
}

async function profileInBucket(
  c: ProfileContext,
  tables: readonly NewTable[],
  { syncId, ...options }: ProfileOptions,
): Promise<Profile[]> {
  const profiles: Profile[] = [];
  for (const { relation, ...table } of tables) {
    if (relation.kind !== 'parquet' || relation.files.length === 0) continue;
    const published = [{ prefix: '', namespace: '', name: table.tableName, files: relation.files }];
    let read = { bytes: 0, isPart: false };
    const onRead = (part: typeof read) => {
      read = part;
    };
    const limit = { bytes: PROFILE_BYTES, beyond: 'part' as const };
    const { log, clock } = c;
    const bucket = { type: table.destinationType, published, limit, onRead, log, clock, ...options };
    await withBucket(bucket, async (engine) => {
      const found = await engine.find(table.tableName);
      const profile = await profileTable(engine, found, read.isPart);
      await saveProfile(c, { ...table, syncId, bytesRead: read.bytes }, profile);
      profiles.push(profile);
    });
  }
  return profiles;
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

async function saveProfile(
  { db, clock }: ProfileContext,
  table: { connectionId: string; workspaceId: string; tableName: string; syncId: number; bytesRead: number | null },
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
      bytes_read: table.bytesRead,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export interface TableSuggestions {
  readonly table: string;
  readonly columns: readonly string[];
  readonly suggestions: readonly Suggestion[];
  /** What was read of a bucket for them; null where none was. */
  readonly bytesRead: number | null;
}

/** What was found in the tables of a workspace, or of one of its connections. */
export async function listSuggestions(
  { db }: { db: Db },
  workspaceId: string,
  connectionId: string | null,
): Promise<(TableSuggestions & { readonly connectionId: string })[]> {
  const rows = await db
    .selectFrom('table_profile')
    .select([
      'connection_id as connectionId',
      'table_name as table',
      'columns',
      'suggestions',
      'bytes_read as bytesRead',
    ])
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
