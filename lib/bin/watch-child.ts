import type { ChildProcess } from 'node:child_process';
import type { SyncLimits } from '#lib/sync/limits-of-sync.ts';
import type { MachineUse } from '#lib/sync/machine-use.ts';
import { brake } from './cpu-brake.ts';
import { cpuMsOf, memoryOf } from './process-use.ts';

const LOOK_EVERY_MS = 250;
/** In a row: what is given back at once does no harm. */
const LOOKS = 2;
/**
 * What a process may hold beside its limit, in MB. The limit is its heap's, and V8 keeps it: how much of that could be collected
 * nobody sees from outside. Buffers come on top, and DuckDB, which is told to keep to 512 MB.
 */
export const BESIDE_MB = 512;

export interface Watch {
  /** It is to end, as fast as it can: no more pauses. */
  release(): void;
  /** Null where nothing can be told: only Linux tells. */
  took(): MachineUse | null;
  /** What it held in MB when it was ended for that; null if it was not. */
  tooLarge(): number | null;
  /** Stops watching. */
  end(): void;
}

/** Sees to it that a child keeps its limits: pauses one that takes too much CPU, and ends one that holds too much memory. */
export function watchChild(child: ChildProcess, limits: SyncLimits, onPaused: (pausedMs: number) => void): Watch {
  const pid = child.pid ?? 0;
  const cpuBefore = cpuMsOf(pid);
  const held = limits.cpuCores === null ? null : brake(child, limits.cpuCores, onPaused);
  let [peakMb, cpuMs, looksAbove] = [0, 0, 0];
  let tooLarge: number | null = null;
  const look = () => {
    const memory = memoryOf(pid);
    if (memory === null || tooLarge !== null) return;
    peakMb = Math.max(peakMb, memory.residentMb);
    cpuMs = (cpuMsOf(pid) ?? 0) - (cpuBefore ?? 0);
    looksAbove = memory.ownMb > limits.memoryMb + BESIDE_MB ? looksAbove + 1 : 0;
    if (looksAbove < LOOKS) return;
    tooLarge = Math.round(memory.ownMb);
    child.kill('SIGKILL');
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  return {
    release: () => held?.release(),
    took: () =>
      peakMb === 0
        ? null
        : { peakMemoryMb: Math.round(peakMb), cpuMs, cpuPausedMs: Math.round(held?.pausedMs() ?? 0), limits },
    tooLarge: () => tooLarge,
    end() {
      clearInterval(timer);
      held?.release();
    },
  };
}
