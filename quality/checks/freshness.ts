import { isJsonObject, type JsonObject } from '#lib/json.ts';
import { columnMetric, type Metric } from '../metric.ts';
import { durationText } from '../number-text.ts';
import type { CheckKind, Facts, Reading, Verdict } from './check-kind.ts';
import { dueProblems, dueSchema, lastDue } from './due.ts';

/** Times without a zone may be some hours ahead; beyond, a row from the future hides how old all others are. */
const MOST_AHEAD_HOURS = 24;

/** Age of the newest row, or of the last published sync. */
export const freshness: CheckKind = {
  name: 'freshness',
  docs: 'The newest value of `column` is at most `max_age_hours` old, or came in time for the last time it was `due`. Without a column it is the age of the table’s last published sync. Times without a zone are taken as UTC; a newest one more than a day ahead fails, since it hides the others.',
  example: 'freshness: [{max_age_hours: 24, column: updated_at}]',
  scope: 'table',
  properties: {
    max_age_hours: { type: 'number', exclusiveMinimum: 0, description: 'The most hours that may have passed.' },
    column: { type: 'string', minLength: 1, description: 'A column of times or dates.' },
    due: { ...dueSchema, description: 'When data is due, in place of a highest age: time of day, weekdays, holidays.' },
  },
  required: [],
  anyOf: ['max_age_hours', 'due'],
  limits: ['max_age_hours'],

  problems: ({ max_age_hours, due, column }, { where }) => [
    ...dueProblems(due),
    ...(max_age_hours !== undefined && due !== undefined
      ? [{ path: 'due', message: 'Give max_age_hours or due, not both.' }]
      : []),
    ...(where !== undefined && column === undefined
      ? [{ path: 'where', message: 'It would not be heeded: name a column, whose rows it picks.' }]
      : []),
  ],
  subject: ({ column }) => (column === undefined ? 'last sync' : String(column)),
  columns: ({ column }) => (column === undefined ? [] : [String(column)]),
  metrics: ({ column }, where) => (column === undefined ? [] : [newest(column, where)]),

  evaluate(params, where, read, facts) {
    const newestS = newestOf(params, where, read, facts);
    return isJsonObject(params.due)
      ? inTime(params, params.due, newestS, facts.now)
      : young(params, newestS, facts.now);
  },
};

function newest(column: unknown, where: string | undefined): Metric {
  return columnMetric('newest', column, where);
}

function newestOf({ column }: JsonObject, where: string | undefined, read: Reading, { lastPublishedAt }: Facts) {
  if (column !== undefined) return read.number(newest(column, where));
  return lastPublishedAt === null ? null : lastPublishedAt.getTime() / 1000;
}

function young({ column, max_age_hours }: JsonObject, newestS: number | null, now: Date): Verdict {
  const high = Number(max_age_hours);
  const limit = { limitText: `at most ${durationText(high)} old`, low: null, high };
  if (newestS === null) return none(column, durationText(high), limit);
  const ageHours = (now.getTime() / 1000 - newestS) / 3600;
  const valueText = ageText(ageHours);
  const message = `${nameOf(column)} is ${valueText}, limit ${durationText(high)}${aheadText(ageHours)}`;
  return { ok: ageHours <= high && !isAhead(ageHours), value: ageHours, valueText, message, ...limit };
}

/** At the last due time the newest value was at most `within_hours` old, or it has come since. */
function inTime({ column }: JsonObject, due: JsonObject, newestS: number | null, now: Date): Verdict {
  const within = Number(due.within_hours ?? 24);
  const at = lastDue(due, now);
  const words = `due by ${due.by}${due.time_zone === undefined ? ' UTC' : ` ${due.time_zone}`}`;
  const limit = { limitText: words, low: null, high: at === null ? null : hoursBetween(at, now) + within };
  if (newestS === null) return none(column, words, limit);
  const ageHours = (now.getTime() / 1000 - newestS) / 3600;
  const ok = (limit.high === null || ageHours <= limit.high) && !isAhead(ageHours);
  const valueText = ageText(ageHours);
  const message = `${nameOf(column)} is ${valueText}, ${words}${aheadText(ageHours)}`;
  return { ok, value: ageHours, valueText, message, ...limit };
}

function none(column: unknown, words: string, limit: Pick<Verdict, 'limitText' | 'low' | 'high'>): Verdict {
  const what = column === undefined ? 'nothing was published yet' : `${column} has no values`;
  return {
    ok: false,
    value: null,
    valueText: 'none',
    message: `${what}, ${words.startsWith('due') ? '' : 'limit '}${words}`,
    ...limit,
  };
}

function nameOf(column: unknown): string {
  return column === undefined ? 'the last published sync' : `the newest ${column}`;
}

function ageText(hours: number): string {
  return hours < 0 ? `${durationText(hours)} ahead` : `${durationText(hours)} old`;
}

function isAhead(hours: number): boolean {
  return hours < -MOST_AHEAD_HOURS;
}

function aheadText(hours: number): string {
  return isAhead(hours) ? '; what lies in the future hides how old the rest is, leave it out with where' : '';
}

function hoursBetween(a: Date, b: Date): number {
  return (b.getTime() - a.getTime()) / 3_600_000;
}
