import type { Schedule } from '#lib/db/schema.ts';
import { nextDue } from '#lib/jobs/due-times.ts';

/** How many due times of a cron expression are looked at for its longest pause. */
const LOOK_AHEAD = 12;
const REMEMBERED = 2_000;
const MINUTES_OF_WEEK = 7 * 1440;

/**
 * How old data may grow when nobody said so: twice the longest time between two runs, so that one late run is no
 * alarm yet. Null for manual connections, which promise nothing.
 */
export function defaultTargetMinutes(schedule: Schedule, now: Date): number | null {
  const interval = intervalMinutes(schedule, now);
  return interval === null ? null : 2 * interval;
}

/** The longest time between two runs. */
export function intervalMinutes(schedule: Schedule, now: Date): number | null {
  switch (schedule.type) {
    case 'manual':
      return null;
    case 'hourly':
      return 60 * schedule.every;
    case 'daily':
      return 1440;
    case 'weekly':
      return longestGapOfDays(schedule.days) * 1440;
    case 'cron':
      return rememberedGap(schedule, now);
  }
}

function longestGapOfDays(days: readonly number[]): number {
  const sorted = [...new Set(days)].toSorted((a, b) => a - b);
  const gaps = sorted.map((day, index) => (sorted[index + 1] ?? (sorted[0] ?? 0) + 7) - day);
  return Math.max(1, ...gaps);
}

// Working out a cron's due times takes milliseconds, and the overview asks for every connection at every poll.
const gaps = new Map<string, number>();

function rememberedGap(schedule: Schedule & { type: 'cron' }, now: Date): number {
  const key = `${schedule.expression} ${schedule.timeZone}`;
  const known = gaps.get(key);
  if (known !== undefined) return known;
  const gap = longestGap(schedule, now);
  if (gaps.size >= REMEMBERED) gaps.clear();
  gaps.set(key, gap);
  return gap;
}

function longestGap(schedule: Schedule, now: Date): number {
  let longest = 0;
  let due = nextDue(schedule, now);
  for (let index = 0; due !== null && index < LOOK_AHEAD; index++) {
    const next = nextDue(schedule, due);
    if (next === null) break;
    longest = Math.max(longest, (next.getTime() - due.getTime()) / 60_000);
    due = next;
  }
  return longest || MINUTES_OF_WEEK;
}
