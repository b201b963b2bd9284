import { WeirError } from '#lib/errors.ts';
import { quoteTable, type TableRef } from './identifier.ts';
import { postgresCode } from './postgres-errors.ts';
import type { Remade } from './remade.ts';
import { policiesOver, triggersOn } from './remade-rules.ts';
import { viewsOver } from './remade-views.ts';
import type { Queryable } from './store.ts';

const IN_USE = /cannot alter type of a column used (?:by a view|in a policy|in a trigger)/;
/** Something depends on it, it can't be made over the wider type, it is somebody else's, or takes too long. */
const CANT_BE = /^(?:2BP01|42\w{3}|0A000|57014)$/;
/** An operator, a cast or a key that there is not for the wider type. */
const MEANS_NOTHING = /^(?:428|427|42P16|0A0)/;
/** A materialized view is filled again meanwhile, and whoever reads the table waits. */
const MOST_MS = 60_000;

/**
 * Widens columns that are in use: views that look at them, policies and triggers that name them are taken away and made again around it, as
 * they were. All in the caller's transaction, so that nobody sees them missing. Where that can't be, everything stays, and what stands in the
 * way is named.
 */
export async function alterInUse(
  db: Queryable,
  table: TableRef,
  { statement, columns }: { statement: string; columns: readonly string[] },
): Promise<void> {
  await db.query('savepoint before_altering');
  try {
    await db.query(statement);
  } catch (error) {
    await db.query('rollback to savepoint before_altering');
    if (!IN_USE.test((error as Error).message)) throw await namingUsers(db, table, { error, columns });
    if (!(await remadeAround(db, table, statement))) throw error;
  }
  await db.query('release savepoint before_altering');
}

/** The views go first: whoever reads one has its lock before the table's. */
async function remadeAround(db: Queryable, table: TableRef, statement: string): Promise<boolean> {
  const all: Remade[] = [
    ...(await policiesOver(db, table)),
    ...(await triggersOn(db, table)),
    ...(await viewsOver(db, table)),
  ];
  if (all.length === 0 || all.some(({ make }) => make === null)) return false;
  try {
    for (const { drop } of all.toReversed()) await db.query(drop);
    await db.query(statement);
    const before = await limitStatements(db, String(MOST_MS));
    for (const { make } of all) await make?.(db);
    await limitStatements(db, before);
    return true;
  } catch (error) {
    if (!CANT_BE.test(postgresCode(error))) throw error;
    await db.query('rollback to savepoint before_altering');
    return false;
  }
}

/** For the rest of the transaction; gives what held before. */
async function limitStatements(db: Queryable, limit: string): Promise<string> {
  const { rows } = await db.query(
    `with before as materialized (select current_setting('statement_timeout') as value)
     select value, set_config('statement_timeout', $1, true) from before`,
    [limit],
  );
  return (rows[0] as { value: string }).value;
}

/** The database says what it can't do, and not always for what: constraints, indexes and statistics that compute with the column. */
async function namingUsers(
  db: Queryable,
  table: TableRef,
  { error, columns }: { error: unknown; columns: readonly string[] },
): Promise<unknown> {
  if (!MEANS_NOTHING.test(postgresCode(error))) return error;
  const { rows } = await db.query(
    `select distinct pg_describe_object(d.classid, d.objid, d.objsubid) as name from pg_depend d
     join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
     where d.refclassid = 'pg_class'::regclass and d.refobjid = $1::regclass and a.attname = any($2) and (
       d.classid in ('pg_constraint'::regclass, 'pg_attrdef'::regclass, 'pg_statistic_ext'::regclass)
       or d.classid = 'pg_class'::regclass and exists (
         select from pg_index where indexrelid = d.objid and (indexprs is not null or indpred is not null)))`,
    [quoteTable(table), columns],
  );
  const names = (rows as { name: string }[]).map(({ name }) => name);
  const users = names.length > 0 ? `; it is used by ${names.join(', ')}` : '';
  return new WeirError({
    kind: 'config',
    code: 'column_in_use',
    message: `A column of ${quoteTable(table)} can’t take a wider type while it is in use: ${(error as Error).message}${users}.`,
    hint: 'Drop what uses the column, sync, and create it again for the wider type.',
    cause: error,
  });
}
