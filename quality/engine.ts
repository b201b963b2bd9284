import type { Relation } from '#lib/destinations/destination.ts';
import type { Failure } from '#lib/errors.ts';
import type { Dialect } from './dialect.ts';

export interface TableColumn {
  readonly name: string;
  /** As the database spells it. */
  readonly type: string;
}

/** Groups are about as many as rows: sorting them beats a hash table that outgrows its memory, and costs little where keys lie in order. */
export type Hint = 'sort';

export type Row = Readonly<Record<string, unknown>>;

/** A database that can be measured: Postgres, or DuckDB over Parquet. All statements of one session see the same data. */
export interface Engine {
  readonly dialect: Dialect;
  /** How many statements may be asked for at the same time. */
  readonly statementsAtOnce: number;
  /** Finds a table as a suite names it. @throws WeirError `table_missing` that names what was probably meant */
  find(table: string): Promise<Relation>;
  /** Reads nothing of it. @throws WeirError `table_missing` */
  assertThere(table: string): Promise<void>;
  columnsOf(relation: Relation): Promise<readonly TableColumn[]>;
  /** The rows of a SELECT. A statement that fails leaves the session usable. */
  rows(sql: string, hint?: Hint): Promise<readonly Row[]>;
  /** What a thrown error means for a check. */
  failureOf(error: unknown): Failure;
  /** Whether measuring one by one can tell more than the error itself: not after a time-out or a lost connection. */
  isWorthSplitting(error: unknown): boolean;
}
