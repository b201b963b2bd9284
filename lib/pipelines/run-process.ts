import { type ChildProcess, spawn } from 'node:child_process';
import type { Command } from './commands.ts';

const INHERITED = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'USER'];
const GRACE_MS = 5_000;

export type Ended =
  | { readonly how: 'exited'; readonly code: number | null; readonly signal: string | null }
  | { readonly how: 'not_started'; readonly message: string }
  | { readonly how: 'stopped'; readonly why: 'deadline' | 'cancelled' | 'shutdown' };

interface ProcessOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What only this run has. */
  readonly variables: Readonly<Record<string, string>>;
  readonly onOutput: (text: string) => void;
  /** Aborted with `cancelled` or `shutdown`. */
  readonly signal: AbortSignal;
}

/**
 * Runs a command without a shell, in its folder, with few variables, as a group of processes of its own. At its time limit,
 * or when it is told to end, the whole group is asked to, and killed five seconds later.
 */
export function runProcess(command: Command, options: ProcessOptions): Promise<Ended> {
  const [program = '', ...args] = command.run;
  const names = [...INHERITED, ...command.environment];
  const inherited = Object.fromEntries(
    names.flatMap((name) => {
      const value = options.environment[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  return new Promise((resolve) => {
    let stopped: 'deadline' | 'cancelled' | 'shutdown' | null = null;
    const child = spawn(program, args, {
      cwd: command.folder,
      env: { ...inherited, ...options.variables } as NodeJS.ProcessEnv,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const stop = (why: 'deadline' | 'cancelled' | 'shutdown') => {
      stopped ??= why;
      endGroup(child, 'SIGTERM');
      killer ??= setTimeout(() => endGroup(child, 'SIGKILL'), GRACE_MS);
    };
    let killer: NodeJS.Timeout | null = null;
    const deadline = setTimeout(() => stop('deadline'), command.timeoutMinutes * 60_000);
    const onAbort = () => stop(options.signal.reason === 'shutdown' ? 'shutdown' : 'cancelled');
    options.signal.addEventListener('abort', onAbort, { once: true });
    const finish = (ended: Ended) => {
      clearTimeout(deadline);
      if (killer) clearTimeout(killer);
      options.signal.removeEventListener('abort', onAbort);
      // What it left running in its group ends with it.
      endGroup(child, 'SIGKILL');
      resolve(stopped === null ? ended : { how: 'stopped', why: stopped });
    };
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => options.onOutput(text));
    child.on('error', (error) => finish({ how: 'not_started', message: error.message }));
    child.on('close', (code, signal) => finish({ how: 'exited', code, signal }));
    if (options.signal.aborted) onAbort();
  });
}

function endGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It is gone already.
  }
}
