import type pg from 'pg';
import { quoteTable, type TableRef } from '#lib/destinations/postgres/identifier.ts';
import type { TableColumn } from '../engine.ts';

export async function isTable(client: pg.ClientBase, table: TableRef): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>('select to_regclass($1) is not null as found', [
    quoteTable(table),
  ]);
  return rows[0]?.found === true;
}

/** Names and types of what stands after FROM; nothing is read for it. */
export async function columnTypes(client: pg.ClientBase, source: string): Promise<TableColumn[]> {
  const { fields } = await client.query(`select * from ${source} limit 0`);
  const { rows } = await client.query<{ type: string }>(
    `select format_type(type, modifier) as type
       from unnest($1::oid[], $2::int[]) with ordinality as field (type, modifier, place) order by place`,
    [fields.map(({ dataTypeID }) => dataTypeID), fields.map(({ dataTypeModifier }) => dataTypeModifier)],
  );
  return fields.map(({ name }, index) => ({ name, type: rows[index]?.type ?? 'unknown' }));
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

/** Tables and views that may be read, with their columns in order. */
export const READABLE_TABLES = `select n.nspname as schema, c.relname as table, columns.list as columns
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  cross join lateral (
    select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod)) order by a.attnum) as list
    from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  ) columns
  where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition and columns.list is not null
    and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', '_weir')
    and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')
  order by n.nspname, c.relname limit 5000`;
