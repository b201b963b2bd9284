import { shapeOfStream } from '#lib/records/index.ts';
import { NO_COUNTS } from '../destination.ts';
import { holdFence } from './fence.ts';
import { deleteComingAgain, deleteQuarantineAfter } from './quarantine.ts';
import { refuseEarly } from './refuse-early.ts';
import { ensureRelation } from './relations.ts';
import { createSides, dropSides, takeOverSides } from './side-tables.ts';
import type { StageStart } from './stage.ts';
import { ownRelation, type StageParts } from './stage-parts.ts';
import { deleteStage, findStage, insertStage, type StageRow, takeOverStage } from './stage-store.ts';
import {
  allIsPublished,
  cleanMeta,
  createStageTable,
  dropStageTable,
  endWriters,
  growStageTable,
  isLogged,
  mayBecomeTable,
  renameStageTable,
  rewindStageTable,
  stageTable,
} from './stage-table.ts';
import { findStream, OWN_SCHEMA, type Queryable, type RelationRow } from './store.ts';
import { isThere, tableReplaced } from './table.ts';

/** Opens the stream's stage in one transaction: what an interrupted attempt of this sync left, or an empty one. */
export async function openStage(client: Queryable, parts: StageParts): Promise<StageStart> {
  const { attempt, ref, target } = parts;
  await holdFence(client, attempt);
  const relation = await ensureRelation(client, ownRelation(parts), parts.layout.wanted(ref.name));
  const hadTable = isThere(relation);
  const left = await findStage(client, ref);
  if (left) await endWriters(client, { schema: OWN_SCHEMA, table: left.stage_table });
  if (parts.begunFrom !== undefined && target.syncMode === 'incremental') {
    const published = await findStream(client, ref);
    if (published === null && parts.begunFrom !== null) throw tableReplaced(ref.name);
  }
  const resumed = left && (await resumeStage(client, parts, left, { relation, hasTable: hadTable }));
  if (resumed) return resumed;
  if (left) {
    await dropStageTable(client, { schema: OWN_SCHEMA, table: left.stage_table });
    await dropSides(client, left.stage_table, left.sides);
    await deleteStage(client, ref);
  }
  await deleteComingAgain(client, ref, !hadTable && !target.replays);
  const table = stageTable(ref, attempt.fence);
  const shape = shapeOfStream(target, hadTable ? relation.columns : parts.layout.ownColumns(relation.table));
  const becomesTable = mayBecomeTable(parts, hadTable) && !(await allIsPublished(client));
  const meta = cleanMeta(attempt.syncId);
  await createStageTable(client, table, shape.columns, target, becomesTable ? { meta } : null);
  const sides = await createSides(client, parts, relation.table);
  await refuseEarly(client, parts, relation, sides);
  await insertStage(client, ref, {
    sync_id: attempt.syncId,
    fence: attempt.fence,
    stage_table: table.table,
    columns: shape.columns,
    counts: NO_COUNTS,
    had_table: hadTable,
    sides: sides.map(({ plan, shape: { columns } }) => ({ path: plan.path, columns })),
  });
  const begins = { resumed: null, nextSlice: 0, lastSeq: lastNumber(parts, left), staged: 0 };
  return { shape, relation, sides, ...begins, hadTable, becomesTable };
}

/** Rows that come after others of the same sync have higher numbers, also where the stage was lost in between. */
function lastNumber({ attempt }: StageParts, left: StageRow | null): number {
  return left?.sync_id === attempt.syncId ? left.last_seq : 0;
}

/** Takes up what an earlier attempt of the same sync had checkpointed; null when there is nothing to go on from. */
async function resumeStage(
  client: Queryable,
  parts: StageParts,
  left: StageRow,
  { relation, hasTable }: { relation: RelationRow; hasTable: boolean },
): Promise<StageStart | null> {
  const { attempt, ref, target } = parts;
  const usable = left.sync_id === attempt.syncId && left.saved && !left.replaced && (hasTable || !left.had_table);
  if (!usable) return null;
  const table = stageTable(ref, attempt.fence);
  await renameStageTable(client, { schema: OWN_SCHEMA, table: left.stage_table }, table);
  const keep = { lastSeq: left.last_seq, openSlices: left.open_slices };
  const staged = await rewindStageTable(client, table, keep);
  if (staged !== left.staged) {
    // The server crashed, and the unlogged rows with it.
    await dropStageTable(client, table);
    return null;
  }
  await deleteQuarantineAfter(client, ref, {
    syncId: attempt.syncId,
    seq: left.last_seq,
    openSlices: left.open_slices,
  });
  await takeOverStage(client, ref, attempt.fence, table.table);
  const shape = shapeOfStream(target, left.columns);
  await growStageTable(client, table, left.columns, shape.columns);
  const sides = await takeOverSides(client, parts, relation.table, {
    table: left.stage_table,
    saved: left.sides,
    keep,
  });
  return {
    shape,
    relation,
    sides,
    resumed: { state: left.state, counts: left.counts },
    nextSlice: left.next_slice,
    lastSeq: left.last_seq,
    staged,
    hadTable: hasTable,
    becomesTable: mayBecomeTable(parts, left.had_table) && (await isLogged(client, table)),
  };
}
