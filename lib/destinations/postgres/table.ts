import { WeirError } from '#lib/errors.ts';
import { type Column, type TableShape, widen } from '#lib/records/index.ts';
import type { SchemaChange } from '../destination.ts';
import { alterInUse } from './alter-in-use.ts';
import { castTo, quote, quoteTable, sqlType, type TableRef } from './identifier.ts';
import type { TableKind } from './layouts/index.ts';
import { ensureSchema, type Queryable, type RelationRow, tableColumns } from './store.ts';

/** When a row was found to be gone from its source; Airbyte's models know the column. */
export const VANISHED_COLUMN = '_ab_cdc_deleted_at';

export interface FittedTable {
  readonly columns: readonly Column[];
  readonly isNew: boolean;
  readonly changes: SchemaChange[];
  /** It has the column that marks what has vanished, and no field of the source fills it. */
  readonly marks: boolean;
}

/**
 * Makes the stream's table fit the stage's columns: creates it, adds columns, widens types. Gives the table's columns, and whether
 * it is new. Refuses a table that Weir did not make, and one whose columns were changed by hand.
 */
export async function fitTable(
  db: Queryable,
  relation: RelationRow,
  shape: TableShape,
  options: { mayBeMissing: boolean; kind: TableKind },
): Promise<FittedTable> {
  const actual = await tableColumns(db, relation);
  if (actual === null) {
    if (!options.mayBeMissing) throw tableDropped(relation);
    await createTable(db, relation, shape.columns, options.kind);
    return { columns: shape.columns, isNew: true, changes: [], marks: false };
  }
  if (!relation.created) throw tableNotOurs(relation);
  if (relation.isOther) throw noTable(relation);
  refuseForeignChanges(relation, actual, options.kind);
  const columns = mergeColumns(relation.columns, shape.columns);
  refuseTakenNames(relation, columns, actual);
  const actions = alterations(relation.columns, columns, actual);
  if (actions.length > 0)
    await alterInUse(db, relation, {
      statement: `alter table ${quoteTable(relation)} ${actions.join(', ')}`,
      columns: widened(relation.columns, columns),
    });
  const marks = actual.has(VANISHED_COLUMN) && !columns.some(({ name }) => name === VANISHED_COLUMN);
  return { columns, isNew: false, changes: changesOf(stillThere(relation.columns, actual), columns), marks };
}

/** A column that somebody dropped or renamed is added again. */
function stillThere(columns: readonly Column[], actual: Map<string, string>): Column[] {
  return columns.filter(({ name }) => actual.has(name));
}

/** What becomes of a table's columns. */
export function changesOf(before: readonly Column[], after: readonly Column[]): SchemaChange[] {
  const types = new Map(before.map((column) => [column.name, column.type]));
  return after.flatMap(({ field, name, type }): SchemaChange[] => {
    const old = types.get(name);
    const shown = field.replaceAll('\u0000', '.');
    if (old === undefined) return [{ change: 'column_added', field: shown, detail: sqlType(type) }];
    if (sqlType(old) === sqlType(type)) return [];
    return [{ change: 'column_widened', field: shown, detail: `${sqlType(old)} → ${sqlType(type)}` }];
  });
}

async function createTable(db: Queryable, table: TableRef, columns: readonly Column[], kind: TableKind): Promise<void> {
  await ensureSchema(db, table.schema);
  const meta = kind.meta.map(({ name, type }) => `${name} ${type}`);
  const definitions = [...dataDefinitions(columns), ...meta];
  await db.query(`create table ${quoteTable(table)} (${definitions.join(', ')})`);
}

/** Of a new table, when its first rows are in it: that takes half of what keeping the indexes up for each row does. */
export async function createIndexes(db: Queryable, table: TableRef, { indexes }: TableKind): Promise<void> {
  for (const column of indexes) await db.query(`create index on ${quoteTable(table)} (${quote(column)})`);
}

export function dataDefinitions(columns: readonly Column[]): string[] {
  return columns.map((column) => `${quote(column.name)} ${sqlType(column.type)}`);
}

/** The table's columns with the stage's in; a column keeps the wider of its two types. */
export function mergeColumns(table: readonly Column[], stage: readonly Column[]): readonly Column[] {
  const byName = new Map(table.map((column) => [column.name, column]));
  for (const column of stage) {
    const known = byName.get(column.name);
    byName.set(column.name, known ? { ...column, type: widen(known.type, column.type) } : column);
  }
  return [...byName.values()];
}

