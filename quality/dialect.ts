import type { Relation } from '#lib/destinations/destination.ts';
import type { AggregateName } from './metric.ts';

/** What counts as blank, as SQL: databases trim spaces alone unless told. */
export const BLANKS = "e' \\t\\n\\r\\f\u00a0'";

/** How a database spells what is measured. The plan is the same for all. */
export interface Dialect {
  readonly name: string;
  quote(identifier: string): string;
  /** The relation as it stands after FROM. */
  source(relation: Relation): string;
  /**
   * One aggregate over a quoted column (`*` for rows); `filter` is a complete FILTER clause with a blank before it, or empty;
   * `fraction` is that of a quantile.
   */
  readonly aggregates: Readonly<Record<AggregateName, (column: string, filter: string, fraction: number) => string>>;
  /** Text without `BLANKS` around it. */
  trim(text: string): string;
  /** Whether text matches a regular expression, both as SQL. */
  matches(text: string, pattern: string): string;
  /** Seconds since 1970 of a quoted column of times or dates. */
  epoch(column: string): string;
  /** The rows of a SELECT as one JSON text each, in a column `record`. */
  records(select: string): string;
}
