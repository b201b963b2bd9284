import type { SyncLimits } from './limits-of-sync.ts';

const SAMPLE_EVERY_MS = 250;
/** Of so many samples: a shorter burst says nothing about the machine. */
const WINDOW = 4;
const MB = 1024 * 1024;

/** What an attempt took of the machine, and what it was allowed. A process may run several, one after another. */
export interface MachineUse {
  readonly peakMemoryMb: number;
  readonly cpuMs: number;
  /** How long its limit of CPU held it up. */
  readonly cpuPausedMs: number;
  /** Most cores at once, over a second; absent where nobody looked. */
  readonly peakCpuCores?: number;
  /** Absent where nobody held it to any. */
  readonly limits?: SyncLimits;
}

/** Watches this process until it is asked; peaks between two samples are missed. */
export function watchMachineUse(): () => Omit<MachineUse, 'cpuPausedMs' | 'limits'> {
  const before = process.cpuUsage();
  let peak = process.memoryUsage.rss();
  let peakCores = 0;
  const samples: { at: number; cpuMs: number }[] = [];
  const cpuMs = () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  };
  const sample = () => {
    peak = Math.max(peak, process.memoryUsage.rss());
    const now = { at: performance.now(), cpuMs: cpuMs() };
    samples.push(now);
    const first = samples.length > WINDOW ? samples.shift() : undefined;
    if (first) peakCores = Math.max(peakCores, (now.cpuMs - first.cpuMs) / (now.at - first.at));
  };
  sample();
  const timer = setInterval(sample, SAMPLE_EVERY_MS).unref();
  return () => {
    clearInterval(timer);
    sample();
    const cores = peakCores === 0 ? {} : { peakCpuCores: Math.round(peakCores * 100) / 100 };
    return { peakMemoryMb: Math.round(peak / MB), cpuMs: Math.round(cpuMs()), ...cores };
  };
}
