import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Failure } from '#lib/errors.ts';

/** From asking a child to end until it is killed. */
const CANCEL_GRACE_MS = 4_000;
/** What V8 may use beyond its old space: young space, code, buffers. */
const HEAP_SHARE = 0.75;

export type ChildTask = 'sync' | 'probe' | 'checks';

/** Parent to child. */
export type ToChild = { task: ChildTask; id: string | number } | { cancel: string };
/** Child to parent. `warm` once all is loaded and connected. */
export type FromChild = { warm: true } | { done: true } | { failed: Failure };

/** How a child ended without an answer of its own. */
export interface Lost {
  readonly reason: 'memory' | 'deadline' | 'killed' | 'crashed';
  readonly message: string;
}

export interface ChildPool {
  /** Runs one task in a fresh process. Resolves when the child has answered, or tells how it was lost. */
  run(task: ChildTask, id: string | number, options: { signal: AbortSignal; deadlineMs: number }): Promise<Lost | null>;
  close(): Promise<void>;
}

interface PoolOptions {
  readonly memoryMb: number;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Processes for work that we don't trust to be small or to end: one is forked ahead and warm, each is used once,
 * with a heap limit and a deadline. Cancelling asks first and kills after the grace.
 */
export function createChildPool(options: PoolOptions): ChildPool {
  let spare: ChildProcess | null = launch(options);
  const busy = new Set<ChildProcess>();
  const take = (): ChildProcess => {
    const child = spare?.connected && spare.exitCode === null ? spare : launch(options);
    spare = launch(options);
    return child;
  };
  return {
    async run(task, id, { signal, deadlineMs }) {
      const child = take();
      busy.add(child);
      try {
        return await runIn(child, { task, id }, { signal, deadlineMs, memoryMb: options.memoryMb });
      } finally {
        busy.delete(child);
      }
    },
    async close() {
      for (const child of [...busy, spare]) child?.kill('SIGTERM');
    },
  };
}

/** The bundle starts three times as fast; in development the sources run as they stand. */
function launch({ memoryMb, env }: PoolOptions): ChildProcess {
  const bundled = path.resolve(import.meta.dirname, '../../dist/child.mjs');
  const file =
    process.env.WEIR_DEV !== '1' && existsSync(bundled) ? bundled : path.join(import.meta.dirname, 'child.ts');
  const heapMb = Math.round(memoryMb * HEAP_SHARE);
  return fork(file, {
    env,
    execArgv: [`--max-old-space-size=${heapMb}`, '--enable-source-maps', '--disable-warning=ExperimentalWarning'],
    detached: true,
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
}

interface RunOptions {
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
  readonly memoryMb: number;
}

function runIn(
  child: ChildProcess,
  message: ToChild,
  { signal, deadlineMs, memoryMb }: RunOptions,
): Promise<Lost | null> {
  return new Promise((resolve) => {
    let answered = false;
    let late = false;
    let errorOutput = '';
    const end = (why: string) => {
      if (child.connected) child.send({ cancel: why } satisfies ToChild);
      setTimeout(() => child.kill('SIGKILL'), CANCEL_GRACE_MS).unref();
    };
    const cancel = () => end('cancelled');
    const deadline = setTimeout(() => {
      late = true;
      end('deadline');
    }, deadlineMs);
    signal.addEventListener('abort', cancel, { once: true });
    child.stderr?.on('data', (chunk: Buffer) => {
      process.stderr.write(chunk);
      errorOutput = (errorOutput + chunk).slice(-4_096);
    });
    child.on('message', (answer: FromChild) => {
      if ('warm' in answer) return;
      answered = true;
    });
    child.once('error', () => undefined);
    child.once('exit', (code, exitSignal) => {
      clearTimeout(deadline);
      signal.removeEventListener('abort', cancel);
      resolve(answered ? null : lost({ late, errorOutput, memoryMb, ended: String(exitSignal ?? code) }));
    });
    child.send(message);
  });
}

function lost({
  late,
  errorOutput,
  memoryMb,
  ended,
}: {
  late: boolean;
  errorOutput: string;
  memoryMb: number;
  ended: string;
}): Lost {
  if (/heap out of memory|ERR_WORKER_OUT_OF_MEMORY/.test(errorOutput)) {
    return { reason: 'memory', message: `It needed more than the ${memoryMb} MB that one sync may use.` };
  }
  if (late) return { reason: 'deadline', message: 'It did not finish before its deadline and was ended.' };
  if (ended === 'SIGKILL' || ended === 'SIGTERM')
    return { reason: 'killed', message: `Its process was ended by ${ended}.` };
  return { reason: 'crashed', message: `Its process ended unexpectedly (${ended}).` };
}
