import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import { READS_ITS_SOURCE } from '#lib/db/reads-its-source.ts';
import type { SyncFinished } from './tell.ts';

/** Of the incidents that a good sync ends. */
export function causesOf({ connectionId }: Pick<SyncFinished, 'connectionId'>): string[] {
  return [`sync:${connectionId}`, `late:${connectionId}`];
}

/**
 * Of those that this one ends. A replay asks the source for nothing: it makes no data fresher, and of failures it mends those of other
 * replays only.
 */
export async function causesEnded(tx: Db, sync: SyncFinished): Promise<string[]> {
  const { connectionId, syncId } = sync;
  const { rows } = await sql<{ reads: boolean; fails: boolean }>`
    with read as (select id, status from syncs where connection_id = ${connectionId} and ${READS_ITS_SOURCE})
    select coalesce((select ${READS_ITS_SOURCE} from syncs where id = ${syncId}), true) as reads,
      exists (
        select from read where status in ('failed', 'partial')
          and id > coalesce((select max(id) from read where status = 'succeeded'), 0)
      ) as fails`.execute(tx);
  const { reads = true, fails = false } = rows[0] ?? {};
  if (reads) return causesOf(sync);
  return fails ? [] : [`sync:${connectionId}`];
}
