import type { SyncStatus } from '#lib/db/schema.ts';

/** Worst first. One word for a connection: the worst of its run, its freshness and its checks; `new` before its first sync has ended. */
export const HEALTHS = [
  'blocked',
  'failing',
  'late',
  'retrying',
  'warning',
  'running',
  'new',
  'healthy',
  'paused',
] as const;
export type Health = (typeof HEALTHS)[number];

/** What is known of a connection at one instant. */
export interface Signs {
  readonly active: boolean;
  readonly pausedReason: string | null;
  /** The last sync that ended and was not cancelled. */
  readonly last: { readonly status: SyncStatus; readonly message: string | null; readonly held: boolean } | null;
  readonly current: { readonly attempt: number; readonly status: SyncStatus } | null;
  /** Minutes since the data was published; null before the first time. */
  readonly ageMinutes: number | null;
  readonly targetMinutes: number | null;
  readonly checks: {
    readonly total: number;
    readonly warn: number;
    readonly fail: number;
    readonly error: number;
    readonly worst: string | null;
  } | null;
}

/** The health, and its reason as one clause where there is trouble. */
export function healthOf(signs: Signs): { health: Health; reason: string | null } {
  const { active, last, current, ageMinutes, targetMinutes, checks } = signs;
  if (!active) return { health: 'paused', reason: signs.pausedReason };
  if (last?.held) return { health: 'blocked', reason: last.message };
  if (last?.status === 'failed' || last?.status === 'partial') {
    return isRetrying(current) ? retrying(last.message) : { health: 'failing', reason: last.message };
  }
  if (checks && checks.fail + checks.error > 0) return { health: 'failing', reason: checksReason(checks) };
  if (ageMinutes !== null && targetMinutes !== null && ageMinutes > targetMinutes)
    return { health: 'late', reason: null };
  if (isRetrying(current)) return retrying(null);
  if (checks && checks.warn > 0) return { health: 'warning', reason: checksReason(checks) };
  if (current) return { health: 'running', reason: null };
  return last ? { health: 'healthy', reason: null } : { health: 'new', reason: 'waiting for its first sync' };
}

/** For sorting: what needs attention comes first. */
export function healthRank(health: Health): number {
  return HEALTHS.indexOf(health);
}

function isRetrying(current: Signs['current']): boolean {
  return current !== null && (current.attempt > 1 || current.status === 'incomplete');
}

function retrying(reason: string | null) {
  return { health: 'retrying', reason } as const;
}

function checksReason({ total, warn, fail, error, worst }: NonNullable<Signs['checks']>): string {
  const bad = fail + error > 0 ? `${fail + error} of ${total} checks fail` : `${warn} of ${total} checks warn`;
  return worst === null ? bad : `${bad}: ${worst}`;
}
