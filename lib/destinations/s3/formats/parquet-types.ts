import type { ColumnType } from '#lib/records/column-type.ts';

/** Each column's type in Parquet. Nested values are JSON text. */
export const PARQUET_TYPES: Readonly<Record<ColumnType, string>> = {
  boolean: 'boolean',
  integer: 'bigint',
  number: 'double',
  string: 'varchar',
  date: 'date',
  timestamp_with_timezone: 'timestamptz',
  timestamp_without_timezone: 'timestamp',
  time_with_timezone: 'varchar',
  time_without_timezone: 'time',
  object: 'json',
  array: 'json',
  json: 'json',
};
