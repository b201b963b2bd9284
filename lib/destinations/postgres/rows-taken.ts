import type { DestinationSyncMode } from '#lib/catalog.ts';
import { WeirError } from '#lib/errors.ts';
import type { Published } from '../destination.ts';
import { mayInterfere } from './delete-rows.ts';
import { quoteTable, type TableRef } from './identifier.ts';
import { type Merge, selectNewest, targetColumns } from './merge.ts';
import { keyNames, orderOf } from './newest.ts';
import type { Queryable } from './store.ts';

// A trigger or a rule of somebody's may let rows go, or keep some, and say nothing.

/** After a merge: each staged row is in the table, or a newer one of its key. */
export async function assertAllTaken(
  client: Queryable,
  merge: Merge,
  mode: DestinationSyncMode,
  { inserted, updated }: Pick<Published, 'inserted' | 'updated'>,
): Promise<void> {
  const rows = merge.staged - merge.repeats;
  if (inserted + updated >= rows) return;
  const byKey = mode === 'append_dedup' || merge.marksVanished;
  const left = byKey ? await countLeftOut(client, merge) : rows - inserted;
  if (left > 0) throw rowsLeftOut(merge.target, { left, rows });
}

async function countLeftOut(client: Queryable, merge: Merge): Promise<number> {
  if (!(await mayInterfere(client, merge.target))) return 0;
  const { target, shape, kind, marksVanished } = merge;
  const same = keyNames(shape)
    .map((name) => `t.${name} = n.${name}`)
    .join(' and ');
  const cursor = marksVanished ? null : orderOf(shape);
  // Unknown where the row has no cursor: then the table's stays.
  const isNewer = cursor ? `or (${cursor.notOlder('n', 't')}) is not true` : '';
  const { rows } = await client.query(
    `with n (${targetColumns(merge)}) as (${selectNewest(merge)})
     select count(*)::float8 as left from n where not exists (
       select from ${quoteTable(target)} t where ${same} and (t.${kind.recordId} = n.${kind.recordId} ${isNewer})
     )`,
  );
  return (rows[0] as { left: number }).left;
}

export function rowsLeftOut(table: TableRef, { left, rows }: { left: number; rows: number }): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'rows_left_out',
    message: `The table ${quoteTable(table)} took ${rows - left} of ${rows} rows and said nothing: a trigger or a rule of it leaves the others out.`,
    hint: 'Let the trigger raise an error: such rows are put aside with its words. Or filter them in the connection.',
  });
}
