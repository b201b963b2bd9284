import cronstrue from 'cronstrue';
import type { Schedule } from '#lib/db/schema.ts';

/** Anything that stands for an instant: a Date on the server, its ISO text once it came over the wire. */
export type Instant = Date | string | number;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MISSING = '—';
const grouped = new Intl.NumberFormat('en-US');

/** `3,912`; missing is a dash. */
export function formatCount(value: number | null | undefined): string {
  return value === null || value === undefined ? MISSING : grouped.format(value);
}

/** For tiles and sentences: exact below a million, then `18.42 M`. */
export function formatCompact(value: number | null | undefined): string {
  if (value === null || value === undefined || Math.abs(value) < 1e6) return formatCount(value);
  const [divisor, unit] = Math.abs(value) < 1e9 ? [1e6, 'M'] : [1e9, 'bn'];
  return `${(value / divisor).toFixed(2)} ${unit}`;
}

/** A share of one as `61.4%`; whole numbers without a decimal. */
export function formatPercent(share: number | null | undefined): string {
  if (share === null || share === undefined) return MISSING;
  const percent = Math.round(share * 1000) / 10;
  return `${percent}%`;
}

/** `150 kB`, `1.2 GB`, in steps of 1,000. */
export function formatBytes(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined) return MISSING;
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const step = Math.min(units.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** step;
  return `${step === 0 || value >= 100 ? Math.round(value) : value.toFixed(1).replace(/\.0$/, '')} ${units[step]}`;
}

/** `120 MB of 300 MB (40%)` while it goes on and the source knows; else what was read. */
export function formatBytesOf(bytes: number, total: number | null): string {
  if (total === null || total <= bytes) return formatBytes(bytes);
  return `${formatBytes(bytes)} of ${formatBytes(total)} (${Math.floor((100 * bytes) / total)}%)`;
}

/** How long something took: `96 ms`, `2.2 s`, `41 s`, `3m 41s`, `2h 40m`, `6d 4h`. */
export function formatDuration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return MISSING;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return twoUnits(seconds, 60, 'm', 's');
  const minutes = Math.round(ms / MINUTE);
  return minutes < 48 * 60 ? twoUnits(minutes, 60, 'h', 'm') : twoUnits(Math.round(ms / HOUR), 24, 'd', 'h');
}

/** How old something is, or how long until it comes: `40s`, `12m`, `1h 42m`, `6d`. */
export function formatAge(ms: number): string {
  const age = Math.max(0, ms);
  if (age < MINUTE) return `${Math.floor(age / 1000)}s`;
  if (age < HOUR) return `${Math.floor(age / MINUTE)}m`;
  if (age < 2 * DAY) return twoUnits(Math.floor(age / MINUTE), 60, 'h', 'm');
  return `${Math.floor(age / DAY)}d`;
}

/** `12m ago` or `in 17m`, seen from `now`. */
export function formatRelative(at: Instant, now: Instant): string {
  const distance = millis(now) - millis(at);
  if (Math.abs(distance) < 1000) return 'now';
  return distance > 0 ? `${formatAge(distance)} ago` : `in ${formatAge(-distance)}`;
}

/** `06:03` today, `23 Nov 23:30` on another day, with the year once it is another. */
export function formatTime(at: Instant, now: Instant, timeZone: string): string {
  const [then, today] = [parts(at, timeZone), parts(now, timeZone)];
  const time = `${then.hour}:${then.minute}`;
  if (then.year !== today.year) return `${then.day} ${then.month} ${then.year} ${time}`;
  if (then.day !== today.day || then.month !== today.month) return `${then.day} ${then.month} ${time}`;
  return time;
}

/** `06:03:41`, for logs and what runs now. */
export function formatClock(at: Instant, timeZone: string): string {
  const { hour, minute, second } = parts(at, timeZone);
  return `${hour}:${minute}:${second}`;
}

