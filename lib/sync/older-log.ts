import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import type { SyncLogLine } from './syncs.ts';

/** So many lines one question looks through: a fraction of a second. */
const LOOKED_THROUGH = 100_000;
const MOST_FOUND = 500;

export interface OlderLog {
  /** Oldest first. */
  readonly lines: readonly SyncLogLine[];
  /** Where to look further back; null at the beginning of the log. */
  readonly before: number | null;
}

interface Sought {
  readonly syncId: number;
  /** Lines older than this one. */
  readonly before: number;
  /** A part of the stream's name or the message, in any case; every line when empty. */
  readonly search: string;
  /** Levels that count; all when null. */
  readonly levels: readonly string[] | null;
}

/** Looks back through a sync's log from a line on, so far as one question goes. */
export async function olderLog({ db }: { db: Db }, workspaceId: string, sought: Sought): Promise<OlderLog> {
  const { syncId, before, search, levels } = sought;
  const { rows } = await sql<SyncLogLine & { from: number; looked: number }>`
    with looked as (
      select id, attempt, at, level, stream, message from sync_log
      where workspace_id = ${workspaceId} and sync_id = ${syncId} and id < ${before}
      order by id desc limit ${LOOKED_THROUGH}
    ), extent as (select coalesce(min(id), 0) as "from", count(*)::int as looked from looked)
    select found.*, extent.* from extent left join lateral (
      select * from looked
      where ${search === '' ? sql`true` : sql`strpos(lower(coalesce(stream, '') || ' ' || message), ${search.toLowerCase()}) > 0`}
        and ${levels === null ? sql`true` : sql`level = any(${[...levels]})`}
      order by id desc limit ${MOST_FOUND}
    ) found on true order by found.id`.execute(db);
  const lines = rows
    .filter(({ id }) => id !== null)
    .map(({ from: _from, looked: _looked, ...line }): SyncLogLine => line);
  const { from = 0, looked = 0 } = rows[0] ?? {};
  if (lines.length === MOST_FOUND) return { lines, before: lines[0]?.id ?? null };
  return { lines, before: looked === LOOKED_THROUGH ? from : null };
}

/** The line before the newest so many of a sync's log; 0 where there are no more. */
export async function beforeNewest({ db }: { db: Db }, syncId: number, newest: number): Promise<number> {
  const row = await db
    .selectFrom('sync_log')
    .select('id')
    .where('sync_id', '=', syncId)
    .orderBy('id', 'desc')
    .offset(newest)
    .limit(1)
    .executeTakeFirst();
  return row?.id ?? 0;
}
