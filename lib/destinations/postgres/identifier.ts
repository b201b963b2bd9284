import { WeirError } from '#lib/errors.ts';
import { type ColumnType, MAX_NAME_BYTES } from '#lib/records/index.ts';
import { sqlType } from './sql-types.ts';

export { sqlType } from './sql-types.ts';

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

/** `column` of type `from` as the wider type `to`. */
export function castTo(column: string, from: ColumnType, to: ColumnType): string {
  if (sqlType(from) === sqlType(to)) return quote(column);
  return sqlType(to) === 'jsonb' ? `to_jsonb(${quote(column)})` : `${quote(column)}::${sqlType(to)}`;
}
