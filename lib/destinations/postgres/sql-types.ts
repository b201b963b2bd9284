import type { ColumnType } from '#lib/records/column-type.ts';

/** Each column type as `format_type()` spells it. */
const SQL_TYPES: Readonly<Record<ColumnType, string>> = {
  boolean: 'boolean',
  integer: 'bigint',
  number: 'numeric',
  string: 'character varying',
  date: 'date',
  timestamp_with_timezone: 'timestamp with time zone',
  timestamp_without_timezone: 'timestamp without time zone',
  time_with_timezone: 'time with time zone',
  time_without_timezone: 'time without time zone',
  object: 'jsonb',
  array: 'jsonb',
  json: 'jsonb',
};

/** A column's type in Postgres. */
export function sqlType(type: ColumnType): string {
  return SQL_TYPES[type];
}
