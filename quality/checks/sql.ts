import type { JsonObject } from '#lib/json.ts';
import { queryProblem } from '../condition.ts';
import type { QueryMetric } from '../metric.ts';
import { numberText, rangeText, rowsText } from '../number-text.ts';
import type { CheckKind } from './check-kind.ts';
import { noValues } from './no-values.ts';

/** A SELECT of the user's, in a session that can write nothing. */
export const sql: CheckKind = {
  name: 'sql',
  docs: 'The first value that `query` gives is at least `min` and at most `max`; without limits of that kind it gives at most `max_rows` rows (0 unless told), which are those that fail. It runs read-only and with a time limit. `{table}` stands for the table, and before publishing for the table as it would be.',
  example:
    'sql: [{name: paid without amount, query: "select * from {table} where status = \'paid\' and amount is null"}]',
  scope: 'table',
  properties: {
    query: { type: 'string', minLength: 1, maxLength: 20_000, description: 'One SELECT.' },
    min: { type: 'number', description: 'The least that the first value may be.' },
    max: { type: 'number', description: 'The most that the first value may be.' },
    max_rows: { type: 'integer', minimum: 0, default: 0, description: 'The most rows that it may give.' },
  },
  required: ['query'],
  limits: ['min', 'max', 'max_rows'],

  problems({ query, min, max, max_rows }, { where }) {
    const message = queryProblem(String(query));
    const both = max_rows !== undefined && (min !== undefined || max !== undefined);
    return [
      ...(message ? [{ path: 'query', message }] : []),
      ...(where === undefined
        ? []
        : [{ path: 'where', message: 'It would not be heeded: write the condition into the query.' }]),
      ...(both ? [{ path: 'max_rows', message: 'Give max_rows, or min and max, not both.' }] : []),
    ];
  },
  subject: ({ query }) => String(query).trim().replaceAll(/\s+/g, ' ').slice(0, 120),
  columns: () => [],
  failing: (params) => (asksForValue(params) ? { ...metricOf(params), gives: 'value' } : metricOf(params)),
  metrics: (params) => [metricOf(params)],

  evaluate(params, _where, read) {
    const value = read.number(metricOf(params));
    const name = params.min === undefined && params.max === undefined ? 'the query gives' : 'the query’s value is';
    if (!asksForValue(params)) {
      const high = Number(params.max_rows ?? 0);
      const rows = value ?? 0;
      const message = `${name} ${rowsText(rows)}, limit ${high}`;
      return {
        ok: rows <= high,
        value: rows,
        valueText: rowsText(rows),
        limitText: `at most ${rowsText(high)}`,
        low: null,
        high,
        message,
      };
    }
    if (value === null) throw noValues('The query');
    const [low, high] = [params.min, params.max].map((limit) => (limit === undefined ? null : Number(limit))) as [
      number | null,
      number | null,
    ];
    const limitText = rangeText(low, high);
    const ok = (low === null || value >= low) && (high === null || value <= high);
    return {
      ok,
      value,
      valueText: numberText(value),
      limitText,
      low,
      high,
      message: `${name} ${numberText(value)}, limit ${limitText}`,
    };
  },
};

function asksForValue({ min, max }: JsonObject): boolean {
  return min !== undefined || max !== undefined;
}

function metricOf(params: JsonObject): QueryMetric {
  return { type: 'query', sql: String(params.query), gives: asksForValue(params) ? 'value' : 'rows' };
}
