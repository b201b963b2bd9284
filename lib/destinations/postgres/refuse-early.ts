import { refuseChainedDeletes } from './delete-rows.ts';
import { refuseHiddenRows } from './hidden-rows.ts';
import type { Side } from './side-tables.ts';
import type { StageParts } from './stage-parts.ts';
import type { Queryable, RelationRow } from './store.ts';

/**
 * Before anything is read: what the catalogue says that keeps a full refresh from taking the place of the rows that are there. Nobody waits
 * for all to be read to hear of it; it is asked again when that is published.
 */
export async function refuseEarly(
  db: Queryable,
  { target }: StageParts,
  relation: RelationRow,
  sides: readonly Side[],
): Promise<void> {
  const { destinationSyncMode: mode, softDelete } = target;
  const marks = softDelete === true && mode.endsWith('_dedup');
  if (!mode.startsWith('overwrite') || marks) return;
  const there = sides.filter((side) => side.relation.isThere);
  const children = there.filter(({ plan }) => !plan.keepsAll).map((side) => side.relation);
  const tables = [...(relation.isThere ? [relation] : []), ...children];
  await refuseHiddenRows(db, tables);
  if (relation.isThere) await refuseChainedDeletes(db, relation, children);
  for (const side of there) await refuseChainedDeletes(db, side.relation);
}
