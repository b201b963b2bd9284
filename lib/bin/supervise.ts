import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';

const RESTART_DELAYS_MS = [200, 1_000, 5_000, 15_000];
/** A part that ran this long has recovered: the next restart is quick again. */
const STEADY_MS = 60_000;

export interface Supervised {
  /** Resolves when the part says that it is ready for the first time; rejects when it ends before. */
  readonly ready: Promise<void>;
  restart(): Promise<void>;
  /** Asks it to end, and ends it after the grace. */
  stop(graceMs: number): Promise<void>;
  kill(): void;
}

interface Options {
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
}

/** Keeps `lib/bin/<name>.ts` running in a process of its own: one that ends unasked is started again, ever more slowly. */
export function supervise(name: string, { env, say }: Options): Supervised {
  let child: ChildProcess;
  let asked = false;
  let failures = 0;
  let onReady = () => {};
  let onFailed = (_error: Error) => {};
  const ready = new Promise<void>((resolve, reject) => {
    onReady = resolve;
    onFailed = reject;
  });
  let everReady = false;

  const launch = () => {
    const startedAt = performance.now();
    // A process group of its own, so that Ctrl-C reaches only us and we end the parts in order.
    child = fork(path.join(import.meta.dirname, `${name}.ts`), { env, detached: true });
    child.on('message', (message) => {
      if (message !== 'ready') return;
      everReady = true;
      onReady();
    });
    child.once('exit', (code, signal) => {
      if (asked) return;
      if (!everReady) return onFailed(new Error(`${name} ended (${signal ?? code}) before it was ready.`));
      if (performance.now() - startedAt > STEADY_MS) failures = 0;
      const delay = RESTART_DELAYS_MS[Math.min(failures++, RESTART_DELAYS_MS.length - 1)] ?? 0;
      say(`${name} ended unasked (${signal ?? `code ${code}`}); starting it again.`);
      setTimeout(() => !asked && launch(), delay);
    });
  };
  launch();

  const stop = async (graceMs: number) => {
    asked = true;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const forced = setTimeout(() => child.kill('SIGKILL'), graceMs);
    await ended;
    clearTimeout(forced);
  };
  return {
    ready,
    stop,
    kill: () => child.kill('SIGKILL'),
    async restart() {
      await stop(2_000);
      asked = false;
      launch();
    },
  };
}
