import type { JsonObject } from '#lib/json.ts';
import { type OrphansMetric, rowsMetric } from '../metric.ts';
import type { CheckKind } from './check-kind.ts';
import { bothLimits, byCount, byPercent } from './row-level.ts';

/** Every value names a row of another table. */
export const referential: CheckKind = {
  name: 'referential',
  docs: 'Each value of `column` (or each combination of `columns`) exists in `references.table`. Nulls need no counterpart.',
  example: 'referential: [{column: customer_id, references: {table: customers, column: id}}]',
  scope: 'load',
  segments: true,
  properties: {
    column: { type: 'string', minLength: 1, description: 'The column that refers.' },
    columns: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      minItems: 1,
      maxItems: 8,
      description: 'Several that refer together.',
    },
    references: {
      type: 'object',
      properties: {
        table: { type: 'string', minLength: 1, description: 'The table referred to: table or schema.table.' },
        column: { type: 'string', minLength: 1, description: 'Its column; the same name unless told.' },
        columns: { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1, maxItems: 8 },
      },
      required: ['table'],
      additionalProperties: false,
      description: 'Where the values must exist.',
    },
    max_failing: { type: 'integer', minimum: 0, default: 0, description: 'Most rows that may fail.' },
    max_failing_pct: { type: 'number', minimum: 0, maximum: 100, description: 'The same in percent of all rows.' },
  },
  required: ['references'],
  anyOf: ['column', 'columns'],
  limits: ['max_failing', 'max_failing_pct'],

  problems(params) {
    const { columns, reference } = orphans(params, undefined);
    const uneven = columns.length !== reference.columns.length;
    return [
      ...bothLimits(params),
      ...(uneven
        ? [{ path: 'references', message: 'As many columns here as there: name them in references.columns.' }]
        : []),
    ];
  },
  subject: (params) => {
    const { columns, reference } = orphans(params, undefined);
    return `${columns.join(' + ')} in ${reference.table}`;
  },
  columns: (params) => [...orphans(params, undefined).columns],
  failing: orphans,
  metrics: (params, where) => [orphans(params, where), rowsMetric(where)],

  evaluate(params, where, read) {
    const metric = orphans(params, where);
    const failing = read.number(metric) ?? 0;
    const what = `${metric.columns.join(' + ')} is not in ${metric.reference.table}`;
    if (params.max_failing_pct === undefined) return byCount(failing, Number(params.max_failing ?? 0), what);
    const rows = read.number(rowsMetric(where)) ?? 0;
    return byPercent(rows === 0 ? 0 : (100 * failing) / rows, Number(params.max_failing_pct), what);
  },
};

function orphans(params: JsonObject, where: string | undefined): OrphansMetric {
  const { table, column, columns } = params.references as JsonObject;
  const own = listOf(params.columns, params.column);
  const theirs = listOf(columns, column);
  const reference = { table: String(table), columns: theirs.length === 0 ? own : theirs };
  return { type: 'orphans', columns: own, reference, ...(where && { where }) };
}

function listOf(many: unknown, one: unknown): string[] {
  if (Array.isArray(many)) return many.map(String);
  return one === undefined ? [] : [String(one)];
}
