import { statfs } from 'node:fs/promises';
import { sql } from 'kysely';
import type { Context } from '#lib/context.ts';
import { formatBytes, plural } from '../../_components/format.ts';
import type { State } from '../../_components/states.ts';

export interface MachineFact {
  readonly name: string;
  readonly state: State;
  readonly text: string;
}

const LITTLE_DISK = 2e9;

/** What set-up says of the machine it runs on. It names no paths: nobody has signed in yet. */
export async function machineFacts({ db, env }: Context): Promise<MachineFact[]> {
  const [version, workers, disk] = await Promise.all([postgresVersion(db), liveWorkers(db), statfs(env.dataDir)]);
  const free = disk.bavail * disk.bsize;
  return [
    { name: 'Database', state: 'ok', text: `Postgres ${version}` },
    {
      name: 'Workers',
      state: workers > 0 ? 'ok' : 'warn',
      text:
        workers > 0
          ? `${plural(workers, 'worker')}, ${env.concurrency} syncs at once, ${env.syncMemoryMb} MB each`
          : 'None runs yet. Syncs wait until one does.',
    },
    { name: 'Disk', state: free < LITTLE_DISK ? 'warn' : 'ok', text: `${formatBytes(free)} free in the data folder` },
    env.secretKey
      ? { name: 'Secrets key', state: 'ok', text: 'From WEIR_SECRET_KEY.' }
      : { name: 'Secrets key', state: 'warn', text: 'In the data folder. Back it up, or set WEIR_SECRET_KEY.' },
    { name: 'Slack', state: 'wait', text: 'Not connected. Add it in Settings.' },
  ];
}

async function postgresVersion(db: Context['db']): Promise<string> {
  const { rows } = await sql<{ version: string }>`select current_setting('server_version') as version`.execute(db);
  return rows[0]?.version.split(' ')[0] ?? '';
}

async function liveWorkers(db: Context['db']): Promise<number> {
  const row = await db
    .selectFrom('worker')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('seen_at', '>', sql<Date>`now() - interval '30 seconds'`)
    .executeTakeFirstOrThrow();
  return Number(row.count);
}
