import { createContext } from '#lib/context.ts';
import { connectDatabase } from '#lib/db/connect.ts';
import { readEnv } from '#lib/env.ts';
import { toFailure } from '#lib/errors.ts';
import { createKept } from '#lib/kept.ts';
import type { FromChild, ToChild } from './child-pool.ts';
import { runChecksTask, runProbeTask, runSyncTask } from './tasks.ts';

/** Syncs in one process: then a fresh one takes over, whatever this one may have gathered. */
const MOST_SYNCS = 200;
/** Of the memory that a sync may use: a process that holds more between two has kept something. */
const FIT_SHARE = 0.4;
const MB = 1024 * 1024;

// One task at a time, and what it leaks or breaks ends with the process. Loading and connecting happen before the task comes.
const { env } = readEnv(process.env, process.cwd());
const kept = createKept();
const notes = connectDatabase(env.databaseUrl ?? '', { name: 'weir child', maxConnections: 1, lazyCommits: true });
const context = { ...createContext(env, { name: 'child', maxConnections: 2 }), kept, notes };
const workerId = process.env.WEIR_WORKER_ID ?? 'worker';
let syncs = 0;
let stopping = new AbortController();
let pausedMs = 0;

process.on('message', (message: ToChild) => {
  if ('cancel' in message) stopping.abort(message.cancel);
  else if ('pausedMs' in message) pausedMs = message.pausedMs;
  else void run(message);
});
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => stopping.abort('shutdown'));

await context.db.selectFrom('workspace').select('id').limit(1).execute();
answer({ warm: true });

async function run({ task, id, limits }: Extract<ToChild, { task: unknown }>): Promise<void> {
  pausedMs = 0;
  const options = { workerId, signal: stopping.signal, limits, pausedMs: () => pausedMs };
  try {
    if (task === 'sync') await runSyncTask(context, Number(id), options);
    else if (task === 'probe') await runProbeTask(context, String(id), options);
    else await runChecksTask(context, Number(id), options);
    if (task === 'sync' && isFit()) {
      stopping = new AbortController();
      return answer({ done: true, again: true });
    }
    answer({ done: true });
  } catch (error) {
    context.log.error({ err: error, task, id }, 'task failed');
    answer({ failed: toFailure(error) });
  }
  await Promise.all([kept.end(), notes.destroy(), context.close()]);
  process.disconnect();
  process.exit(0);
}

/** Nobody asked this process to stop, and it is no larger than a fresh one would soon be. */
function isFit(): boolean {
  syncs++;
  return (
    !stopping.signal.aborted && syncs < MOST_SYNCS && process.memoryUsage.rss() < env.syncMemoryMb * FIT_SHARE * MB
  );
}

function answer(message: FromChild): void {
  process.send?.(message);
}
