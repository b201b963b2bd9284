import { WeirError } from '#lib/errors.ts';
import { quoteTable, type TableRef } from './identifier.ts';
import type { Queryable } from './store.ts';

/** Not TRUNCATE: that would lock readers out, and show an empty table to those with an older snapshot. */
export async function deleteAll(db: Queryable, table: TableRef, alongside: readonly TableRef[] = []): Promise<number> {
  const { rowCount } = await db.query(`delete from ${quoteTable(table)}`);
  // Asked when nobody can hang more on it; a refusal takes the deletes back.
  const may = await refuseChainedDeletes(db, table, alongside);
  if (may && (await db.query(`select from ${quoteTable(table)} limit 1`)).rowCount) throw rowsKept(table);
  return rowCount ?? 0;
}

/** Whether a trigger or a rule of somebody's may let rows go, or keep some, and say nothing. */
export async function mayInterfere(db: Queryable, table: TableRef): Promise<boolean> {
  const { rows } = await db.query(`select ${MAY_INTERFERE} as may from pg_class where oid = $1::regclass`, [
    quoteTable(table),
  ]);
  return (rows[0] as { may: boolean } | undefined)?.may === true;
}

const MAY_INTERFERE = 'relhastriggers or relhasrules or relhassubclass';

/** Where TimescaleDB keeps a hypertable's rows, in tables that inherit from it. */
const CHUNKS = '_timescaledb_internal';
/** As `pg_constraint.confdeltype` has them. */
const ACTIONS: Readonly<Record<string, string>> = { c: 'cascade', n: 'set null', d: 'set default' };

interface Follower {
  /** As the database writes it; null where there is none. */
  readonly table: string | null;
  /** Null for a table that inherits. */
  readonly constraint: string | null;
  readonly action: string;
}

/**
 * Where rows are deleted to be put back as they are read now: refuses if rows of other people's tables would go with them, by a foreign
 * key or because those tables inherit. Rows of the tables `alongside` are put back too. Otherwise gives what `mayInterfere` would.
 */
export async function refuseChainedDeletes(
  db: Queryable,
  table: TableRef,
  alongside: readonly TableRef[] = [],
): Promise<boolean> {
  const { rows } = await db.query(
    `select ${MAY_INTERFERE} as may, f.* from pg_class t left join lateral (
     select conrelid::regclass::text as table, quote_ident(conname) as constraint, confdeltype::text as action
     from pg_constraint where contype = 'f' and confrelid = $1::regclass and conrelid <> confrelid and confdeltype in ('c', 'n', 'd')
       and not exists (select from unnest($2::text[]) name where to_regclass(name) = conrelid)
     union all
     select i.inhrelid::regclass::text, null, '' from pg_inherits i join pg_class p on p.oid = i.inhparent
     join pg_class c on c.oid = i.inhrelid
     where i.inhparent = $1::regclass and p.relkind = 'r' and c.relnamespace is distinct from to_regnamespace('${CHUNKS}')
     ) f on true where t.oid = $1::regclass limit 1`,
    [quoteTable(table), alongside.map(quoteTable)],
  );
  const [first] = rows as (Follower & { may: boolean })[];
  if (first === undefined || first.table === null) return first?.may === true;
  throw first.constraint === null ? inherited(table, first) : referenced(table, first);
}

function referenced(table: TableRef, { table: other, constraint, action }: Follower): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'rows_referenced',
    message: `Replacing rows of ${quoteTable(table)} would delete or change rows of ${other}: its foreign key ${constraint} says on delete ${ACTIONS[action] ?? action}.`,
    hint: 'Make the foreign key anew without that action, deferrable initially deferred: then it is checked when the new rows are in. Or load the stream incrementally and deduplicated. Nothing was changed.',
  });
}

function inherited(table: TableRef, { table: other }: Follower): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'table_inherited',
    message: `Replacing rows of ${quoteTable(table)} would delete those of ${other}, which inherits from it.`,
    hint: `Run alter table ${other} no inherit ${quoteTable(table)}, and read both through a view. Nothing was changed.`,
  });
}

function rowsKept(table: TableRef): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'rows_kept',
    message: `All rows of ${quoteTable(table)} were to be replaced, but a trigger or a rule of it keeps some from being deleted and says nothing.`,
    hint: 'Drop that trigger or rule, or load the stream in a mode that adds to what is there. Nothing was changed.',
  });
}
