import type { Metric } from '../metric.ts';
import { durationText } from '../number-text.ts';
import type { CheckKind } from './check-kind.ts';

/** Age of the newest row, or of the last published sync. */
export const freshness: CheckKind = {
  name: 'freshness',
  docs: 'The newest value of `column` is at most `max_age_hours` old. Without a column it is the age of the last published sync. Times without a zone are taken as UTC.',
  example: 'freshness: [{max_age_hours: 24, column: updated_at}]',
  scope: 'table',
  properties: {
    max_age_hours: { type: 'number', exclusiveMinimum: 0, description: 'The most hours that may have passed.' },
    column: { type: 'string', minLength: 1, description: 'A column of times or dates.' },
  },
  required: ['max_age_hours'],
  limits: ['max_age_hours'],
  subject: ({ column }) => (column === undefined ? 'last sync' : String(column)),
  columns: ({ column }) => (column === undefined ? [] : [String(column)]),
  metrics: ({ column }, where) => (column === undefined ? [] : [newest(column, where)]),

  evaluate({ column, max_age_hours }, where, value, { now, lastPublishedAt }) {
    const high = Number(max_age_hours);
    const newestS = column === undefined ? seconds(lastPublishedAt) : value(newest(column, where));
    const what = column === undefined ? 'the last published sync' : `the newest ${column}`;
    const limit = { limitText: `at most ${durationText(high)} old`, low: null, high };
    if (newestS === null) {
      const none = column === undefined ? 'nothing was published yet' : `${column} has no values`;
      return { ok: false, value: null, valueText: 'none', message: `${none}, limit ${durationText(high)}`, ...limit };
    }
    const ageHours = (now.getTime() / 1000 - newestS) / 3600;
    const valueText = ageHours < 0 ? `${durationText(ageHours)} ahead` : `${durationText(ageHours)} old`;
    const message = `${what} is ${valueText}, limit ${durationText(high)}`;
    return { ok: ageHours <= high, value: ageHours, valueText, message, ...limit };
  },
};

function newest(column: unknown, where: string | undefined): Metric {
  return { type: 'aggregate', name: 'newest', column: String(column), ...(where && { where }) };
}

function seconds(time: Date | null): number | null {
  return time === null ? null : time.getTime() / 1000;
}
