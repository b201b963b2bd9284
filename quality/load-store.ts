import type { Db } from '#lib/db/connect.ts';
import { destinationKind } from '#lib/destinations/kinds.ts';
import type { ReadColumn } from '#lib/destinations/local-files.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';

/** When readers could see each table's newest load, and the newest load of all. */
export interface LastPublished {
  readonly last: { readonly syncId: number; readonly at: Date } | null;
  readonly byTable: ReadonlyMap<string, Date>;
}

/** What a connection published last, or all connections to a destination. */
export async function lastPublished(
  db: Db,
  of: { readonly connectionId: string } | { readonly destinationId: string },
): Promise<LastPublished> {
  const rows = await db
    .selectFrom('sync_stream as stream')
    .innerJoin('syncs', 'syncs.id', 'stream.sync_id')
    .innerJoin('connection', 'connection.id', 'syncs.connection_id')
    .innerJoin('destination', 'destination.id', 'connection.destination_id')
    .distinctOn(['connection.id', 'stream.namespace', 'stream.name'])
    .select(['syncs.id as syncId', 'stream.published_at as at', 'connection.prefix', 'stream.name', 'stream.relation'])
    .select(['destination.type', 'destination.config'])
    .$if('connectionId' in of, (query) =>
      query.where('connection.id', '=', 'connectionId' in of ? of.connectionId : ''),
    )
    .$if('destinationId' in of, (query) =>
      query.where('connection.destination_id', '=', 'destinationId' in of ? of.destinationId : ''),
    )
    .where('stream.published_at', 'is not', null)
    .orderBy('connection.id')
    .orderBy('stream.namespace')
    .orderBy('stream.name')
    .orderBy('stream.published_at', 'desc')
    .execute();
  const found = rows
    .flatMap(({ at, ...row }) => (at === null ? [] : [{ ...row, at }]))
    .toSorted((a, b) => a.at.getTime() - b.at.getTime());
  const newest = found.at(-1);
  return {
    last: newest ? { syncId: newest.syncId, at: newest.at } : null,
    // A name without its schema means the table in the destination's own, whichever of that name was loaded last.
    byTable: new Map(
      [...found.filter((row) => !isAtHome(row)), ...found.filter(isAtHome)].flatMap(({ at, prefix, name, relation }) =>
        namesOf(prefix, name, relation).map((each) => [each, at] as const),
      ),
    ),
  };
}

function isAtHome({
  relation,
  type,
  config,
}: {
  relation: JsonObject | null;
  type: string;
  config: JsonObject;
}): boolean {
  return relation?.schema === destinationKind(type).defaultNamespace(config);
}

/** A stream as it was last published to a destination that has no tables of its own. */
export interface PublishedStream {
  readonly connectionId: string;
  readonly prefix: string;
  readonly namespace: string;
  readonly name: string;
  readonly files: readonly string[];
  readonly columns?: readonly ReadColumn[];
  /** What its files have together, and which publish it was; null where that was not noted. */
  readonly bytes: number | null;
  readonly publish: string | null;
}

/** The newest published files of each stream at a destination that has no tables of its own; of one connection, if one is named. */
export async function publishedFiles(
  db: Db,
  destinationId: string,
  connectionId: string | null,
): Promise<PublishedStream[]> {
  const rows = await db
    .selectFrom('sync_stream as stream')
    .innerJoin('syncs', 'syncs.id', 'stream.sync_id')
    .innerJoin('connection', 'connection.id', 'syncs.connection_id')
    .distinctOn(['connection.id', 'stream.namespace', 'stream.name'])
    .select(['connection.id as connectionId', 'connection.prefix', 'stream.namespace', 'stream.name'])
    .select(['stream.relation', 'stream.published'])
    .where('connection.destination_id', '=', destinationId)
    .where('stream.published_at', 'is not', null)
    .$if(connectionId !== null, (query) => query.where('connection.id', '=', connectionId ?? ''))
    .orderBy('connection.id')
    .orderBy('stream.namespace')
    .orderBy('stream.name')
    .orderBy('stream.published_at', 'desc')
    .orderBy('stream.sync_id', 'desc')
    .execute();
  return rows.flatMap(({ relation, published, ...stream }) => {
    const files = relation?.kind === 'parquet' && Array.isArray(relation.files) ? relation.files.map(String) : [];
    const { bytes, publish } = published ?? {};
    const noted = {
      bytes: typeof bytes === 'number' ? bytes : null,
      publish: typeof publish === 'string' ? publish : null,
    };
    const columns = readColumns(relation);
    return files.length > 0 ? [{ ...stream, ...noted, files, ...(columns && { columns }) }] : [];
  });
}

/** As the destination noted them with the files. */
function readColumns(relation: JsonObject | null): readonly ReadColumn[] | null {
  if (!Array.isArray(relation?.columns)) return null;
  return relation.columns.filter(isJsonObject).map(({ name, type }) => ({ name: String(name), type: String(type) }));
}

/** Rows of each table as the connection's newest load before `loadId` left them, where the destination counted. */
export async function rowsBefore(db: Db, connectionId: string, loadId: number): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('sync_stream as stream')
    .innerJoin('syncs', 'syncs.id', 'stream.sync_id')
    .innerJoin('connection', 'connection.id', 'syncs.connection_id')
    .distinctOn(['stream.namespace', 'stream.name'])
    .select(['connection.prefix', 'stream.name', 'stream.relation', 'stream.published'])
    .where('syncs.connection_id', '=', connectionId)
    .where('syncs.id', '<', loadId)
    .where('stream.published_at', 'is not', null)
    .orderBy('stream.namespace')
    .orderBy('stream.name')
    .orderBy('stream.published_at', 'desc')
    .execute();
  return new Map(
    rows.flatMap(({ prefix, name, relation, published }) => {
      const count = published?.rows;
      if (typeof count !== 'number') return [];
      return namesOf(prefix, name, relation).map((each) => [each, count] as const);
    }),
  );
}

/** What a sync read of the source for each of its tables, and what of it was accepted. */
export async function loadCounts(db: Db, syncId: number): Promise<Map<string, { read: number; accepted: number }>> {
  const rows = await db
    .selectFrom('sync_stream as stream')
    .innerJoin('syncs', 'syncs.id', 'stream.sync_id')
    .innerJoin('connection', 'connection.id', 'syncs.connection_id')
    .select(['connection.prefix', 'stream.name', 'stream.relation', 'stream.read', 'stream.written'])
    .where('stream.sync_id', '=', syncId)
    .execute();
  return new Map(
    rows.flatMap(({ prefix, name, relation, read, written }) =>
      namesOf(prefix, name, relation).map((each) => [each, { read, accepted: written }] as const),
    ),
  );
}

function namesOf(prefix: string, name: string, relation: JsonObject | null): string[] {
  const { schema, table } = relation ?? {};
  return typeof table === 'string' ? [table, `${schema}.${table}`] : [prefix + name];
}
