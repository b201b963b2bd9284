import type { JsonObject } from '#lib/json.ts';
import { columnMetric, type Metric, rowsMetric } from '../metric.ts';
import { percentText, rowsText } from '../number-text.ts';
import type { RowTest } from '../row-test.ts';
import type { CheckKind, Reading } from './check-kind.ts';

/** Percent of rows in which the column holds something. */
export const completeness: CheckKind = {
  name: 'completeness',
  docs: 'At least `threshold` percent of the rows (100 unless told), or all but `max_missing` of them, hold a value in `column`. With `rule: not_empty` blank text counts as missing too, and so do the words in `missing_values`.',
  example: 'completeness: [{column: email, rule: not_null, threshold: 95}]',
  scope: 'load',
  segments: true,
  properties: {
    column: { type: 'string', minLength: 1, description: 'The column to look at.' },
    rule: { enum: ['not_null', 'not_empty'], default: 'not_null', description: 'What counts as missing.' },
    missing_values: {
      type: 'array',
      items: { type: 'string' },
      minItems: 1,
      maxItems: 100,
      description: 'Words that stand for no value, such as n/a; upper and lower case are the same.',
    },
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
  subject: ({ column, rule, missing_values }) =>
    [
      column,
      rule === 'not_empty' && 'not empty',
      Array.isArray(missing_values) && `without ${missing_values.join(', ')}`,
    ]
      .filter(Boolean)
      .join(' '),
  columns: ({ column }) => [String(column)],
  test: missingTest,
  metrics: (params, where) => [rowsMetric(where), counted(params, where)],

  evaluate(params, where, read) {
    const rows = read.number(rowsMetric(where)) ?? 0;
    const missing = missingIn(params, where, read, rows);
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

function missingTest({ column, rule, missing_values }: JsonObject): RowTest {
  const words = Array.isArray(missing_values) ? missing_values.map(String) : [];
  return { ask: 'missing', column: String(column), blank: rule === 'not_empty' || words.length > 0, words };
}

/** Counting a column is faster than a condition, and all that plain nulls need. */
function countsPlainly({ rule, missing_values }: JsonObject): boolean {
  return rule !== 'not_empty' && missing_values === undefined;
}

function counted(params: JsonObject, where: string | undefined): Metric {
  return countsPlainly(params) ? columnMetric('filled', params.column, where) : rowsMetric(where, missingTest(params));
}

function missingIn(params: JsonObject, where: string | undefined, read: Reading, rows: number): number {
  const value = read.number(counted(params, where)) ?? 0;
  return countsPlainly(params) ? rows - value : value;
}
