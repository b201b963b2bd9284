import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Failure, failureText, OUT_OF_FILES, WeirError } from '#lib/errors.ts';
import type { Lost } from '#lib/sync/child-lost.ts';
import type { SyncLimits } from '#lib/sync/limits-of-sync.ts';
import { makeChildFolder, removeLostFolders } from './child-folders.ts';
import { childMemory } from './child-memory.ts';
import { BESIDE_MB, type Watch, watchChild } from './watch-child.ts';

/** From asking a child to end until it is killed: a cancel takes five seconds at the most, with the second until it is noticed. */
const CANCEL_GRACE_MS = 2_000;
/** The same when the worker itself ends; shorter than it waits. */
const CLOSE_GRACE_MS = 7_000;
/** A child that could take another task and gets none ends: what it holds is not worth its memory. */
const IDLE_MS = 15_000;

export type ChildTask = 'sync' | 'probe' | 'checks';

/** Parent to child. `pausedMs` is how long its limit of CPU has held it up so far. */
export type ToChild =
  | { task: ChildTask; id: string | number; limits: SyncLimits }
  | { cancel: string }
  | { pausedMs: number };
/** Child to parent. `warm` once all is loaded and connected; `again` where it is fit for another task. */
export type FromChild = { warm: true } | { done: true; again?: boolean } | { failed: Failure };

export interface ChildPool {
  /** Runs one task in a process of its own. Resolves when the child has answered, or tells how it was lost. */
  run(task: ChildTask, id: string | number, options: TaskOptions): Promise<Lost | null>;
  /** Asks the children to leave their work resumable; resolves when all have ended. */
  close(): Promise<void>;
}

interface TaskOptions {
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
  /** In place of the pool's own; a process with another limit of memory is started for the task, and ends with it. */
  readonly limits?: SyncLimits;
}

interface PoolOptions {
  readonly limits: SyncLimits;
  readonly env: NodeJS.ProcessEnv;
  /** What a child runs; the service's own when absent. */
  readonly file?: string;
  /** In place of both graces. */
  readonly graceMs?: number;
}

/**
 * Processes for work that we don't trust to be small or to end: one is forked ahead and warm, each has one task at a time,
 * with limits of memory and CPU and a deadline. One whose task ended well and that says it is fit takes another: most syncs are shorter
 * than the start of a process. Cancelling asks first and kills after the grace.
 */
export function createChildPool(options: PoolOptions): ChildPool {
  removeLostFolders();
  let spare: ChildProcess | null = launch(options);
  let closed = false;
  const busy = new Map<ChildProcess, Watch>();
  const idle = createIdle();
  const take = (): ChildProcess => {
    const used = idle.take();
    if (used) return used;
    const child = spare && isAlive(spare) ? spare : launch(options);
    spare = launch(options);
    return child;
  };
  return {
    async run(task, id, { signal, deadlineMs, limits = options.limits }) {
      if (closed) throw closing();
      const isUsual = limits.memoryMb === options.limits.memoryMb;
      const child = isUsual ? take() : launch({ ...options, limits });
      const watch = watchChild(child, limits, (pausedMs) => send(child, { pausedMs }));
      busy.set(child, watch);
      try {
        const { graceMs = CANCEL_GRACE_MS } = options;
        const how = { signal, deadlineMs, limits, graceMs, watch };
        const { lost, again } = await runIn(child, { task, id, limits }, how);
        if (again && !closed && isUsual) idle.put(child);
        else if (again) child.disconnect();
        return lost;
      } finally {
        watch.end();
        busy.delete(child);
      }
    },
    async close() {
      closed = true;
      // Nothing has begun in the spare one: it goes when its parent does.
      if (spare && isAlive(spare)) spare.disconnect();
      idle.end();
      for (const watch of busy.values()) watch.release();
      await Promise.all([...busy.keys()].map((child) => handedOver(child, options.graceMs ?? CLOSE_GRACE_MS)));
    },
  };
}

/** Children between two tasks, the last one first. */
function createIdle() {
  const waiting: { child: ChildProcess; timer: NodeJS.Timeout }[] = [];
  const end = (child: ChildProcess) => {
    if (isAlive(child)) child.disconnect();
  };
  return {
    put(child: ChildProcess): void {
      const timer = setTimeout(() => {
        waiting.splice(
          waiting.findIndex((one) => one.child === child),
          1,
        );
        end(child);
      }, IDLE_MS).unref();
      waiting.push({ child, timer });
    },
    take(): ChildProcess | undefined {
      for (let last = waiting.pop(); last; last = waiting.pop()) {
        clearTimeout(last.timer);
        if (isAlive(last.child)) return last.child;
      }
      return undefined;
    },
    end(): void {
      for (const { child, timer } of waiting.splice(0)) {
        clearTimeout(timer);
        end(child);
      }
    },
  };
}

/**
 * Asked over the channel, which keeps what it is told until the child listens: a signal ends a child that is still loading, and with it
 * a task that it could have handed over.
 */
function handedOver(child: ChildProcess, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const forced = setTimeout(() => child.kill('SIGKILL'), graceMs);
    child.once('exit', () => {
      clearTimeout(forced);
      resolve();
    });
    send(child, { cancel: 'shutdown' });
  });
}

