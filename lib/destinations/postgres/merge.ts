import type { DestinationSyncMode, StreamState } from '#lib/catalog.ts';
import { WeirError } from '#lib/errors.ts';
import type { Column, TableShape } from '#lib/records/index.ts';
import type { Counts, Published } from '../destination.ts';
import { deleteAll, refuseChainedDeletes } from './delete-rows.ts';
import { castTo, quote, quoteTable, type TableRef } from './identifier.ts';
import type { TableKind } from './layouts/index.ts';
import { keyNames, newestFirst, orderOf, stagedKey } from './newest.ts';
import type { Side } from './side-tables.ts';
import { type Queryable, tableColumns } from './store.ts';
import { VANISHED_COLUMN } from './table.ts';

/** What is to be published: the rows that the last checkpoint covers. */
export interface PublishRequest {
  readonly table: TableRef;
  readonly shape: TableShape;
  readonly lastSeq: number;
  readonly openSlices: readonly number[];
  /** The stage holds nothing but these rows. */
  readonly nothingLeft: boolean;
  /** How many there must be. */
  readonly staged: number;
  readonly state: StreamState | null;
  readonly counts: Counts;
  /** The stream's table existed before: it may not be missing now. */
  readonly hadTable: boolean;
  readonly complete: boolean;
  /** The stage is made like the stream's table. */
  readonly becomesTable: boolean;
  readonly sides: readonly Side[];
}

export interface Merge extends PublishRequest {
  readonly target: TableRef;
  readonly kind: TableKind;
  readonly isPartitioned: boolean;
  /** Rows that did not come again are marked, not deleted. */
  readonly marksVanished: boolean;
  /** The table may hold rows that are marked so by us: one that comes again is so no more. */
  readonly marks: boolean;
  /** Keys of rows that came and were put aside, a list per column of the key; null where some can't be known. */
  readonly asideKeys: readonly (readonly string[])[] | null;
  /** Rows beyond the first of each key. */
  readonly repeats: number;
  /** Tables whose rows go with those of this one. */
  readonly children: readonly Side[];
  /** The table's columns, which may be wider than the stage's. */
  readonly columns: readonly Column[];
  readonly closed: string;
  /** `_airbyte_meta` of rows in which nothing was changed. */
  readonly cleanMeta: string;
}

type MergeCounts = Pick<Published, 'inserted' | 'updated' | 'deleted'>;
type MergeFunction = (client: Queryable, merge: Merge, isNew: boolean) => Promise<MergeCounts>;

/** How each mode brings staged rows into the table. Readers see the table as it was until the commit. */
export const MERGES: Readonly<Record<DestinationSyncMode, MergeFunction>> = {
  append: async (client, merge) => ({ inserted: await insertAll(client, merge), updated: 0, deleted: 0 }),
  overwrite: async (client, merge, isNew) => {
    const deleted = isNew ? 0 : await deleteAll(client, merge.target, childTables(merge));
    return { inserted: await insertAll(client, merge), updated: 0, deleted };
  },
  append_dedup: async (client, merge, isNew) =>
    isNew
      ? { inserted: await insertNewest(client, merge), updated: 0, deleted: 0 }
      : (merge.children.length > 0 ? replaceNewest : upsertNewest)(client, merge),
  overwrite_dedup: async (client, merge, isNew) => {
    if (merge.marksVanished) return refreshMarked(client, merge, isNew);
    const deleted = isNew ? 0 : await deleteAll(client, merge.target, childTables(merge));
    return { inserted: await insertNewest(client, merge), updated: 0, deleted };
  },
};

/** Their rows come again with those of the stream. */
function childTables({ children }: Merge): TableRef[] {
  return children.map(({ relation }) => relation);
}

/** What was read now is the truth, whatever its cursor says; what did not come again is marked. */
async function refreshMarked(client: Queryable, merge: Merge, isNew: boolean): Promise<MergeCounts> {
  const target = quoteTable(merge.target);
  const given = merge.columns.find(({ name }) => name === VANISHED_COLUMN);
  if (given && !/^(?:timestamp|date|string)/.test(given.type)) throw markTaken(given);
  // Asked first: altering locks readers out, and waits for them, even where nothing is to be done.
  if (!(await tableColumns(client, merge.target))?.has(VANISHED_COLUMN))
    await client.query(`alter table ${target} add column ${VANISHED_COLUMN} timestamp with time zone`);
  // A source that tells of it itself clears it itself.
  const merged = await MERGES.append_dedup(client, { ...merge, marks: given === undefined }, isNew);
  if (isNew) return merged;
  // Of what came and could not be loaded nobody may say that it is gone.
  if (merge.asideKeys === null) return merged;
  const key = keyNames(merge.shape);
  const same = key.map((name) => `s.${name} = t.${name}`).join(' and ');
  const texts = key.map((name) => `t.${name}::text`).join(', ');
  const aside = key.map((_, index) => `$${index + 1}::text[]`).join(', ');
  const { rowCount } = await client.query(
    `update ${target} t set ${VANISHED_COLUMN} = now() where ${VANISHED_COLUMN} is null
       and not exists (select from ${quoteTable(merge.table)} s where ${same} and ${merge.closed})
       and (${texts}) not in (select * from unnest(${aside}))`,
    merge.asideKeys.map((texts) => [...texts]),
  );
  return { ...merged, deleted: rowCount ?? 0 };
}

function markTaken({ field, type }: Column): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'mark_taken',
    message: `Rows that vanish are marked with the time in ${VANISHED_COLUMN}, but the field ${field} of the source is called so and holds ${type} values.`,
    hint: 'Rename that field in the connection, or leave rows that vanish out.',
  });
}

