import type pg from 'pg';
import { quoteTable, type TableRef } from '#lib/destinations/postgres/identifier.ts';

/** The columns of a table or view, or null if there is none such. */
export async function columnsOf(client: pg.ClientBase, table: TableRef): Promise<string[] | null> {
  const { rows } = await client.query<{ found: boolean; name: string | null }>(
    `select to_regclass($1) is not null as found, attname as name
       from (select 1) as one
       left join pg_attribute on attrelid = to_regclass($1) and attnum > 0 and not attisdropped
      order by attnum`,
    [quoteTable(table)],
  );
  return rows[0]?.found ? rows.flatMap(({ name }) => (name === null ? [] : [name])) : null;
}

/** The names of the tables and views of a schema. */
export async function tablesIn(client: pg.ClientBase, schema: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = to_regnamespace(quote_ident($1)) and relkind in ('r', 'p', 'v', 'm', 'f')
      order by relname limit 1000`,
    [schema],
  );
  return rows.map(({ name }) => name);
}
