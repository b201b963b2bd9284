import { readFileSync } from 'node:fs';

/** A tick of `/proc`, on every Linux that Node runs on. */
const TICK_MS = 10;

/** What a process holds in memory, in MB. */
export interface MemoryUse {
  /** All that is resident, with the program's own files. */
  readonly residentMb: number;
  /** What it alone holds: its heap, buffers, what DuckDB keeps. */
  readonly ownMb: number;
}

/** CPU time of all threads of a process since it began, user and system; null if it is gone, or where there is no `/proc`. */
export function cpuMsOf(pid: number): number | null {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // Its name comes second, in brackets, and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Null if the process is gone, or where there is no `/proc`. */
export function memoryOf(pid: number): MemoryUse | null {
  const status = read(`/proc/${pid}/status`);
  if (status === null) return null;
  const mb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024;
  return { residentMb: mb('VmRSS'), ownMb: mb('RssAnon') + mb('RssShmem') };
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return null;
  }
}
