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

/** `column` of type `from` as the wider type `to`. What was a time is spelled as sources spell it: keys and cursors go on meeting theirs. */
export function castTo(column: string, from: ColumnType, to: ColumnType): string {
  const name = quote(column);
  if (sqlType(from) === sqlType(to)) return name;
  if (sqlType(to) === 'jsonb') return `to_jsonb(${name})`;
  if (to === 'string' && from.startsWith('timestamp'))
    return `regexp_replace(to_jsonb(${name}) #>> '{}', '[+]00:00$', 'Z')::${sqlType(to)}`;
  if (to === 'string' && from === 'time_with_timezone')
    return `regexp_replace(${name}::text, '[+]00$', 'Z')::${sqlType(to)}`;
  return `${name}::${sqlType(to)}`;
}
