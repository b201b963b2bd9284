import type { JsonObject } from '#lib/json.ts';
import { type AggregateName, columnMetric, type Metric, rowsMetric } from '../metric.ts';
import { numberText, rangeText } from '../number-text.ts';
import type { CheckKind } from './check-kind.ts';
import { noValues } from './no-values.ts';

interface Statistic {
  readonly param: string;
  readonly aggregate: AggregateName;
  readonly fraction?: number;
  readonly word: string;
  /** Which side a single number limits; a range limits both. */
  readonly side: 'low' | 'high' | 'range';
}

const STATISTICS: readonly Statistic[] = [
  { param: 'expected_mean_range', aggregate: 'mean', word: 'mean', side: 'range' },
  { param: 'expected_median_range', aggregate: 'quantile', fraction: 0.5, word: 'median', side: 'range' },
  { param: 'expected_stddev_range', aggregate: 'stddev', word: 'deviation', side: 'range' },
  { param: 'expected_sum_range', aggregate: 'sum', word: 'sum', side: 'range' },
  ...[1, 5, 10, 25, 75, 90, 95, 99].map((percent) => ({
    param: `expected_p${percent}_range`,
    aggregate: 'quantile' as const,
    fraction: percent / 100,
    word: `${percent}th percentile`.replace('1th', '1st'),
    side: 'range' as const,
  })),
  { param: 'expected_min', aggregate: 'min', word: 'minimum', side: 'low' },
  { param: 'expected_max', aggregate: 'max', word: 'maximum', side: 'high' },
];
const RANGES = STATISTICS.filter(({ side }) => side === 'range').map(({ param }) => param);
const PARAMS = STATISTICS.map(({ param }) => param);

/** Statistics of a number column. Several in one declaration become one check each, so that each has its history. */
export const distribution: CheckKind = {
  name: 'distribution',
  docs: 'Mean, median, a percentile, sum or standard deviation of `column` lie in the range given; no value is below `expected_min` or above `expected_max`.',
  example: 'distribution: [{column: age, expected_mean_range: [25, 45]}]',
  scope: 'table',
  segments: true,
  properties: {
    column: { type: 'string', minLength: 1, description: 'A column of numbers.' },
    ...Object.fromEntries(
      STATISTICS.filter(({ side }) => side === 'range').map(({ param, word }) => [param, range(word)]),
    ),
    expected_min: { type: 'number', description: 'No value is smaller.' },
    expected_max: { type: 'number', description: 'No value is larger.' },
  },
  required: ['column'],
  anyOf: PARAMS,
  limits: PARAMS,

  problems: (params) =>
    RANGES.filter((param) => isCrossed(params[param])).map((path) => ({
      path,
      message: `${path} is [from, to], and its first number is the larger one.`,
    })),
  split: ({ column, ...rest }) =>
    PARAMS.filter((param) => rest[param] !== undefined).map(
      (param) => ({ column, [param]: rest[param] }) as JsonObject,
    ),
  subject: (params) => `${statisticOf(params).word} of ${params.column}`,
  columns: ({ column }) => [String(column)],
  failing: beyond,
  metrics: (params, where) => [metricOf(params, where)],

  evaluate(params, where, read) {
    const { word } = statisticOf(params);
    const measured = read.number(metricOf(params, where));
    if (measured === null) throw noValues(String(params.column));
    const [low, high] = limitsOf(params);
    const limitText = rangeText(low, high);
    return {
      ok: (low === null || measured >= low) && (high === null || measured <= high),
      value: measured,
      valueText: numberText(measured),
      limitText,
      low,
      high,
      message: `the ${word} of ${params.column} is ${numberText(measured)}, limit ${limitText}`,
    };
  },
};

function range(what: string): JsonObject {
  const description = `From and to of the ${what}, both included.`;
  return { type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2, description };
}

function isCrossed(value: unknown): boolean {
  return Array.isArray(value) && Number(value[0]) > Number(value[1]);
}

function statisticOf(params: JsonObject): Statistic {
  const found = STATISTICS.find(({ param }) => params[param] !== undefined);
  if (!found) throw new Error('a distribution check without a statistic got through parsing');
  return found;
}

function metricOf(params: JsonObject, where: string | undefined): Metric {
  const { aggregate, fraction } = statisticOf(params);
  return { ...columnMetric(aggregate, params.column, where), ...(fraction !== undefined && { fraction }) };
}

/** Of a smallest or largest value the rows beyond it; other statistics are no single row's fault. */
function beyond(params: JsonObject, where: string | undefined): Metric {
  const { side } = statisticOf(params);
  const [low, high] = limitsOf(params);
  if (side === 'range') return rowsMetric('false');
  const limit = low === null ? { high: high ?? 0 } : { low };
  return rowsMetric(where, { ask: 'outside', column: String(params.column), ...limit });
}

function limitsOf(params: JsonObject): [low: number | null, high: number | null] {
  const { param, side } = statisticOf(params);
  const limit = params[param];
  if (Array.isArray(limit)) return [Number(limit[0]), Number(limit[1])];
  return side === 'low' ? [Number(limit), null] : [null, Number(limit)];
}
