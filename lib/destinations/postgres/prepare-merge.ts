import { WeirError } from '#lib/errors.ts';
import type { SchemaChange } from '../destination.ts';
import { holdFence } from './fence.ts';
import { refuseHiddenRows } from './hidden-rows.ts';
import { quoteTable } from './identifier.ts';
import { fitKeyIndex } from './key-index.ts';
import { type Merge, newestInTable, type PublishRequest } from './merge.ts';
import { stagedKey } from './newest.ts';
import { quarantinedKeys } from './quarantine-store.ts';
import { type FittedSide, fitSides } from './side-merge.ts';
import { ownRelation, type StageParts } from './stage-parts.ts';
import { cleanMeta, SEQ_COLUMN, SLICE_COLUMN } from './stage-table.ts';
import { findRelation, type Queryable, type RelationRow } from './store.ts';
import { fitTable } from './table.ts';

/** A stage and the tables that it goes into, which have its columns now. */
export interface Prepared {
  readonly relation: RelationRow;
  readonly merge: Merge;
  readonly fitted: readonly FittedSide[];
  readonly isNew: boolean;
  readonly changes: readonly SchemaChange[];
  /** What the table held goes. */
  readonly replaces: boolean;
  /** An index is made faster over rows that are there already; but an upsert needs it, and rows without dedup need it gone. */
  readonly keyFirst: boolean;
  /** Keeps the table's unique index over the stream's key; gives how many rows of before lack one that is new. */
  fitKey(): Promise<number>;
}

/** Inside the transaction that merges: takes the locks, counts the stage, and makes the tables fit. */
export async function prepareMerge(client: Queryable, parts: StageParts, request: PublishRequest): Promise<Prepared> {
  const { attempt, ref, target, layout } = parts;
  const { shape } = request;
  await holdFence(client, attempt);
  const relation = await findRelation(client, ownRelation(parts), 'lock');
  if (relation === null) throw ownRowsMissing(ref.name);
  const { kind } = layout;
  const fit = await fitTable(client, relation, shape, { mayBeMissing: !request.hadTable, kind });
  const { columns, isNew, changes, marks } = fit;
  const wantsKey = target.destinationSyncMode.endsWith('_dedup') && !shape.key.includes(-1);
  const keyColumns = wantsKey ? shape.key.flatMap((index) => shape.columns[index] ?? []) : [];
  const key = wantsKey ? keyColumns.map(({ name }) => name) : null;
  const replaces = target.destinationSyncMode.startsWith('overwrite');
  const children = request.sides.filter(({ plan }) => !plan.keepsAll);
  if (target.destinationSyncMode !== 'append')
    await refuseHiddenRows(client, [relation, ...children.map((side) => side.relation)]);
  const marksVanished = target.softDelete === true && wantsKey;
  const merge: Merge = {
    ...request,
    ...{
      target: relation,
      isPartitioned: relation.isPartitioned,
      kind,
      columns,
      closed: closedRows(request),
      cleanMeta: cleanMeta(attempt.syncId),
    },
    repeats: await countRepeated(client, request, wantsKey),
    children,
    marksVanished,
    marks,
    asideKeys: marksVanished ? await quarantinedKeys(client, ref, attempt.syncId, keyColumns) : null,
  };
  const keyFirst = !isNew && !(replaces && wantsKey && !merge.marksVanished);
  const newest = newestInTable(shape, kind, relation);
  return {
    ...{ relation, merge, isNew, changes, replaces, keyFirst },
    fitted: await fitSides(client, ref.namespace, request.sides),
    fitKey: () =>
      fitKeyIndex(client, relation, {
        ...{ key, columns, newest, mayRepeat: keyFirst, recordId: kind.recordId },
        children: merge.children.map(({ relation: table, plan }) => ({ table, recordId: plan.kind.recordId })),
      }),
  };
}

/** The rows of slices that were closed at the checkpoint, as a condition. */
export function closedRows({ lastSeq, openSlices, nothingLeft }: PublishRequest): string {
  if (nothingLeft) return 'true';
  const open = openSlices.length > 0 ? ` and ${SLICE_COLUMN} not in (${openSlices.map(Math.trunc).join(', ')})` : '';
  return `${SEQ_COLUMN} <= ${Math.trunc(lastSeq)}${open}`;
}

/**
 * An unlogged table is empty after a crash of the server: nothing may then be published in its name. Gives how many rows have a
 * key that comes more than once, since sorting whole rows to find the newest of each is most of a publish.
 */
async function countRepeated(client: Queryable, request: PublishRequest, byKey: boolean): Promise<number> {
  const groups = byKey ? `group by ${stagedKey(request.shape)}` : '';
  const { rows } = await client.query(
    `select coalesce(sum(rows), 0)::float8 as staged, count(*)::float8 as keys from (
       select count(*) as rows from ${quoteTable(request.table)} where ${closedRows(request)} ${groups}
     ) grouped`,
  );
  const { staged: found, keys } = rows[0] as { staged: number; keys: number };
  if (found === request.staged) return byKey ? found - keys : 0;
  throw new WeirError({
    kind: 'transient',
    code: 'stage_lost',
    message: `The stage holds ${found} rows where ${request.staged} were saved; the database server has probably crashed.`,
    hint: 'The sync reads this stream again.',
  });
}

function ownRowsMissing(stream: string): WeirError {
  return new WeirError({
    kind: 'transient',
    code: 'own_schema_dropped',
    message: `The schema _weir was dropped or emptied at the destination while stream ${stream} was being loaded.`,
    hint: 'Leave that schema alone: it holds the streams’ states.',
  });
}
