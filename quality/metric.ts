import type { Failure } from '#lib/errors.ts';

/** What a statement of one aggregated scan can compute of a column. */
export type AggregateName = 'rows' | 'filled' | 'not_empty' | 'mean' | 'median' | 'stddev' | 'min' | 'max' | 'newest';

/** A number that the scan of a table gives. Equal metrics of several checks are measured once. */
export type Metric = AggregateMetric | RepeatedMetric;

/** `newest` is in seconds since 1970; `rows` takes no column. */
export interface AggregateMetric {
  readonly type: 'aggregate';
  readonly name: AggregateName;
  readonly column?: string;
  /** An SQL condition that rows must meet. */
  readonly where?: string;
}

/** Rows beyond the first of each key. Keys with a null are no keys, as in SQL's `unique`. */
export interface RepeatedMetric {
  readonly type: 'repeated';
  readonly columns: readonly string[];
  readonly where?: string;
}

/** A value, or why there is none: one metric that can't be measured stops no other. Null: no rows to measure. */
export type Measured = { readonly value: number | null } | { readonly failure: Failure };

/** What was measured of one table, by `metricKey`. */
export type Measurements = ReadonlyMap<string, Measured>;

/** Equal for metrics that measure the same. */
export function metricKey(metric: Metric): string {
  return metric.type === 'aggregate'
    ? JSON.stringify([metric.name, metric.column ?? null, metric.where ?? null])
    : JSON.stringify(['repeated', metric.columns, metric.where ?? null]);
}
