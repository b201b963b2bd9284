import { WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import { conditionProblem } from '../condition.ts';
import { type Metric, rowsMetric } from '../metric.ts';
import { numberText, percentText, rowsText } from '../number-text.ts';
import type { CheckKind, Facts, Reading } from './check-kind.ts';

/** As many rows here as there. */
export const reconciliation: CheckKind = {
  name: 'reconciliation',
  docs: 'The table has as many rows as `with_table` has, or, without one, as many as the load read of its source and accepted (for full refreshes, and for loads measured before publishing). They may differ by `max_difference` rows or `max_difference_pct` percent.',
  example: 'reconciliation: [{with_table: staging.orders, max_difference_pct: 0.1}]',
  scope: 'load',
  properties: {
    with_table: { type: 'string', minLength: 1, description: 'The other table: table or schema.table.' },
    with_where: {
      type: 'string',
      minLength: 1,
      description: 'An SQL condition that rows of the other table must meet.',
    },
    max_difference: { type: 'integer', minimum: 0, default: 0, description: 'Most rows by which they may differ.' },
    max_difference_pct: { type: 'number', minimum: 0, description: 'The same in percent of the other side.' },
  },
  required: [],
  limits: ['max_difference', 'max_difference_pct'],
  problems({ with_table, with_where }) {
    const message = with_where === undefined ? null : conditionProblem(String(with_where));
    return [
      ...(message ? [{ path: 'with_where', message }] : []),
      ...(with_where !== undefined && with_table === undefined
        ? [{ path: 'with_where', message: 'It picks rows of with_table: name that.' }]
        : []),
    ];
  },
  subject: ({ with_table }) => (with_table === undefined ? 'with the source' : `with ${with_table}`),
  columns: () => [],
  metrics: (params, where) => [rowsMetric(where), ...other(params)],

  evaluate(params, where, read, facts) {
    const rows = read.number(rowsMetric(where)) ?? 0;
    const theirs = otherRows(params, read, facts);
    const difference = Math.abs(rows - theirs);
    const name = params.with_table === undefined ? 'the source gave' : `${params.with_table} has`;
    const said = `${rowsText(rows)}, ${name} ${numberText(theirs)}`;
    const shared = {
      low: null,
      message: '',
      valueText: difference === 0 ? 'the same' : `${rowsText(difference)} apart`,
    };
    if (params.max_difference_pct === undefined) {
      const high = Number(params.max_difference ?? 0);
      return {
        ...shared,
        ok: difference <= high,
        value: difference,
        high,
        limitText: `at most ${rowsText(high)} apart`,
        message: `${said}, limit ${high} apart`,
      };
    }
    const percent = theirs === 0 ? (rows === 0 ? 0 : 100) : (100 * difference) / theirs;
    const high = Number(params.max_difference_pct);
    return {
      ...shared,
      ok: percent <= high,
      value: percent,
      high,
      limitText: `at most ${high}% apart`,
      message: `${said}: ${percentText(percent)} apart, limit ${high}%`,
    };
  },
};

function other({ with_table, with_where }: JsonObject): Metric[] {
  if (with_table === undefined) return [];
  return [
    {
      type: 'table_rows',
      reference: { table: String(with_table) },
      ...(with_where !== undefined && { where: String(with_where) }),
    },
  ];
}

function otherRows(params: JsonObject, read: Reading, { load }: Facts): number {
  const [metric] = other(params);
  if (metric) return read.number(metric) ?? 0;
  if (load !== null) return load.accepted;
  throw new WeirError({
    kind: 'config',
    code: 'no_load',
    message: 'No sync has loaded this table, so there is no source to compare with.',
    hint: 'Name the other table as with_table, or bind the suite to a connection.',
  });
}
