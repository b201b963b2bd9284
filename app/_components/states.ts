import type { SyncStatus } from '#lib/db/schema.ts';

/** The look's eight states, and `wait` for what has not begun. */
export type State = 'ok' | 'run' | 'warn' | 'late' | 'retry' | 'fail' | 'block' | 'off' | 'wait';

export interface Named {
  readonly state: State;
  readonly word: string;
}

export function stateClass(state: State): string {
  return state === 'wait' ? 's-off' : `s-${state}`;
}

/** A connection's one health, worst of run, freshness and quality. */
export type Health = 'blocked' | 'failing' | 'late' | 'retrying' | 'warning' | 'running' | 'new' | 'healthy' | 'paused';

const HEALTH: Record<Health, Named> = {
  blocked: { state: 'block', word: 'Blocked' },
  failing: { state: 'fail', word: 'Failing' },
  late: { state: 'late', word: 'Late' },
  retrying: { state: 'retry', word: 'Retrying' },
  warning: { state: 'warn', word: 'Warning' },
  running: { state: 'run', word: 'Running' },
  new: { state: 'wait', word: 'Not synced yet' },
  healthy: { state: 'ok', word: 'Healthy' },
  paused: { state: 'off', word: 'Paused' },
};

export function healthState(health: Health): Named {
  return HEALTH[health];
}

const SYNCS: Record<SyncStatus, Named> = {
  pending: { state: 'wait', word: 'Queued' },
  running: { state: 'run', word: 'Running' },
  incomplete: { state: 'retry', word: 'Retrying' },
  succeeded: { state: 'ok', word: 'Succeeded' },
  partial: { state: 'fail', word: 'Failed in part' },
  failed: { state: 'fail', word: 'Failed' },
  cancelled: { state: 'off', word: 'Cancelled' },
  skipped: { state: 'wait', word: 'Skipped' },
};

/** How a sync stands. One whose load waits behind a check is held, whatever its status says to other programs. */
export function syncState({
  status,
  failure,
}: {
  readonly status: SyncStatus;
  readonly failure?: { readonly code: string } | null;
}): Named {
  if (failure?.code === 'load_held' && !isLive(status) && status !== 'skipped') return { state: 'block', word: 'Held' };
  return SYNCS[status];
}

/** Whether a sync can still change. */
export function isLive(status: SyncStatus): boolean {
  return status === 'pending' || status === 'running' || status === 'incomplete';
}

const STREAMS = {
  waiting: { state: 'wait', word: 'Waiting' },
  running: { state: 'run', word: 'Running' },
  published: { state: 'ok', word: 'Published' },
  failed: { state: 'fail', word: 'Failed' },
  cancelled: { state: 'off', word: 'Cancelled' },
  held: { state: 'block', word: 'Held' },
  discarded: { state: 'off', word: 'Discarded' },
} as const satisfies Record<string, Named>;

export function streamState(status: keyof typeof STREAMS): Named {
  return STREAMS[status];
}

const OUTCOMES = {
  pass: { state: 'ok', word: 'Passes' },
  warn: { state: 'warn', word: 'Warns' },
  fail: { state: 'fail', word: 'Fails' },
  error: { state: 'fail', word: 'Not measured' },
} as const satisfies Record<string, Named>;

/** A check's outcome. */
export function outcomeState(outcome: keyof typeof OUTCOMES): Named {
  return OUTCOMES[outcome];
}

export function severityState(severity: 'warning' | 'critical'): Named {
  return severity === 'critical' ? { state: 'fail', word: 'Critical' } : { state: 'warn', word: 'Warning' };
}
