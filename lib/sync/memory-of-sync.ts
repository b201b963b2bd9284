import type { Db } from '#lib/db/connect.ts';
import type { Env } from '#lib/env.ts';

interface MemoryContext {
  readonly db: Db;
  readonly env: Pick<Env, 'syncMemoryMb' | 'mostSyncMemoryMb'>;
}

/** Most memory of a sync in MB: what its connection says, as far as the worker allows; else what every sync gets. */
export async function memoryOfSync({ db, env }: MemoryContext, syncId: number): Promise<number> {
  const row = await db
    .selectFrom('syncs')
    .innerJoin('connection', 'connection.id', 'syncs.connection_id')
    .select('connection.memory_mb as memoryMb')
    .where('syncs.id', '=', syncId)
    .executeTakeFirst();
  return Math.min(row?.memoryMb ?? env.syncMemoryMb, env.mostSyncMemoryMb);
}
