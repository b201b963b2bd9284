import { nextDue, scheduleIssues } from '#lib/jobs/due-times.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import type { HistoryRules, SampleRules, Suite } from './suite.ts';
import { optionIssues } from './suite-schema.ts';

const USUAL_PERIODS = 60;
const HOUR_MS = 3_600_000;
const MOST_HOURS = 3;
const WEEK_HOURS = 120;
/** A Sunday at noon: what runs on working days is due a day apart after it. */
const SOME_DAY = new Date('2026-01-04T12:00:00Z');
const USUAL_SAMPLES = { rows: 5, days: 7 };

interface Options extends Omit<Suite, 'checks'> {
  readonly owner: string | undefined;
  readonly issues: readonly { readonly path: readonly string[]; readonly message: string; readonly nearest?: string }[];
}

/** What a suite says besides its checks; whatever is wrong counts as not said. */
export function readOptions(value: JsonObject): Options {
  const issues: Options['issues'][number][] = optionIssues(value);
  const wrong = new Set(issues.map(({ path }) => path[0]));
  const said = (name: string): JsonValue | undefined => (wrong.has(name) ? undefined : value[name]);
  const schedule = scheduleOf(said('schedule'));
  const dataset = typeof value.dataset === 'string' && value.dataset.trim() ? value.dataset.trim() : null;
  if (typeof value.dataset === 'string' && dataset === null && value.dataset !== '')
    issues.push({ path: ['dataset'], message: 'dataset is the name of a table.' });
  for (const { path, message } of schedule.type === 'manual' ? [] : scheduleIssues(schedule))
    issues.push({ path: ['schedule', path === 'timeZone' ? 'time_zone' : 'cron'], message });
  const owner = said('owner');
  return {
    issues,
    dataset,
    schedule,
    samples: samplesOf(said('samples'), said('personal'), said('not_personal')),
    history: historyOf(said('history'), schedule),
    owner: typeof owner === 'string' ? owner : undefined,
  };
}

function scheduleOf(declared: JsonValue | undefined): Suite['schedule'] {
  if (!isJsonObject(declared)) return { type: 'manual' };
  return { type: 'cron', expression: String(declared.cron), timeZone: String(declared.time_zone ?? 'UTC') };
}

function historyOf(declared: JsonValue | undefined, schedule: Suite['schedule']): HistoryRules | null {
  if (declared === false) return null;
  const {
    column,
    every = apart(schedule),
    periods = USUAL_PERIODS,
  } = isJsonObject(declared ?? null) ? (declared as JsonObject) : {};
  const isAsked = declared !== undefined;
  return {
    column: typeof column === 'string' ? column : null,
    every: every as HistoryRules['every'],
    periods: Number(periods),
    isAsked,
  };
}

/** How far apart the suite's own measurements lie. */
function apart(schedule: Suite['schedule']): HistoryRules['every'] {
  if (schedule.type !== 'manual' && scheduleIssues(schedule).length > 0) return 'day';
  const first = nextDue(schedule, SOME_DAY);
  const second = first && nextDue(schedule, first);
  if (!first || !second) return 'day';
  const hours = (second.getTime() - first.getTime()) / HOUR_MS;
  if (hours <= MOST_HOURS) return 'hour';
  return hours >= WEEK_HOURS ? 'week' : 'day';
}

function samplesOf(
  samples: JsonValue | undefined,
  personal: JsonValue | undefined,
  plain: JsonValue | undefined,
): SampleRules {
  const names = (list: JsonValue | undefined) => (Array.isArray(list) ? list.map(String) : []);
  const { rows, days } = { ...USUAL_SAMPLES, ...(isJsonObject(samples) ? samples : {}) };
  return { rows: Number(rows), days: Number(days), personal: names(personal), plain: names(plain) };
}
