import { quote, quoteTable } from './identifier.ts';
import type { Merge } from './merge.ts';
import { SEQ_COLUMN, SLICE_COLUMN } from './stage-table.ts';
import type { Queryable } from './store.ts';

/**
 * Puts the stage in the place of the stream's new, empty table, in whose schema it takes over the rights that the database gives to new
 * tables there. Nothing is copied. Gives the rows.
 */
export async function becomeTable(client: Queryable, { table: stage, target, staged, kind }: Merge): Promise<number> {
  const rights = await grantsOf(client, quoteTable(target));
  await client.query(`drop table ${quoteTable(target)}`);
  const changes = [
    ...[SLICE_COLUMN, SEQ_COLUMN].map((name) => `drop column ${name}`),
    ...kind.meta.map(({ name }) => `alter column ${name} drop default`),
  ];
  await client.query(`alter table ${quoteTable(stage)} ${changes.join(', ')}`);
  await client.query(`alter table ${quoteTable(stage)} set schema ${quote(target.schema)}`);
  await client.query(`alter table ${quote(target.schema)}.${quote(stage.table)} rename to ${quote(target.table)}`);
  for (const right of rights) await client.query(right);
  return staged;
}

/** The rights that others than the owner have on a table, as statements; roles are named by the database itself. */
async function grantsOf(client: Queryable, table: string): Promise<string[]> {
  const { rows } = await client.query(
    `select format('grant %s on %s to %s%s', a.privilege_type, $1::text,
       case when a.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end,
       case when a.is_grantable then ' with grant option' else '' end) as statement
     from pg_class c, aclexplode(c.relacl) a where c.oid = $1::regclass and a.grantee <> c.relowner`,
    [table],
  );
  return (rows as { statement: string }[]).map(({ statement }) => statement);
}
