const SAMPLE_EVERY_MS = 250;
const MB = 1024 * 1024;

/** What an attempt took of the machine. A process may run several syncs, one after another. */
export interface MachineUse {
  readonly peakMemoryMb: number;
  readonly cpuMs: number;
}

/** Watches this process until it is asked; peaks between two samples are missed. */
export function watchMachineUse(): () => MachineUse {
  const before = process.cpuUsage();
  let peak = process.memoryUsage.rss();
  const sample = () => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  const timer = setInterval(sample, SAMPLE_EVERY_MS).unref();
  return () => {
    clearInterval(timer);
    sample();
    const { user, system } = process.cpuUsage(before);
    return { peakMemoryMb: Math.round(peak / MB), cpuMs: Math.round((user + system) / 1_000) };
  };
}
