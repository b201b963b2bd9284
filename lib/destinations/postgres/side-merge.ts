import type { DestinationSyncMode } from '#lib/catalog.ts';
import type { Column } from '#lib/records/index.ts';
import { deleteAll, mayInterfere } from './delete-rows.ts';
import { quoteTable } from './identifier.ts';
import { type Columns, type Merge, stagedColumns, targetColumns } from './merge.ts';
import { rowsLeftOut } from './rows-taken.ts';
import type { Side } from './side-tables.ts';
import { dropStageTable, SEQ_COLUMN } from './stage-table.ts';
import { findRelation, type Queryable, saveRelation } from './store.ts';
import { createIndexes, fitTable } from './table.ts';

/** A side whose table has the columns of its stage. */
export interface FittedSide extends Side {
  readonly columns: readonly Column[];
  readonly isNew: boolean;
}

export async function fitSides(db: Queryable, namespace: string, sides: readonly Side[]): Promise<FittedSide[]> {
  const fitted: FittedSide[] = [];
  for (const side of sides) {
    // As it is now: an earlier publish of the same stage may have changed it.
    const relation = (await findRelation(db, { namespace, name: side.plan.relation }, 'lock')) ?? side.relation;
    const { columns, isNew } = await fitTable(db, relation, side.shape, { mayBeMissing: true, kind: side.plan.kind });
    await saveRelation(db, relation, { columns, key: null });
    fitted.push({ ...side, relation, columns, isNew });
  }
  return fitted;
}

/** After the stream's own rows: those of the records that it took, and for raw tables all that came. */
export async function mergeSides(
  db: Queryable,
  sides: readonly FittedSide[],
  { merge, mode }: { merge: Merge; mode: DestinationSyncMode },
): Promise<void> {
  for (const side of sides) {
    if (mode.startsWith('overwrite') && !merge.marksVanished) await deleteAll(db, side.relation);
    await insertOf(db, side, merge, mode.endsWith('_dedup') && !side.plan.keepsAll);
    if (side.isNew) await createIndexes(db, side.relation, side.plan.kind);
  }
}

async function insertOf(db: Queryable, side: FittedSide, merge: Merge, winnersOnly: boolean): Promise<void> {
  const columns: Columns = {
    ...{ shape: side.shape, columns: side.columns, kind: side.plan.kind, cleanMeta: merge.cleanMeta },
  };
  const taken = `exists (select from ${quoteTable(merge.table)} m where m.${SEQ_COLUMN} = s.${SEQ_COLUMN} and ${merge.closed})`;
  const won = `exists (select from ${quoteTable(merge.target)} t where t.${merge.kind.recordId} = s._airbyte_raw_id)`;
  const staged = `from ${quoteTable(side.table)} s where ${winnersOnly ? `${taken} and ${won}` : taken}`;
  const { rowCount } = await db.query(
    `insert into ${quoteTable(side.relation)} (${targetColumns(columns)}) select ${stagedColumns(columns)} ${staged}`,
  );
  if (!(await mayInterfere(db, side.relation))) return;
  const { rows } = await db.query(`select count(*)::float8 as rows ${staged}`);
  const { rows: all } = rows[0] as { rows: number };
  if (all > (rowCount ?? 0)) throw rowsLeftOut(side.relation, { left: all - (rowCount ?? 0), rows: all });
}

/** After publishing. */
export async function emptySides(
  db: Queryable,
  sides: readonly Side[],
  how: 'drop' | 'truncate' | string,
): Promise<void> {
  for (const { table } of sides) {
    if (how === 'drop') await dropStageTable(db, table);
    else
      await db.query(
        how === 'truncate' ? `truncate ${quoteTable(table)}` : `delete from ${quoteTable(table)} where ${how}`,
      );
  }
}
