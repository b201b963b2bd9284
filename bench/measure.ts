/** What a process of the bench says of itself on its last line. */
export interface Report {
  readonly seconds: number;
  /** Of all its threads: what others on the machine do changes it little. Of ours and the bare scripts. */
  readonly cpuSeconds?: number;
  /** Largest resident set, in MB. */
  readonly peakMb: number;
}

/** Begins to measure this process; gives what it took. */
export function startMeasuring(): () => Report {
  const startedAt = performance.now();
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return {
      seconds: (performance.now() - startedAt) / 1_000,
      cpuSeconds: (user + system) / 1e6,
      peakMb: process.resourceUsage().maxRSS / 1024,
    };
  };
}

/** As a run's line shows it. */
export function sayReport({ seconds, cpuSeconds, peakMb }: Report): string {
  const cpu = cpuSeconds === undefined ? '' : ` (${cpuSeconds.toFixed(2)} of the processor)`;
  return `${seconds.toFixed(2)} s${cpu} ${peakMb.toFixed(0)} MB`;
}