function isAlive(child: ChildProcess): boolean {
  return child.connected && child.exitCode === null && child.signalCode === null;
}

/** The job goes back to the queue, for another worker. */
function closing(): WeirError {
  return new WeirError({ kind: 'transient', code: 'closing', message: 'The worker is ending and takes no more work.' });
}

/**
 * The bundle starts three times as fast; in development the sources run as they stand. Without source maps: the first error would
 * bring 110 MB of them into the heap, more than most syncs use, and small limits would be passed by any error. What it keeps in files for
 * the moment goes with it, however it ends.
 */
function launch({ limits, env, file = childFile() }: PoolOptions): ChildProcess {
  const folder = makeChildFolder();
  const memory = childMemory(limits.memoryMb);
  const child = fork(file, {
    // What the operator has set goes before.
    env: { ...memory.env, ...env, TMPDIR: folder.path },
    execArgv: [...memory.execArgv, '--disable-warning=ExperimentalWarning'],
    detached: true,
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  // What can't be removed now goes when this worker ends, or the next one begins.
  child.once('exit', () => void folder.remove().catch(() => undefined));
  return child;
}

function childFile(): string {
  const bundled = path.resolve(import.meta.dirname, '../../dist/child.mjs');
  return process.env.WEIR_DEV !== '1' && existsSync(bundled) ? bundled : path.join(import.meta.dirname, 'child.ts');
}

interface RunOptions {
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
  readonly limits: SyncLimits;
  readonly graceMs: number;
  readonly watch: Watch;
}

function runIn(
  child: ChildProcess,
  message: ToChild,
  { signal, deadlineMs, limits, graceMs, watch }: RunOptions,
): Promise<{ lost: Lost | null; again: boolean }> {
  return new Promise((resolve) => {
    let answer: FromChild | null = null;
    let late = false;
    let errorOutput = '';
    let killer: NodeJS.Timeout | undefined;
    const end = (why: string) => {
      watch.release();
      send(child, { cancel: why });
      killer = setTimeout(() => child.kill('SIGKILL'), graceMs).unref();
    };
    const cancel = () => end('cancelled');
    const deadline = setTimeout(() => {
      late = true;
      end('deadline');
    }, deadlineMs);
    signal.addEventListener('abort', cancel, { once: true });
    const onErrorOutput = (chunk: Buffer) => {
      process.stderr.write(chunk);
      errorOutput = (errorOutput + chunk).slice(-4_096);
    };
    const over = (what: { lost: Lost | null; again: boolean }) => {
      clearTimeout(deadline);
      clearTimeout(killer);
      signal.removeEventListener('abort', cancel);
      child.stderr?.off('data', onErrorOutput);
      child.off('message', onMessage).off('exit', onExit);
      resolve(what);
    };
    const onMessage = (message: FromChild) => {
      if ('warm' in message) return;
      answer = message;
      if ('again' in message && message.again === true) over({ lost: null, again: true });
    };
    const onExit = (code: number | null, exitSignal: string | null) => {
      const how = { late, errorOutput, limits, tooLarge: watch.tooLarge(), ended: String(exitSignal ?? code) };
      const gone = answer ? failed(answer) : lost(how);
      over({ lost: gone && { ...gone, use: watch.took() }, again: false });
    };
    child.stderr?.on('data', onErrorOutput);
    child.on('message', onMessage);
    if (child.listenerCount('error') === 0) child.on('error', () => undefined);
    child.on('exit', onExit);
    child.send(message);
    if (signal.aborted) cancel();
  });
}

function send(child: ChildProcess, message: ToChild): void {
  if (child.connected) child.send(message, () => undefined);
}

type How = Omit<Lost, 'use'>;

/** A task notes its own end; one that threw could not. */
function failed(answer: FromChild): How | null {
  if (!('failed' in answer)) return null;
  const { failed: failure } = answer;
  return { reason: failure.code === OUT_OF_FILES.code ? 'files' : 'crashed', message: failureText(failure) };
}

function lost({
  late,
  errorOutput,
  limits: { memoryMb },
  tooLarge,
  ended,
}: {
  late: boolean;
  errorOutput: string;
  limits: SyncLimits;
  tooLarge: number | null;
  ended: string;
}): How {
  if (tooLarge !== null) {
    return {
      reason: 'memory',
      message: `Its process held ${tooLarge} MB, and may hold ${memoryMb + BESIDE_MB} MB: the ${memoryMb} MB that one sync may use, and ${BESIDE_MB} MB for buffers and files.`,
    };
  }
  if (/heap out of memory|ERR_WORKER_OUT_OF_MEMORY/.test(errorOutput)) {
    return { reason: 'memory', message: `It needed more than the ${memoryMb} MB that one sync may use.` };
  }
  if (/\bE[MN]FILE\b|too many open files/i.test(errorOutput)) return { reason: 'files', message: OUT_OF_FILES.message };
  if (late) return { reason: 'deadline', message: 'It did not finish before its deadline and was ended.' };
  if (ended === 'SIGKILL' || ended === 'SIGTERM')
    return { reason: 'killed', message: `Its process was ended by ${ended}.` };
  return { reason: 'crashed', message: `Its process ended unexpectedly (${ended}).` };
}
