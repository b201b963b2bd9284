import { quoteTable, type TableRef } from './identifier.ts';
import type { Remade } from './remade.ts';
import type { Queryable } from './store.ts';

/** The policies that look at the table's columns, whose table ever they are for. */
export function policiesOver(db: Queryable, table: TableRef): Promise<Remade[]> {
  return statementsFor(
    db,
    table,
    `select format('drop policy %I on %s', p.polname, t.name) as drop, array_remove(array[
       format('create policy %I on %s as %s for %s to %s%s%s', p.polname, t.name,
         case when p.polpermissive then 'permissive' else 'restrictive' end,
         case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
         (select string_agg(case when role = 0 then 'public' else quote_ident(pg_get_userbyid(role)) end, ', ') from unnest(p.polroles) role),
         ' using (' || pg_get_expr(p.polqual, p.polrelid) || ')', ' with check (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')'),
       format('comment on policy %I on %s is %L', p.polname, t.name, obj_description(p.oid, 'pg_policy'))
     ], null) as make
     from pg_policy p, lateral (select p.polrelid::regclass::text as name) t
     where exists (select from pg_depend d where d.classid = 'pg_policy'::regclass and d.objid = p.oid
       and d.refclassid = 'pg_class'::regclass and d.refobjid = $1::regclass and d.refobjsubid <> 0)
     order by p.polname`,
  );
}

/** The table's triggers that name columns: triggers are run in the order of their names, so none is missed. */
export function triggersOn(db: Queryable, table: TableRef): Promise<Remade[]> {
  return statementsFor(
    db,
    table,
    `select format('drop trigger %I on %s', g.tgname, t.name) as drop, array_remove(array[
       pg_get_triggerdef(g.oid),
       case g.tgenabled when 'O' then null
         else format('alter table %s %s trigger %I', t.name,
           case g.tgenabled when 'D' then 'disable' when 'R' then 'enable replica' else 'enable always' end, g.tgname) end,
       format('comment on trigger %I on %s is %L', g.tgname, t.name, obj_description(g.oid, 'pg_trigger'))
     ], null) as make
     from pg_trigger g, lateral (select g.tgrelid::regclass::text as name) t
     where g.tgrelid = $1::regclass and not g.tgisinternal and g.tgparentid = 0
       and exists (select from pg_depend d where d.classid = 'pg_trigger'::regclass and d.objid = g.oid
         and d.refclassid = 'pg_class'::regclass and d.refobjid = g.tgrelid and d.refobjsubid <> 0)
     order by g.tgname`,
  );
}

async function statementsFor(db: Queryable, table: TableRef, sql: string): Promise<Remade[]> {
  const { rows } = await db.query(sql, [quoteTable(table)]);
  return (rows as { drop: string; make: string[] }[]).map(({ drop, make }) => ({
    drop,
    make: async (client) => {
      for (const statement of make) await client.query(statement);
    },
  }));
}
