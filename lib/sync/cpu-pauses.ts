import type { Recorder } from './recorder.ts';

const LOOK_EVERY_MS = 500;
const FIRST_TOLD_MS = 1_000;
const TOLD_AGAIN = 10;

interface Pauses {
  readonly cpuCores: number | null;
  /** Whether this machine can hold a process to it. */
  readonly isHeld: boolean;
  /** How long the process was paused so far. */
  readonly pausedMs: () => number;
}

/**
 * Says in the log of a sync that its limit of CPU holds it up, whenever that has become ten times as long, and at the end how long
 * it was in all: who wonders why it is slow finds it there. The function given back ends it.
 */
export function tellPauses({ log }: Pick<Recorder, 'log'>, { cpuCores, isHeld, pausedMs }: Pauses): () => void {
  const limit = `Its CPU limit of ${cpuCores} ${cpuCores === 1 ? 'core' : 'cores'}`;
  if (cpuCores !== null && !isHeld) log('warn', `${limit} holds on Linux only: here it runs without one.`);
  const startedAt = performance.now();
  const tell = (paused: number) => {
    const whole = Math.max(paused, performance.now() - startedAt);
    log('info', `${limit} paused it for ${seconds(paused)} of ${seconds(whole)} s.`);
  };
  let tellAt = FIRST_TOLD_MS;
  const timer = setInterval(() => {
    const paused = pausedMs();
    if (paused < tellAt) return;
    while (tellAt <= paused) tellAt *= TOLD_AGAIN;
    tell(paused);
  }, LOOK_EVERY_MS).unref();
  return () => {
    clearInterval(timer);
    if (pausedMs() >= FIRST_TOLD_MS) tell(pausedMs());
  };
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}
