import type { Db } from '#lib/db/connect.ts';
import { type DayFacts, selectDays } from './overview-store.ts';

/** Days that the overview draws, today among them. */
export const DAYS = 14;
const REMEMBERED_MS = 5 * 60_000;
const QUARTER_MS = 15 * 60_000;

interface Past {
  readonly until: number;
  readonly days: Promise<DayFacts[]>;
}

// With a thousand hourly connections the past takes a second to add up, and it changes no more: only today is asked for
// at every poll.
const pasts = new WeakMap<Db, Map<string, Past>>();

/** Rows written per connection and day of the last fourteen; days before today may be five minutes old. */
export async function recordDays(db: Db, workspaceId: string, now: Date, only: string | null): Promise<DayFacts[]> {
  if (only !== null) return selectDays(db, workspaceId, now, { oldest: DAYS - 1, newest: 0, only });
  const [past, today] = await Promise.all([
    pastDays(db, workspaceId, now),
    selectDays(db, workspaceId, now, { oldest: 0, newest: 0, only }),
  ]);
  return [...past, ...today];
}

function pastDays(db: Db, workspaceId: string, now: Date): Promise<DayFacts[]> {
  const known = pasts.get(db) ?? new Map<string, Past>();
  pasts.set(db, known);
  // Past midnight all days have moved; in any time zone of the world that is at a full quarter of an hour.
  const key = `${workspaceId} ${Math.floor(now.getTime() / QUARTER_MS)}`;
  const past = known.get(key);
  if (past && past.until > now.getTime()) return past.days;
  const days = selectDays(db, workspaceId, now, { oldest: DAYS - 1, newest: 1, only: null });
  for (const [old, { until }] of known) if (until <= now.getTime()) known.delete(old);
  known.set(key, { until: now.getTime() + REMEMBERED_MS, days });
  days.catch(() => known.delete(key));
  return days;
}
