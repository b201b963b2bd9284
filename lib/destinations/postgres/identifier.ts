import { WeirError } from '#lib/errors.ts';
import { type ColumnType, MAX_NAME_BYTES } from '#lib/records/index.ts';

/** A table with its schema, both as the database has them. */
export interface TableRef {
  readonly schema: string;
  readonly table: string;
}

/** The one place where names become SQL. */
export function quote(name: string): string {
  if (name === '' || name.includes('\u0000') || Buffer.byteLength(name) > MAX_NAME_BYTES) {
    throw new WeirError({ kind: 'bug', code: 'bad_identifier', message: `"${name}" can't be a name in Postgres.` });
  }
  return `"${name.replaceAll('"', '""')}"`;
}

export function quoteTable({ schema, table }: TableRef): string {
  return `${quote(schema)}.${quote(table)}`;
}

export function quoteList(names: readonly string[]): string {
  return names.map(quote).join(', ');
}

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

export function sqlType(type: ColumnType): string {
  return SQL_TYPES[type];
}

/** `column` of type `from` as the wider type `to`. */
export function castTo(column: string, from: ColumnType, to: ColumnType): string {
  if (sqlType(from) === sqlType(to)) return quote(column);
  return sqlType(to) === 'jsonb' ? `to_jsonb(${quote(column)})` : `${quote(column)}::${sqlType(to)}`;
}
