import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import cron from 'node-cron';
import { type Context, createContext } from '#lib/context.ts';
import { readEnv } from '#lib/env.ts';
import { freeBytes } from '#lib/sync/disk-space.ts';
import { limitsOfSync, type SyncLimits } from '#lib/sync/limits-of-sync.ts';
import { type ChildTask, createChildPool } from './child-pool.ts';
import {
  cancelledProbes,
  cancelledSyncs,
  childLost,
  forgetOld,
  housekeep,
  lookForLate,
  runCommandTask,
  runDeliverTask,
  tick,
} from './tasks.ts';

const SEEN_EVERY_MS = 5_000;
const CANCEL_CHECK_MS = 1_000;
const PROBE_DEADLINE_MS = 120_000;
const CHECKS_DEADLINE_MS = 30 * 60_000;
const DELIVERIES_AT_ONCE = 4;
const COMMANDS_AT_ONCE = 2;
const CLOSE_GRACE_MS = 8_000;

const { env } = readEnv(process.env, process.cwd());
const context = createContext(env, { name: 'worker' });
const workerId = randomUUID();
const usual: SyncLimits = { memoryMb: env.syncMemoryMb, cpuCores: env.syncCpuCores ?? env.mostSyncCpuCores };
const children = createChildPool({
  limits: usual,
  env: { NODE_COMPILE_CACHE: path.join(env.dataDir, 'compiled'), ...process.env, WEIR_WORKER_ID: workerId },
});
/** What runs now, so that a cancelled one can be told. */
const running = new Map<string, AbortController>();
let closing = false;

await register(context);
await context.queue.work('sync', { concurrency: env.concurrency }, async ({ syncId }) => {
  const limits = await limitsOfSync(context, syncId as number);
  await inChild('sync', syncId as number, env.syncTimeoutMinutes * 60_000, limits);
});
await context.queue.work('probe', { concurrency: env.concurrency }, ({ probeId }) =>
  inChild('probe', probeId as string, PROBE_DEADLINE_MS),
);
await context.queue.work('checks', { concurrency: env.concurrency }, ({ runId }) =>
  inChild('checks', runId as number, CHECKS_DEADLINE_MS),
);
await context.queue.work('deliver', { concurrency: DELIVERIES_AT_ONCE }, ({ deliveryId }) =>
  runDeliverTask(context, deliveryId as string),
);
const stopping = new AbortController();
const commands = new Set<Promise<void>>();
await context.queue.work('command', { concurrency: COMMANDS_AT_ONCE }, async ({ runId }) => {
  const running = runCommandTask(context, runId as number, stopping.signal);
  commands.add(running);
  await running.finally(() => commands.delete(running));
});
await seen();
const clock = [
  cron.schedule('* * * * * *', () => guarded('tick', () => tick(context))),
  cron.schedule('15 * * * * *', () => guarded('late', () => lookForLate(context))),
  cron.schedule('30 * * * * *', () => guarded('housekeep', () => housekeep(context))),
  cron.schedule('45 17 * * * *', () => guarded('forget old', () => forgetOld(context))),
];
const timers = [
  setInterval(() => guarded('cancel', endCancelled), CANCEL_CHECK_MS),
  setInterval(() => guarded('seen', seen), SEEN_EVERY_MS),
];
process.send?.('ready');
process.on('SIGTERM', close).on('SIGINT', close).on('disconnect', close);

/** Runs one task in a child; a child that was lost leaves its row to be mended. */
async function inChild(task: ChildTask, id: string | number, deadlineMs: number, limits = usual): Promise<void> {
  const key = `${task}:${id}`;
  const controller = new AbortController();
  running.set(key, controller);
  const givenAt = context.clock();
  try {
    const lost = await children.run(task, id, { signal: controller.signal, deadlineMs, limits });
    // A worker that ends is no result of checks: their job comes again. A sync has noted by itself that it is handed over.
    if (lost !== null && closing && task === 'checks') throw new Error('The worker ends.');
    if (lost !== null) await childLost(context, task, id, lost, { givenAt, workerId });
  } finally {
    running.delete(key);
  }
}

/** A child notices by itself that it was cancelled; this one sees to it that it does. */
async function endCancelled(): Promise<void> {
  const ids = (task: ChildTask) =>
    [...running.keys()].filter((key) => key.startsWith(`${task}:`)).map((key) => key.slice(task.length + 1));
  const [syncs, probes] = [ids('sync').map(Number), ids('probe')];
  if (syncs.length > 0) for (const id of await cancelledSyncs(context, syncs)) running.get(`sync:${id}`)?.abort();
  if (probes.length > 0) for (const id of await cancelledProbes(context, probes)) running.get(`probe:${id}`)?.abort();
}

async function register({ db }: Context): Promise<void> {
  await db.insertInto('worker').values({ id: workerId, host: os.hostname(), pid: process.pid }).execute();
}

async function seen(): Promise<void> {
  await context.db
    .updateTable('worker')
    .set({
      seen_at: context.clock(),
      running: running.size,
      disk_free_bytes: await freeBytes(env.dataDir),
      disk_floor_bytes: env.diskFloorMb * 1e6,
    })
    .where('id', '=', workerId)
    .execute();
  if (env.aliveFile !== null) await writeFile(env.aliveFile, '');
}

const inProgress = new Set<string>();

/** Never twice at once, and no failure of one round ends the worker. */
async function guarded(name: string, work: () => Promise<unknown>): Promise<void> {
  if (inProgress.has(name)) return;
  inProgress.add(name);
  try {
    await work();
  } catch (error) {
    context.log.error({ err: error }, `${name} failed`);
  } finally {
    inProgress.delete(name);
  }
}

/** Takes no more jobs, tells the children to leave their syncs resumable, and goes. */
function close(): void {
  if (closing) return;
  closing = true;
  for (const task of clock) task.destroy();
  for (const timer of timers) clearInterval(timer);
  setTimeout(() => process.exit(0), CLOSE_GRACE_MS).unref();
  stopping.abort('shutdown');
  void Promise.allSettled([children.close(), ...commands])
    .then(() => context.db.deleteFrom('worker').where('id', '=', workerId).execute())
    .then(() => context.close())
    .then(() => process.exit(0));
}
