import { WeirError } from '#lib/errors.ts';
import { quoteTable, type TableRef } from './identifier.ts';
import type { Queryable } from './store.ts';

/**
 * Before a merge, which has to see all rows: refuses where a policy that holds for the owner too may hide some, which the merge would double. One
 * that shows all of them to this user hides none. Not by `row_security = off`: that would refuse what triggers do in other tables.
 */
export async function refuseHiddenRows(db: Queryable, tables: readonly TableRef[]): Promise<void> {
  const { rows } = await db.query(
    `select t.name from unnest($1::text[]) as t (name), lateral (select to_regclass(t.name) as id) c
     where row_security_active(c.id) and (
       exists (select from pg_policy p where p.polrelid = c.id and not p.polpermissive)
       or not exists (select from pg_policy p where p.polrelid = c.id and p.polpermissive and p.polcmd = '*'
         and pg_get_expr(p.polqual, p.polrelid) = 'true'
         and exists (select from unnest(p.polroles) r where case when r = 0 then true else pg_has_role(r, 'usage') end)))`,
    [tables.map(quoteTable)],
  );
  const [first] = rows as { name: string }[];
  if (first !== undefined) throw rowsHidden(first.name);
}

function rowsHidden(table: string): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'rows_hidden',
    message: `A row-level security policy of ${table} may hide rows from its owner too, and a merge has to see them all.`,
    hint: `Run alter table ${table} no force row level security, or alter role … bypassrls for this user, or create a policy for it using (true). Nothing was changed.`,
  });
}
