import { type ChildProcess, spawn } from 'node:child_process';
import { CpuBudget } from './cpu-budget.ts';
import { cpuMsOf } from './process-use.ts';

const LOOK_EVERY_MS = 50;
/** Wakes the process when its standard input ends: that is when this process is gone, however it went. */
const WAKE = 'trap "" HUP INT TERM; read -r _; kill -CONT "$0"';

export interface Brake {
  /** Ends the pauses for good and lets the process run. */
  release(): void;
  /** How long the process was paused. */
  pausedMs(): number;
}

/**
 * Holds all threads of a process, DuckDB's and V8's among them, to so many cores over time: one that has used more is stopped
 * until it has made up for it. Only on Linux: elsewhere nobody tells what a process has used, and none is paused.
 */
export function brake(child: ChildProcess, cores: number, onPaused: (pausedMs: number) => void): Brake {
  const { pid } = child;
  const used = pid === undefined ? null : cpuMsOf(pid);
  if (pid === undefined || used === null) return { release: () => undefined, pausedMs: () => 0 };
  const budget = new CpuBudget(cores, performance.now(), used);
  const waker = createWaker(pid);
  let pausedMs = 0;
  let pausedAt: number | null = null;
  const goOn = () => {
    if (pausedAt === null) return;
    pausedMs += performance.now() - pausedAt;
    pausedAt = null;
    child.kill('SIGCONT');
    onPaused(pausedMs);
  };
  const look = () => {
    const now = cpuMsOf(pid);
    if (now === null) return;
    const isSpent = budget.isSpent(performance.now(), now);
    if (!isSpent) goOn();
    else if (pausedAt === null && waker.isReady()) {
      pausedAt = performance.now();
      child.kill('SIGSTOP');
    }
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  return {
    release() {
      clearInterval(timer);
      goOn();
      waker.end();
    },
    pausedMs: () => pausedMs,
  };
}

/**
 * A stopped process can't see that its parent is gone, and would stay for ever: a shell of its own, as small as processes are, sees
 * it and wakes the process, which then ends by itself. Started before the first pause.
 */
function createWaker(pid: number) {
  let shell: ChildProcess | null = null;
  const start = () => {
    const started = spawn('/bin/sh', ['-c', WAKE, String(pid)], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    started.on('error', () => undefined);
    started.stdin?.on('error', () => undefined);
    started.unref();
    return started;
  };
  const isThere = () => shell?.pid !== undefined && shell.exitCode === null && shell.signalCode === null;
  return {
    /** Without one, nothing may be stopped. */
    isReady(): boolean {
      if (!isThere()) shell = start();
      return isThere();
    },
    end(): void {
      shell?.kill('SIGKILL');
    },
  };
}
