import type { Relation } from '#lib/destinations/destination.ts';
import type { Failure } from '#lib/errors.ts';
import type { Dialect } from './dialect.ts';

/** A database that can be measured: Postgres, or DuckDB over Parquet. All statements of one session see the same data. */
export interface Engine {
  readonly dialect: Dialect;
  /** Finds a table as a suite names it. @throws WeirError `table_missing` that names what was probably meant */
  find(table: string): Promise<{ readonly relation: Relation; readonly columns: readonly string[] }>;
  /** The one row of a SELECT. A statement that fails leaves the session usable. */
  one(sql: string): Promise<Readonly<Record<string, unknown>>>;
  /** What a thrown error means for a check. */
  failureOf(error: unknown): Failure;
  /** Whether measuring one by one can tell more than the error itself: not after a time-out or a lost connection. */
  isWorthSplitting(error: unknown): boolean;
}