function alterations(before: readonly Column[], after: readonly Column[], actual: Map<string, string>): string[] {
  const types = new Map(before.map((column) => [column.name, column.type]));
  return after.flatMap(({ name, type }) => {
    const old = types.get(name);
    if (!actual.has(name)) return [`add column ${quote(name)} ${sqlType(type)}`];
    if (old === undefined || sqlType(old) === sqlType(type)) return [];
    return [`alter column ${quote(name)} type ${sqlType(type)} using ${castTo(name, old, type)}`];
  });
}

function widened(before: readonly Column[], after: readonly Column[]): string[] {
  const types = new Map(after.map(({ name, type }) => [name, sqlType(type)]));
  return before.flatMap(({ name, type }) => (types.get(name) === sqlType(type) ? [] : name));
}

/** Throws if a table of that name exists which Weir did not make. */
export function isThere(relation: RelationRow): boolean {
  if (relation.isThere && !relation.created) throw tableNotOurs(relation);
  if (relation.isOther) throw noTable(relation);
  return relation.isThere;
}

function refuseForeignChanges(relation: RelationRow, actual: Map<string, string>, kind: TableKind): void {
  for (const { name } of kind.meta) {
    if (!actual.has(name)) throw metaMissing(relation, name);
  }
  for (const { name, type } of relation.columns) {
    const found = actual.get(name);
    if (found !== undefined && found !== sqlType(type))
      throw columnChanged(relation, name, `is now ${found}, not ${sqlType(type)}`);
  }
}

/** A column that somebody added is taken for a new field of its name if it has the field's type. */
function refuseTakenNames(relation: RelationRow, columns: readonly Column[], actual: Map<string, string>): void {
  const ours = new Set(relation.columns.map(({ name }) => name));
  for (const { field, name, type } of columns) {
    const found = actual.get(name);
    if (!ours.has(name) && found !== undefined && found !== sqlType(type))
      throw columnTaken(relation, { field, name, found, type: sqlType(type) });
  }
}

function noTable(table: TableRef): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'no_table',
    message: `${quoteTable(table)} is no table any more: somebody has put something else in its place, such as a view.`,
    hint: 'Give the table its name back and the other one another, or drop what is there so that the next sync builds the table anew.',
  });
}

function tableNotOurs(table: TableRef): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'table_not_ours',
    message: `The table ${quoteTable(table)} exists, and Weir did not make it.`,
    hint: 'Choose another schema or a table prefix in the connection, or rename or drop that table.',
  });
}

/** Its rows are gone that the state of this stream speaks of. */
export function tableReplaced(stream: string): WeirError {
  return new WeirError({
    kind: 'transient',
    code: 'table_replaced',
    message: `Another connection replaced the rows of ${stream} while this one was adding to them.`,
    hint: 'The stream is read again from its start. Give each of the two a table of its own: a prefix in the connection does that.',
  });
}

function tableDropped(table: TableRef): WeirError {
  return new WeirError({
    kind: 'transient',
    code: 'table_missing',
    message: `The table ${quoteTable(table)} was dropped during the sync.`,
    hint: 'The next sync reads everything again and builds it anew.',
  });
}

function metaMissing(table: TableRef, column: string): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'column_changed',
    message: `The table ${quoteTable(table)} has no column ${column}: it was loaded in another layout, or changed by hand.`,
    hint: 'Set the destination’s layout back, choose another schema or prefix, or drop the table so that the next sync builds it anew.',
  });
}

function columnTaken(
  table: TableRef,
  { field, name, found, type }: { field: string; name: string; found: string; type: string },
): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'column_taken',
    message: `The table ${quoteTable(table)} has a column ${quote(name)} (${found}) that no sync has added, and a new field ${field.replaceAll('\u0000', '.')} needs one of that name (${type}).`,
    hint: 'Rename or drop that column, or rename the field in the connection.',
  });
}

function columnChanged(table: TableRef, column: string, how: string): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'column_changed',
    message: `The column ${quote(column)} of ${quoteTable(table)} ${how}; somebody changed it by hand.`,
    hint: 'Change it back, or drop the table so that the next sync builds it anew.',
  });
}
