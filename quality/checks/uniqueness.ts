import { type Metric, rowsMetric } from '../metric.ts';
import { percentText, rowsText } from '../number-text.ts';
import type { CheckKind } from './check-kind.ts';

/** No two rows with the same key. */
export const uniqueness: CheckKind = {
  name: 'uniqueness',
  docs: 'No two rows agree in all of `unique_columns`; up to `max_duplicates` rows (or `max_duplicates_pct` percent of them) may repeat a key. Rows with a null in the key are left to completeness. With `scope: load` the rows of a load are compared with each other only.',
  example: 'uniqueness: [{unique_columns: [user_id]}]',
  scope: 'table',
  segments: true,
  properties: {
    unique_columns: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      minItems: 1,
      maxItems: 32,
      uniqueItems: true,
      description: 'The columns that make the key.',
    },
    max_duplicates: { type: 'integer', minimum: 0, default: 0, description: 'Most rows that may repeat a key.' },
    max_duplicates_pct: { type: 'number', minimum: 0, maximum: 100, description: 'The same in percent of all rows.' },
  },
  required: ['unique_columns'],
  limits: ['max_duplicates', 'max_duplicates_pct'],

  problems({ max_duplicates, max_duplicates_pct }) {
    const both = max_duplicates !== undefined && max_duplicates_pct !== undefined;
    return both
      ? [{ path: 'max_duplicates_pct', message: 'Give max_duplicates or max_duplicates_pct, not both.' }]
      : [];
  },
  subject: (params) => key(params).join(' + '),
  columns: key,
  failing: repeated,
  metrics: (params, where) => [
    repeated(params, where),
    ...(params.max_duplicates_pct === undefined ? [] : [rowsMetric(where)]),
  ],

  evaluate(params, where, read) {
    const rows = read.number(repeated(params, where)) ?? 0;
    const name = key(params).join(' + ');
    if (params.max_duplicates_pct !== undefined) {
      const all = read.number(rowsMetric(where)) ?? 0;
      const percent = all === 0 ? 0 : (100 * rows) / all;
      const high = Number(params.max_duplicates_pct);
      const message = `${name} is repeated in ${percentText(percent)} of the rows, limit ${high}%`;
      const [valueText, limitText] = [`${percentText(percent)} repeated`, `at most ${high}% repeated`];
      return { ok: percent <= high, value: percent, valueText, limitText, low: null, high, message };
    }
    const high = Number(params.max_duplicates ?? 0);
    const [valueText, limitText] = [`${rowsText(rows)} repeated`, `at most ${rowsText(high)} repeated`];
    const message = `${name} is repeated in ${rowsText(rows)}, limit ${high}`;
    return { ok: rows <= high, value: rows, valueText, limitText, low: null, high, message };
  },
};

function key({ unique_columns }: { unique_columns?: unknown }): string[] {
  return (unique_columns as unknown[]).map(String);
}

function repeated(params: { unique_columns?: unknown }, where: string | undefined): Metric {
  return { type: 'repeated', columns: key(params), ...(where && { where }) };
}
