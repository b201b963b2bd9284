import type { JsonObject } from '#lib/json.ts';
import type { GapsMetric, Period } from '../metric.ts';
import { numberText } from '../number-text.ts';
import type { CheckKind } from './check-kind.ts';

/** A time series without holes. */
export const gaps: CheckKind = {
  name: 'gaps',
  docs: 'Between the first and the last value of `column`, each minute, hour, day, week or month (`every`, in UTC) has a row; up to `max_gaps` may have none.',
  example: 'gaps: [{column: measured_at, every: hour}]',
  scope: 'table',
  properties: {
    column: { type: 'string', minLength: 1, description: 'A column of times or dates.' },
    every: {
      enum: ['minute', 'hour', 'day', 'week', 'month'],
      description: 'The period of which none may be missing.',
    },
    max_gaps: { type: 'integer', minimum: 0, default: 0, description: 'Most periods that may have no row.' },
  },
  required: ['column', 'every'],
  limits: ['max_gaps'],
  subject: ({ column, every }) => `${column} every ${every}`,
  columns: ({ column }) => [String(column)],
  metrics: (params, where) => [missing(params, where)],

  evaluate(params, where, read) {
    const value = read.number(missing(params, where)) ?? 0;
    const high = Number(params.max_gaps ?? 0);
    const words = (count: number) => `${numberText(count)} ${params.every}${count === 1 ? '' : 's'}`;
    const message = `${params.column} has no row in ${words(value)}, limit ${high}`;
    return {
      ok: value <= high,
      value,
      valueText: `${words(value)} missing`,
      limitText: `at most ${words(high)}`,
      low: null,
      high,
      message,
    };
  },
};

function missing({ column, every }: JsonObject, where: string | undefined): GapsMetric {
  return { type: 'gaps', column: String(column), every: every as Period, ...(where && { where }) };
}
