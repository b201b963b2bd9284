import type { Relation } from '#lib/destinations/destination.ts';
import type { AggregateName } from './metric.ts';

/** How a database spells what is measured. The plan is the same for all. */
export interface Dialect {
  readonly name: string;
  quote(identifier: string): string;
  /** The relation as it stands after FROM. */
  source(relation: Relation): string;
  /** One aggregate over a quoted column (`*` for rows); `filter` is a complete FILTER clause with a blank before it, or empty. */
  readonly aggregates: Readonly<Record<AggregateName, (column: string, filter: string) => string>>;
  /** An aggregate of text that is not blank needs its condition inside the filter. */
  notBlank(column: string): string;
}
