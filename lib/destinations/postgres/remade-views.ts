import { quoteTable, type TableRef } from './identifier.ts';
import type { Remade } from './remade.ts';
import type { Queryable } from './store.ts';

/** Views upon views. */
const MOST_DEPTH = 50;

/** A view with what makes it again; names and roles as the database quotes them. */
interface ViewRow {
  readonly name: string;
  readonly definition: string;
  readonly options: string | null;
  readonly owner: string;
  readonly comment: string | null;
  readonly grants: readonly string[];
  readonly kind: 'view' | 'materialized view';
  /** Of a materialized view. */
  readonly indexes: readonly string[];
  readonly place: string;
  /** It is no view, or has more to it than is made again. */
  readonly isMore: boolean;
}

async function make(db: Queryable, view: ViewRow): Promise<void> {
  const { name, kind, definition, options, place, owner, comment, grants, indexes } = view;
  const given = options === null ? '' : ` with (${options})`;
  await db.query(`create ${kind} ${name}${given}${place} as ${definition.replace(/;$/, '')}`);
  for (const index of indexes) await db.query(index);
  if (comment !== null) await db.query(comment);
  // First the owner: rights are given in its name, and what it gave to us would be our own as long as the view is.
  await db.query(`alter ${kind} ${name} owner to ${owner}`);
  for (const role of await holdersOf(db, name)) await db.query(`revoke all on ${name} from ${role}`);
  for (const grant of grants) await db.query(grant);
}

/** Who has rights on a new view beside its owner, because of default privileges. */
async function holdersOf(db: Queryable, name: string): Promise<string[]> {
  const { rows } = await db.query(
    `select distinct case when a.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end as role
     from pg_class c, aclexplode(c.relacl) a where c.oid = $1::regclass and a.grantee <> c.relowner`,
    [name],
  );
  return (rows as { role: string }[]).map(({ role }) => role);
}

/** Those that read the table, and those that read these, each after what it reads. */
export async function viewsOver(db: Queryable, table: TableRef): Promise<Remade[]> {
  const { rows } = await db.query(
    `with recursive readers (id, depth) as (
       select $1::regclass::oid, 0
       union
       select r.ev_class, u.depth + 1 from readers u
       join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = u.id and d.classid = 'pg_rewrite'::regclass
       join pg_rewrite r on r.oid = d.objid and r.ev_class <> u.id where u.depth < ${MOST_DEPTH}
     )
     select v.name, pg_get_viewdef(c.oid) as definition, array_to_string(c.reloptions, ', ') as options,
       quote_ident(pg_get_userbyid(c.relowner)) as owner,
       v.kind,
       coalesce((select ' tablespace ' || quote_ident(spcname) from pg_tablespace where oid = c.reltablespace), '') as place,
       array(select pg_get_indexdef(i.indexrelid) from pg_index i where i.indrelid = c.oid) as indexes,
       (select format('comment on %s %s is %L', v.kind, v.name, obj_description(c.oid, 'pg_class'))
        where obj_description(c.oid, 'pg_class') is not null) as comment,
       array(select format('grant %s on %s to %s%s', a.privilege_type, v.name,
           case when a.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end,
           case when a.is_grantable then ' with grant option' else '' end)
         from aclexplode(c.relacl) a where a.grantee <> c.relowner) as grants,
       c.relkind not in ('v', 'm') or not c.relispopulated
         or exists (select from pg_index i join pg_class x on x.oid = i.indexrelid where i.indrelid = c.oid
           and (i.indisclustered or not i.indisvalid or x.reltablespace <> 0 or obj_description(x.oid, 'pg_class') is not null))
         or exists (select from pg_attribute where attrelid = c.oid and attnum > 0 and (attstattarget >= 0 or attoptions is not null))
         or exists (select from pg_statistic_ext where stxrelid = c.oid)
         or max(u.depth) >= ${MOST_DEPTH}
         or exists (select from pg_trigger where tgrelid = c.oid)
         or exists (select from pg_rewrite where ev_class = c.oid and rulename <> '_RETURN')
         or exists (select from pg_attrdef where adrelid = c.oid)
         or exists (select from pg_attribute where attrelid = c.oid and attacl is not null)
         or exists (select from pg_description where objoid = c.oid and classoid = 'pg_class'::regclass and objsubid <> 0)
         or exists (select from pg_seclabel where objoid = c.oid)
         or exists (select from pg_depend where objid = c.oid and deptype = 'e') as "isMore"
     from readers u join pg_class c on c.oid = u.id join pg_namespace n on n.oid = c.relnamespace,
       lateral (select format('%I.%I', n.nspname, c.relname) as name,
         case c.relkind when 'm' then 'materialized view' else 'view' end as kind) v
     where u.depth > 0 group by c.oid, v.name, v.kind order by max(u.depth)`,
    [quoteTable(table)],
  );
  return (rows as ViewRow[]).map((view) => ({
    drop: `drop ${view.kind} ${view.name}`,
    make: view.isMore ? null : (client) => make(client, view),
  }));
}
