import type { Db } from '#lib/db/connect.ts';
import type { Env } from '#lib/env.ts';

interface LimitsContext {
  readonly db: Db;
  readonly env: Pick<Env, 'syncMemoryMb' | 'mostSyncMemoryMb' | 'syncCpuCores' | 'mostSyncCpuCores'>;
}

/** What one sync may take of the machine. */
export interface SyncLimits {
  readonly memoryMb: number;
  /** Null for as much as there is. */
  readonly cpuCores: number | null;
}

/** The limits of a sync: what its connection says, as far as the worker allows; else what every sync gets. */
export async function limitsOfSync({ db, env }: LimitsContext, syncId: number): Promise<SyncLimits> {
  const row = await db
    .selectFrom('syncs')
    .innerJoin('connection', 'connection.id', 'syncs.connection_id')
    .select(['connection.memory_mb as memoryMb', 'connection.cpu_cores as cpuCores'])
    .where('syncs.id', '=', syncId)
    .executeTakeFirst();
  return {
    memoryMb: Math.min(row?.memoryMb ?? env.syncMemoryMb, env.mostSyncMemoryMb),
    cpuCores: least(row?.cpuCores ?? env.syncCpuCores, env.mostSyncCpuCores),
  };
}

function least(asked: number | null, most: number | null): number | null {
  if (asked === null || most === null) return asked ?? most;
  return Math.min(asked, most);
}