async function insertAll(client: Queryable, merge: Merge): Promise<number> {
  const { rowCount } = await client.query(
    `insert into ${quoteTable(merge.target)} (${targetColumns(merge)})
     select ${stagedColumns(merge)} from ${quoteTable(merge.table)} where ${merge.closed}`,
  );
  return rowCount ?? 0;
}

async function insertNewest(client: Queryable, merge: Merge): Promise<number> {
  const { rowCount } = await client.query(
    `insert into ${quoteTable(merge.target)} (${targetColumns(merge)}) ${selectNewest(merge)}`,
  );
  return rowCount ?? 0;
}

/** An older record that arrives late does not replace a newer one. */
async function upsertNewest(client: Queryable, merge: Merge): Promise<MergeCounts> {
  if (merge.staged === 0) return { inserted: 0, updated: 0, deleted: 0 };
  const cursor = merge.marksVanished ? null : orderOf(merge.shape);
  const newer = cursor && `where ${cursor.notOlder('excluded', 't')}`;
  const sameKey = keyNames(merge.shape).map((name) => `b.${name} = t.${name}`);
  // A partitioned table shows no system columns there. The statement sees the table as it was before.
  const fresh = merge.isPartitioned
    ? `not exists (select from ${quoteTable(merge.target)} b where ${sameKey.join(' and ')})`
    : 'xmax = 0';
  const { rows } = await client.query(
    `with merged as (
       insert into ${quoteTable(merge.target)} as t (${targetColumns(merge)}) ${selectNewest(merge)}
       on conflict (${stagedKey(merge.shape)}) do update set ${assignments(merge)} ${newer ?? ''}
       returning (${fresh}) as fresh
     ) select count(*) filter (where fresh)::float8 as inserted, count(*) filter (where not fresh)::float8 as updated from merged`,
  );
  const [counts] = rows as { inserted: number; updated: number }[];
  return { inserted: counts?.inserted ?? 0, updated: counts?.updated ?? 0, deleted: 0 };
}

/** The same where other tables hang on the rows: a row that is replaced takes those of its children with it. */
async function replaceNewest(client: Queryable, merge: Merge): Promise<MergeCounts> {
  if (merge.staged === 0) return { inserted: 0, updated: 0, deleted: 0 };
  const { target, kind, shape, children } = merge;
  const beside = childTables(merge);
  for (const table of [target, ...beside]) await refuseChainedDeletes(client, table, beside);
  const cursor = merge.marksVanished ? null : orderOf(shape);
  const key = keyNames(shape);
  const sameKey = key.map((name) => `t.${name} = n.${name}`).join(' and ');
  const newer = cursor ? `and ${cursor.notOlder('n', 't')}` : '';
  const deletes = children.map(
    ({ relation, plan }, index) =>
      `, gone_${index} as (delete from ${quoteTable(relation)} c using gone g where c.${plan.kind.recordId} = g.id)`,
  );
  const { rows } = await client.query(
    `with newest (${targetColumns(merge)}) as (${selectNewest(merge)}),
     gone as (delete from ${quoteTable(target)} t using newest n where ${sameKey} ${newer} returning t.${kind.recordId} as id)
     ${deletes.join('')} select count(*)::float8 as updated from gone`,
  );
  const { updated } = rows[0] as { updated: number };
  const { rowCount } = await client.query(
    `insert into ${quoteTable(target)} (${targetColumns(merge)}) ${selectNewest(merge)} on conflict (${key.join(', ')}) do nothing`,
  );
  return { inserted: (rowCount ?? 0) - updated, updated, deleted: 0 };
}

/** Of each key the row with the highest cursor; among equals the one that came last. */
export function selectNewest(merge: Merge): string {
  const key = stagedKey(merge.shape);
  if (key === '') return `select ${stagedColumns(merge)} from ${quoteTable(merge.table)} where false`;
  if (merge.repeats === 0)
    return `select ${stagedColumns(merge)} from ${quoteTable(merge.table)} where ${merge.closed}`;
  return `select distinct on (${key}) ${stagedColumns(merge)} from ${quoteTable(merge.table)}
     where ${merge.closed} order by ${key}, ${newestFirst(merge.shape, quoteTable(merge.table))}`;
}

export function newestInTable(shape: TableShape, { meta }: TableKind, table: TableRef): string {
  const cursor = orderOf(shape);
  const extractedAt = meta.find(({ from }) => from === '_airbyte_extracted_at')?.name;
  return `${cursor ? `${cursor.newestFirst(quoteTable(table))}, ` : ''}${extractedAt} desc, ctid desc`;
}

export type Columns = Pick<Merge, 'shape' | 'columns' | 'cleanMeta' | 'kind'>;

export function targetColumns({ shape, kind }: Columns): string {
  return [...shape.columns.map((column) => quote(column.name)), ...kind.meta.map(({ name }) => name)].join(', ');
}

export function stagedColumns({ shape, columns, cleanMeta, kind }: Columns): string {
  const types = new Map(columns.map((column) => [column.name, column.type]));
  const data = shape.columns.map(({ name, type }) => castTo(name, type, types.get(name) ?? type));
  const meta = kind.meta.map(({ from }) =>
    from === '_airbyte_meta' ? `coalesce(${from}, '${cleanMeta}'::jsonb)` : from,
  );
  return [...data, ...meta].join(', ');
}

function assignments({ shape, kind, marks }: Merge): string {
  const names = [...shape.columns.map((column) => quote(column.name)), ...kind.meta.map(({ name }) => name)];
  const back = marks ? [`${VANISHED_COLUMN} = null`] : [];
  return [...names.map((name) => `${name} = excluded.${name}`), ...back].join(', ');
}
