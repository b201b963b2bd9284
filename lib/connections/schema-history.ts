import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import type { SchemaColumn } from '#lib/db/schema.ts';
import { notFound } from './refusals.ts';
import { countLines, diffSchemas, type SchemaCounts, type SchemaLine } from './schema-diff.ts';

const MOST_LISTED = 200;

/** The columns that a stream had from a sync on, until the next version. */
export interface SchemaVersion extends SchemaCounts {
  readonly id: number;
  readonly namespace: string;
  readonly stream: string;
  /** Null once the sync is forgotten. */
  readonly syncId: number | null;
  readonly at: Date;
  readonly columns: number;
  /** It is the stream's first: there is nothing before it. */
  readonly isFirst: boolean;
}

/** Each time that columns of the connection's streams changed, newest first. */
export async function schemaHistory(
  { db }: { db: Db },
  workspaceId: string,
  connectionId: string,
): Promise<SchemaVersion[]> {
  const { rows } = await sql<
    Omit<SchemaVersion, 'columns' | 'isFirst'> & { now: SchemaColumn[]; before: SchemaColumn[] | null }
  >`
    select id, namespace, stream, sync_id as "syncId", at, columns as now,
      lag(columns) over (partition by namespace, stream order by id) as before
    from stream_schema where workspace_id = ${workspaceId} and connection_id = ${connectionId}
    order by id desc limit ${MOST_LISTED}`.execute(db);
  return rows.map(({ now, before, ...version }) => ({
    ...version,
    ...countLines(diffSchemas(before ?? [], now)),
    columns: now.length,
    isFirst: before === null,
  }));
}

export interface SchemaDiff {
  readonly version: SchemaVersion;
  /** Versions of the same stream, newest first, this one among them. */
  readonly versions: readonly SchemaVersion[];
  /** What it is compared with; null for the first. */
  readonly before: SchemaVersion | null;
  readonly lines: readonly SchemaLine[];
}

/**
 * A whole schema against an earlier one of the same stream: the one before it unless `beforeId` names another.
 * @throws WeirError `not_found` for versions that are not there, or of another stream
 */
export async function schemaDiff(
  { db }: { db: Db },
  workspaceId: string,
  connectionId: string,
  { id, beforeId }: { id: number; beforeId?: number | undefined },
): Promise<SchemaDiff> {
  const all = await schemaHistory({ db }, workspaceId, connectionId);
  const version = all.find((each) => each.id === id);
  if (!version) throw notFound('version of a schema');
  const versions = all.filter((each) => each.stream === version.stream && each.namespace === version.namespace);
  const earlier = versions.filter((each) => each.id < id);
  const before = beforeId === undefined ? (earlier[0] ?? null) : earlier.find((each) => each.id === beforeId);
  if (before === undefined) throw notFound('version of a schema');
  const now = await columnsOf(db, id);
  // The first has nothing to differ from.
  const was = before === null ? now : await columnsOf(db, before.id);
  return { version, versions, before, lines: diffSchemas(was, now) };
}

async function columnsOf(db: Db, id: number): Promise<SchemaColumn[]> {
  const row = await db.selectFrom('stream_schema').select('columns').where('id', '=', id).executeTakeFirst();
  return row?.columns ?? [];
}
