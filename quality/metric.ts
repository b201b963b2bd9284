import type { Failure } from '#lib/errors.ts';
import type { RowTest } from './row-test.ts';

/** What a statement of one aggregated scan can compute of a column. */
export type AggregateName =
  | 'rows'
  | 'filled'
  | 'distinct'
  | 'sum'
  | 'mean'
  | 'quantile'
  | 'stddev'
  | 'min'
  | 'max'
  | 'newest'
  | 'shortest'
  | 'longest';

/** Something that the scan of a table gives. Equal metrics of several checks are measured once. */
export type Metric =
  | AggregateMetric
  | RepeatedMetric
  | OrphansMetric
  | CountsMetric
  | SketchMetric
  | GapsMetric
  | PeriodsMetric
  | QueryMetric
  | TableRowsMetric
  | RecordsMetric;

/** `newest` is in seconds since 1970; `rows` takes no column and counts those that meet `test`, if there is one. */
export interface AggregateMetric {
  readonly type: 'aggregate';
  readonly name: AggregateName;
  readonly column?: string;
  /** Of a quantile: 0.5 is the median. */
  readonly fraction?: number;
  readonly test?: RowTest;
  /** An SQL condition that rows must meet. */
  readonly where?: string;
}

/** Rows beyond the first of each key. Keys with a null are no keys, as in SQL's `unique`. */
export interface RepeatedMetric {
  readonly type: 'repeated';
  readonly columns: readonly string[];
  readonly where?: string;
}

/** Rows whose columns name no row of another table. A null names none, and needs none. */
export interface OrphansMetric {
  readonly type: 'orphans';
  readonly columns: readonly string[];
  readonly reference: { readonly table: string; readonly columns: readonly string[] };
  readonly where?: string;
}

/** How often each value occurs, the most frequent first; null is left out. */
export interface CountsMetric {
  readonly type: 'counts';
  readonly column: string;
  readonly limit: number;
  readonly where?: string;
}

/** How many values of a column of numbers fall into each bucket of a sketch, see `tallies.ts`. */
export interface SketchMetric {
  readonly type: 'sketch';
  readonly column: string;
  readonly where?: string;
}

/** Periods without a row between the first and the last that have one. */
export interface GapsMetric {
  readonly type: 'gaps';
  readonly column: string;
  readonly every: Period;
  readonly where?: string;
}

/** How many rows fall into each period, by its number. */
export interface PeriodsMetric extends Omit<GapsMetric, 'type'> {
  readonly type: 'periods';
}

export type Period = 'minute' | 'hour' | 'day' | 'week' | 'month';

/** A SELECT of the user's: its first value, or how many rows it gives. `{table}` stands for what is measured. */
export interface QueryMetric {
  readonly type: 'query';
  readonly sql: string;
  readonly gives: 'value' | 'rows';
}

/** How many rows another table has. */
export interface TableRowsMetric {
  readonly type: 'table_rows';
  readonly reference: { readonly table: string };
  readonly where?: string;
}

/** Records that a JSONata expression does not hold of: counts `failing` and `looked_at`. */
export interface RecordsMetric {
  readonly type: 'records';
  readonly expression: string;
  readonly limit: number;
  readonly where?: string;
}

/** Value by value, how often. */
export type Counts = ReadonlyMap<string, number>;

/** A value, or why there is none: one metric that can't be measured stops no other. Null: no rows to measure. */
export type Measured = { readonly value: number | null } | { readonly counts: Counts } | { readonly failure: Failure };

/** What was measured of one table, by `metricKey`. */
export type Measurements = ReadonlyMap<string, Measured>;

/** Equal for metrics that measure the same. */
export function metricKey(metric: Metric): string {
  return JSON.stringify(Object.entries(metric).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Rows, all or those that meet a condition. */
export function rowsMetric(where: string | undefined, test?: RowTest): AggregateMetric {
  return { type: 'aggregate', name: 'rows', ...(test && { test }), ...(where && { where }) };
}

export function columnMetric(name: AggregateName, column: unknown, where: string | undefined): AggregateMetric {
  return { type: 'aggregate', name, column: String(column), ...(where && { where }) };
}
