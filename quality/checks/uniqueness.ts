import type { Metric } from '../metric.ts';
import { percentText, rowsText } from '../number-text.ts';
import type { CheckKind } from './check-kind.ts';

/** No two rows with the same key. */
export const uniqueness: CheckKind = {
  name: 'uniqueness',
  docs: 'No two rows agree in all of `unique_columns`; up to `max_duplicates` rows (or `max_duplicates_pct` percent of them) may repeat a key. Rows with a null in the key are left to completeness.',
  example: 'uniqueness: [{unique_columns: [user_id]}]',
  scope: 'table',
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
  metrics: (params, where) => [
    { type: 'repeated', columns: key(params), ...(where && { where }) },
    ...(params.max_duplicates_pct === undefined ? [] : [total(where)]),
  ],

  evaluate(params, where, value) {
    const repeated = value({ type: 'repeated', columns: key(params), ...(where && { where }) }) ?? 0;
    const name = key(params).join(' + ');
    if (params.max_duplicates_pct !== undefined) {
      const rows = value(total(where)) ?? 0;
      const percent = rows === 0 ? 0 : (100 * repeated) / rows;
      const high = Number(params.max_duplicates_pct);
      const message = `${name} is repeated in ${percentText(percent)} of the rows, limit ${high}%`;
      const [valueText, limitText] = [`${percentText(percent)} repeated`, `at most ${high}% repeated`];
      return { ok: percent <= high, value: percent, valueText, limitText, low: null, high, message };
    }
    const high = Number(params.max_duplicates ?? 0);
    const [valueText, limitText] = [`${rowsText(repeated)} repeated`, `at most ${rowsText(high)} repeated`];
    const message = `${name} is repeated in ${rowsText(repeated)}, limit ${high}`;
    return { ok: repeated <= high, value: repeated, valueText, limitText, low: null, high, message };
  },
};

function key({ unique_columns }: { unique_columns?: unknown }): string[] {
  return (unique_columns as unknown[]).map(String);
}

function total(where: string | undefined): Metric {
  return { type: 'aggregate', name: 'rows', ...(where && { where }) };
}
