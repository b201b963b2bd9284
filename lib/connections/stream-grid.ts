import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import type { SyncStatus, SyncStreamStatus } from '#lib/db/schema.ts';

/** Columns of the grid. */
const SYNCS_SHOWN = 20;

/** What each of a connection's last syncs did with each stream. */
export interface StreamGrid {
  /** Oldest first. */
  readonly syncs: readonly { readonly id: number; readonly at: Date; readonly status: SyncStatus }[];
  readonly streams: readonly {
    readonly namespace: string;
    readonly name: string;
    /** One for each sync; null where it did not touch the stream. */
    readonly cells: readonly (GridCell | null)[];
  }[];
}

export interface GridCell {
  readonly status: SyncStreamStatus;
  readonly read: number;
  readonly written: number;
  readonly quarantined: number;
}

export async function streamGrid({ db }: { db: Db }, workspaceId: string, connectionId: string): Promise<StreamGrid> {
  const { rows: syncs } = await sql<StreamGrid['syncs'][number]>`
    select id, coalesce(started_at, created_at) as at, status from (
      select * from syncs where workspace_id = ${workspaceId} and connection_id = ${connectionId}
      order by id desc limit ${SYNCS_SHOWN}
    ) newest order by id`.execute(db);
  const { rows } = await sql<GridCell & { syncId: number; namespace: string; name: string }>`
    select sync_id as "syncId", namespace, name, status, read, written, quarantined from sync_stream
    where sync_id = any(${syncs.map(({ id }) => id)}::bigint[]) order by name, namespace`.execute(db);
  const byStream = Map.groupBy(rows, ({ namespace, name }) => JSON.stringify([namespace, name]));
  const streams = [...byStream].map(([key, cells]) => {
    const [namespace, name] = JSON.parse(key) as [string, string];
    const bySync = new Map(cells.map(({ syncId, namespace: _, name: __, ...cell }) => [syncId, cell]));
    return { namespace, name, cells: syncs.map(({ id }) => bySync.get(id) ?? null) };
  });
  return { syncs, streams };
}
