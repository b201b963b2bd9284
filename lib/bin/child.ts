import { createContext } from '#lib/context.ts';
import { readEnv } from '#lib/env.ts';
import { toFailure } from '#lib/errors.ts';
import type { FromChild, ToChild } from './child-pool.ts';
import { runChecksTask, runProbeTask, runSyncTask } from './tasks.ts';

// One task per process: what it leaks or breaks ends with it. Loading and connecting happen before the task comes.
const { env } = readEnv(process.env, process.cwd());
const context = createContext(env, { name: 'child', maxConnections: 3 });
const stopping = new AbortController();
const workerId = process.env.WEIR_WORKER_ID ?? 'worker';

process.on('message', (message: ToChild) => {
  if ('cancel' in message) stopping.abort(message.cancel);
  else void run(message);
});
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => stopping.abort('shutdown'));

await context.db.selectFrom('workspace').select('id').limit(1).execute();
answer({ warm: true });

async function run({ task, id }: Extract<ToChild, { task: unknown }>): Promise<void> {
  const options = { workerId, signal: stopping.signal };
  try {
    if (task === 'sync') await runSyncTask(context, Number(id), options);
    else if (task === 'probe') await runProbeTask(context, String(id), options);
    else await runChecksTask(context, Number(id), options);
    answer({ done: true });
  } catch (error) {
    context.log.error({ err: error, task, id }, 'task failed');
    answer({ failed: toFailure(error) });
  }
  await context.close();
  process.disconnect();
  process.exit(0);
}

function answer(message: FromChild): void {
  process.send?.(message);
}
