import type { Digest, QuietHours } from '#lib/db/schema.ts';
import type { Issue } from '#lib/errors.ts';
import { nextDue, scheduleIssues } from '#lib/jobs/due-times.ts';

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MOST_STEPS = 10;

/** When the quiet that holds at `now` ends; null when none does. Quiet that goes on into more quiet ends with that. */
export function quietUntil(quiet: QuietHours | null, now: Date): Date | null {
  if (quiet === null) return null;
  let end: Date | null = null;
  for (let step = 0, at = now; step < MOST_STEPS && isQuiet(quiet, at); step++) {
    end = nextDue({ type: 'daily', at: quiet.to, timeZone: quiet.timeZone }, at);
    if (end === null) break;
    at = end;
  }
  return end;
}

/** When the digest after `now` is told. */
export function nextDigest({ at, timeZone }: Digest, now: Date): Date | null {
  return nextDue({ type: 'daily', at, timeZone }, now);
}

/** All that is wrong with them, under the given paths. */
export function quietIssues(quiet: QuietHours | null): Issue[] {
  if (quiet === null) return [];
  const { from, to, days, timeZone } = quiet;
  const times = [
    ...scheduleIssues({ type: 'daily', at: from, timeZone }).map((issue) =>
      issue.path === 'at' ? { ...issue, path: 'from' } : issue,
    ),
    ...scheduleIssues({ type: 'daily', at: to, timeZone })
      .filter(({ path }) => path === 'at')
      .map((issue) => ({ ...issue, path: 'to' })),
    ...(days === undefined
      ? []
      : scheduleIssues({ type: 'weekly', days, at: '00:00', timeZone: 'UTC' }).filter(({ path }) => path === 'days')),
  ];
  return times.map(({ path, message }) => ({ path: `quietHours.${path}`, message }));
}

export function digestIssues(digest: Digest | null): Issue[] {
  if (digest === null) return [];
  return scheduleIssues({ type: 'daily', ...digest }).map(({ path, message }) => ({ path: `digest.${path}`, message }));
}

function isQuiet({ from, to, days, timeZone }: QuietHours, at: Date): boolean {
  const { day, time } = localTime(at, timeZone);
  const begins = (on: number) => days === undefined || days.includes(on);
  if (from < to) return begins(day) && time >= from && time < to;
  // Over midnight: the evening of this day, or the morning after the day before.
  if (time >= from) return begins(day);
  return time < to && begins((day + 6) % 7);
}

function localTime(at: Date, timeZone: string): { day: number; time: string } {
  const parts = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  }).formatToParts(at);
  const part = (type: string) => parts.find((each) => each.type === type)?.value ?? '';
  return { day: DAYS.indexOf(part('weekday')), time: `${part('hour')}:${part('minute')}` };
}
