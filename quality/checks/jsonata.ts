import compile from 'jsonata';
import type { JsonObject } from '#lib/json.ts';
import type { RecordsMetric } from '../metric.ts';
import { numberText } from '../number-text.ts';
import type { CheckKind } from './check-kind.ts';
import { byCount } from './row-level.ts';

const MOST_RECORDS = 100_000;
const USUAL_RECORDS = 10_000;

/** A JSONata expression that is true of each record. */
export const jsonata: CheckKind = {
  name: 'jsonata',
  docs: `The JSONata expression \`holds\` is true of each record; up to \`max_failing\` may fail. It looks at ${numberText(USUAL_RECORDS)} records unless \`records\` says otherwise.`,
  example: 'jsonata: [{holds: "$sum(items.price) = total", name: items make the total}]',
  scope: 'load',
  properties: {
    holds: { type: 'string', minLength: 1, maxLength: 10_000, description: 'An expression over one record.' },
    records: {
      type: 'integer',
      minimum: 1,
      maximum: MOST_RECORDS,
      default: USUAL_RECORDS,
      description: 'The most records to look at.',
    },
    max_failing: { type: 'integer', minimum: 0, default: 0, description: 'Most records that may fail.' },
  },
  required: ['holds'],
  limits: ['max_failing'],

  problems({ holds }) {
    try {
      compile(String(holds));
      return [];
    } catch (error) {
      const { message, position } = error as { message: string; position?: number };
      return [{ path: 'holds', message: `${message}${position === undefined ? '' : ` (character ${position})`}` }];
    }
  },
  subject: ({ holds }) => String(holds).trim().replaceAll(/\s+/g, ' ').slice(0, 120),
  columns: () => [],
  metrics: (params, where) => [metricOf(params, where)],

  evaluate(params, where, read) {
    const counts = read.counts(metricOf(params, where));
    const verdict = byCount(
      counts.get('failing') ?? 0,
      Number(params.max_failing ?? 0),
      'the expression does not hold',
    );
    const first = counts.get('looked_at') ?? 0;
    return first < Number(params.records ?? USUAL_RECORDS)
      ? verdict
      : { ...verdict, message: `${verdict.message}, of the first ${numberText(first)}` };
  },
};

function metricOf({ holds, records }: JsonObject, where: string | undefined): RecordsMetric {
  return {
    type: 'records',
    expression: String(holds),
    limit: Number(records ?? USUAL_RECORDS),
    ...(where && { where }),
  };
}
