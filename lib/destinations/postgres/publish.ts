import { randomUUID } from 'node:crypto';
import { WeirError } from '#lib/errors.ts';
import { killPoint } from '#lib/kill-points.ts';
import type { Column } from '#lib/records/index.ts';
import type { Published } from '../destination.ts';
import { becomeTable } from './become-table.ts';
import { holdFence } from './fence.ts';
import { quoteTable, type TableRef } from './identifier.ts';
import { MERGES, type Merge, newestInTable, type PublishRequest } from './merge.ts';
import { stagedKey } from './newest.ts';
import { isConnectionLost } from './postgres-errors.ts';
import { deleteReplayed } from './quarantine-store.ts';
import { emptySides, fitSides, mergeSides } from './side-merge.ts';
import { ownRelation, type StageParts } from './stage-parts.ts';
import { cleanMeta, dropStageTable, SEQ_COLUMN, SLICE_COLUMN } from './stage-table.ts';
import {
  deleteStage,
  findRelation,
  findStream,
  forgetOtherStreams,
  type Queryable,
  saveStream,
  setStagedRows,
} from './store.ts';
import { fitKeyIndex, fitTable } from './table.ts';
import { inTransaction } from './transaction.ts';

/**
 * Data, state and fence in one transaction. When the connection is lost and nobody knows whether the commit counted, the record
 * of the publish tells: taking the fence's lock waits until the lost session is over.
 */
export async function publishStage(parts: StageParts, request: PublishRequest): Promise<Published> {
  const publishId = randomUUID();
  try {
    const published = await inTransaction(parts.pool, (client) => publishIn(client, parts, request, publishId));
    killPoint('publish.committed');
    return published;
  } catch (error) {
    if (!isConnectionLost(error)) throw error;
    const recorded = await inTransaction(parts.pool, async (client) => {
      await holdFence(client, parts.attempt);
      return findStream(client, parts.ref);
    });
    if (recorded?.publishId !== publishId) throw error;
    return recorded.published;
  }
}

async function publishIn(
  client: Queryable,
  parts: StageParts,
  request: PublishRequest,
  publishId: string,
): Promise<Published> {
  const { attempt, ref, target } = parts;
  await holdFence(client, attempt);
  const relation = await findRelation(client, ownRelation(parts), 'lock');
  if (relation === null) throw ownRowsMissing(ref.name);
  const { kind } = parts.layout;
  const { columns, isNew, changes } = await fitTable(client, relation, request.shape, {
    mayBeMissing: !request.hadTable,
    kind,
  });
  const { shape } = request;
  const wantsKey = target.destinationSyncMode.endsWith('_dedup') && !shape.key.includes(-1);
  const key = wantsKey ? shape.key.map((index) => shape.columns[index]?.name ?? '') : null;
  const repeats = await countStaged(client, request, wantsKey);
  const merge: Merge = {
    ...request,
    ...{ target: relation, kind, columns, closed: closedRows(request), cleanMeta: cleanMeta(attempt.syncId), repeats },
    children: request.sides.filter(({ plan }) => !plan.keepsAll),
    marksVanished: target.softDelete === true && wantsKey,
  };
  const fitKey = () =>
    fitKeyIndex(client, relation, {
      ...{ key, columns, newest: newestInTable(shape, kind) },
      mayRepeat: keyFirst,
    });
  // An index is made faster over rows that are there already; but an upsert needs it, and rows without dedup need it gone.
  const replaces = target.destinationSyncMode.startsWith('overwrite');
  const keyFirst = !isNew && !(replaces && wantsKey && !merge.marksVanished);
  if (keyFirst) await fitKey();
  const fitted = await fitSides(client, ref.namespace, request.sides);
  const becomes = isNew && request.becomesTable && request.complete && request.nothingLeft;
  const counts = becomes
    ? { inserted: await becomeTable(client, merge), updated: 0, deleted: 0 }
    : await MERGES[target.destinationSyncMode](client, merge, isNew);
  if (!keyFirst) await fitKey();
  await mergeSides(client, fitted, { merge, mode: target.destinationSyncMode });
  if (replaces) await forgetOtherStreams(client, ref);
  const published: Published = {
    relation: { kind: 'postgres', schema: relation.schema, table: relation.table },
    rows: replaces ? counts.inserted : null,
    ...counts,
    names: namesOf(relation, columns),
    ...(changes.length > 0 && { schemaChanges: changes }),
  };
  const { state, counts: read, complete } = request;
  await saveStream(client, ref, {
    state,
    generation: target.generation,
    complete,
    counts: read,
    attempt,
    publishId,
    published,
  });
  if (complete && target.replays) await deleteReplayed(client, ref, target.replays.upTo, attempt.syncId);
  await emptyStage(client, parts, request);
  killPoint('publish.before_commit');
  return published;
}

/** The mapping of names, as far as it is more than the field's own name. */
function namesOf(table: TableRef, columns: readonly Column[]): NonNullable<Published['names']> {
  const mapped = columns.filter(({ field, name }) => field !== name && !field.startsWith('\u0002'));
  return {
    table: `${table.schema}.${table.table}`,
    columns: Object.fromEntries(mapped.map(({ field, name }) => [field.replaceAll('\u0000', '.'), name])),
  };
}

function closedRows({ lastSeq, openSlices, nothingLeft }: PublishRequest): string {
  if (nothingLeft) return 'true';
  const open = openSlices.length > 0 ? ` and ${SLICE_COLUMN} not in (${openSlices.map(Math.trunc).join(', ')})` : '';
  return `${SEQ_COLUMN} <= ${Math.trunc(lastSeq)}${open}`;
}

/**
 * An unlogged table is empty after a crash of the server: nothing may then be published in its name. Says whether a key comes
 * more than once, since sorting whole rows to find the newest of each is most of a publish.
 */
async function countStaged(client: Queryable, request: PublishRequest, byKey: boolean): Promise<boolean> {
  const groups = byKey ? `group by ${stagedKey(request.shape)}` : '';
  const { rows } = await client.query(
    `select coalesce(sum(rows), 0)::int as staged, count(*)::int as keys from (
       select count(*) as rows from ${quoteTable(request.table)} where ${closedRows(request)} ${groups}
     ) grouped`,
  );
  const { staged: found, keys } = rows[0] as { staged: number; keys: number };
  if (found === request.staged) return keys < found;
  throw new WeirError({
    kind: 'transient',
    code: 'stage_lost',
    message: `The stage holds ${found} rows where ${request.staged} were saved; the database server has probably crashed.`,
    hint: 'The sync reads this stream again.',
  });
}

async function emptyStage(client: Queryable, parts: StageParts, request: PublishRequest): Promise<void> {
  if (request.complete) {
    await dropStageTable(client, request.table);
    await emptySides(client, request.sides, 'drop');
    await deleteStage(client, parts.ref);
    return;
  }
  const table = quoteTable(request.table);
  await emptySides(client, request.sides, request.nothingLeft ? 'truncate' : closedRows(request));
  await client.query(request.nothingLeft ? `truncate ${table}` : `delete from ${table} where ${closedRows(request)}`);
  await setStagedRows(client, parts.ref, 0);
}

function ownRowsMissing(stream: string): WeirError {
  return new WeirError({
    kind: 'transient',
    code: 'own_schema_dropped',
    message: `The schema _weir was dropped or emptied at the destination while stream ${stream} was being loaded.`,
    hint: 'Leave that schema alone: it holds the streams’ states.',
  });
}
