import type { Metric } from '../metric.ts';
import { percentText, rowsText } from '../number-text.ts';
import type { CheckKind } from './check-kind.ts';

/** Percent of rows in which the column holds something. */
export const completeness: CheckKind = {
  name: 'completeness',
  docs: 'At least `threshold` percent of the rows (100 unless told), or all but `max_missing` of them, hold a value in `column`. With `rule: not_empty` blank text counts as missing too.',
  example: 'completeness: [{column: email, rule: not_null, threshold: 95}]',
  scope: 'load',
  properties: {
    column: { type: 'string', minLength: 1, description: 'The column to look at.' },
    rule: { enum: ['not_null', 'not_empty'], default: 'not_null', description: 'What counts as missing.' },
    threshold: { type: 'number', minimum: 0, maximum: 100, default: 100, description: 'Least percent of filled rows.' },
    max_missing: { type: 'integer', minimum: 0, description: 'Most rows without a value, in place of a percentage.' },
  },
  required: ['column'],
  limits: ['threshold', 'max_missing'],

  problems({ threshold, max_missing }) {
    if (typeof threshold === 'number' && threshold > 0 && threshold <= 1)
      return [
        {
          path: 'threshold',
          message: `threshold is in percent: ${threshold} means ${threshold}%. Write ${threshold * 100}.`,
        },
      ];
    if (threshold !== undefined && max_missing !== undefined)
      return [{ path: 'max_missing', message: 'Give threshold or max_missing, not both.' }];
    return [];
  },
  subject: ({ column, rule }) => (rule === 'not_empty' ? `${column} not empty` : String(column)),
  columns: ({ column }) => [String(column)],
  metrics: (params, where) => [total(where), filled(params, where)],

  evaluate(params, where, value) {
    const rows = value(total(where)) ?? 0;
    const missing = rows - (value(filled(params, where)) ?? 0);
    const percent = rows === 0 ? null : (100 * (rows - missing)) / rows;
    const column = String(params.column);
    if (params.max_missing !== undefined) {
      const high = Number(params.max_missing);
      const [valueText, limitText] = [`${rowsText(missing)} missing`, `at most ${rowsText(high)} missing`];
      const message = `${column} is missing in ${rowsText(missing)}, limit ${rowsText(high)}`;
      return { ok: missing <= high, value: missing, valueText, limitText, low: null, high, message };
    }
    const low = Number(params.threshold ?? 100);
    const valueText = percent === null ? 'no rows' : `${percentText(percent)} filled`;
    const message = percent === null ? `${column}: there are no rows` : `${column} is ${valueText}, limit ${low}%`;
    const ok = percent === null || percent >= low;
    return { ok, value: percent, valueText, limitText: `at least ${low}% filled`, low, high: null, message };
  },
};

function total(where: string | undefined): Metric {
  return { type: 'aggregate', name: 'rows', ...(where && { where }) };
}

function filled({ column, rule }: { column?: unknown; rule?: unknown }, where: string | undefined): Metric {
  const name = rule === 'not_empty' ? 'not_empty' : 'filled';
  return { type: 'aggregate', name, column: String(column), ...(where && { where }) };
}