/** The whole stamp for a title: `Tue 24 Nov 2026 06:03:41, Europe/Berlin (UTC+1)`. */
export function formatStamp(at: Instant, timeZone: string): string {
  const { weekday, day, month, year, hour, minute, second } = parts(at, timeZone);
  return `${weekday} ${day} ${month} ${year} ${hour}:${minute}:${second}, ${timeZone} (${offset(at, timeZone)})`;
}

/** When a connection runs, in words: `hourly`, `every 4 hours`, `daily 02:00`, `Mon, Thu 06:00`, `at 02:00, Mon–Fri`. */
export function describeSchedule(schedule: Schedule): string {
  switch (schedule.type) {
    case 'manual':
      return 'only by hand';
    case 'hourly':
      return schedule.every === 1 ? 'hourly' : `every ${schedule.every} hours`;
    case 'daily':
      return `daily ${schedule.at}`;
    case 'weekly':
      return `${schedule.days.map((day) => WEEKDAYS[day % 7]).join(', ')} ${schedule.at}`;
    case 'cron':
      return cronWords(schedule.expression);
  }
}

/** The zone of a schedule as a short word: `Berlin`; nothing where there is no time to tell. */
export function zoneWord(schedule: Schedule): string {
  if (schedule.type === 'manual') return '';
  return (schedule.timeZone.split('/').at(-1) ?? '').replaceAll('_', ' ');
}

/** Five fields are cron's, with Sunday as 0; six or seven are Quartz', with Sunday as 1. What can't be read stays as it is. */
export function cronWords(expression: string): string {
  const quartz = expression.trim().split(/\s+/).length > 5;
  try {
    const words = cronstrue
      .toString(expression, { use24HourTimeFormat: true, dayOfWeekStartIndexZero: !quartz })
      .replace(/^On the hour, /, '')
      .replace(', only on ', ' on ')
      .replaceAll(/\b(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b/g, (day) => day.slice(0, 3))
      .replace(' through ', '–');
    return words.charAt(0).toLowerCase() + words.slice(1);
  } catch {
    return expression;
  }
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** `1 sync`, `3 syncs`, `2 times`; the plural is the noun with an s unless given. */
export function plural(count: number, noun: string, many = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : many}`;
}

/** Names keep their ends, which tell them apart: `warehouse_…_orders`. */
export function cutMiddle(text: string, length: number): string {
  if (text.length <= length) return text;
  const head = Math.ceil((length - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (length - 1 - head))}`;
}

/** Two letters for a person or team: `Data platform` → `DP`. */
export function initials(name: string): string {
  const words = (name.split('@')[0] ?? name).trim().split(/[\s._-]+/);
  const letters = words.length > 1 ? `${words[0]?.[0] ?? ''}${words[1]?.[0] ?? ''}` : name.trim().slice(0, 2);
  return letters.toUpperCase();
}

export function millis(at: Instant): number {
  return typeof at === 'number' ? at : new Date(at).getTime();
}

function twoUnits(value: number, base: number, large: string, small: string): string {
  return `${Math.floor(value / base)}${large} ${String(value % base).padStart(base === 60 ? 2 : 1, '0')}${small}`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function parts(at: Instant, timeZone: string): Record<string, string> {
  const format = formats.get(timeZone) ?? dateFormat(timeZone);
  formats.set(timeZone, format);
  return Object.fromEntries(format.formatToParts(millis(at)).map(({ type, value }) => [type, value]));
}

function dateFormat(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
}

function offset(at: Instant, timeZone: string): string {
  const name = new Intl.DateTimeFormat('en-GB', { timeZone, timeZoneName: 'shortOffset' })
    .formatToParts(millis(at))
    .find(({ type }) => type === 'timeZoneName')?.value;
  return (name ?? 'UTC').replace('GMT', 'UTC');
}

/** A name that is proposed: with a number where one of the others is called so. */
export function freeName(name: string, others: readonly { readonly name: string }[]): string {
  const taken = new Set(others.map((other) => other.name));
  const numbered = others.map((_, index) => `${name}, ${index + 2}`);
  return [name, ...numbered].find((each) => !taken.has(each)) ?? name;
}
