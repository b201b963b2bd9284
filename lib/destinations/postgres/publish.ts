import { randomUUID } from 'node:crypto';
import { killPoint } from '#lib/kill-points.ts';
import type { Column } from '#lib/records/index.ts';
import type { Published } from '../destination.ts';
import { becomeTable } from './become-table.ts';
import { holdFence } from './fence.ts';
import { quoteTable, sqlType, type TableRef } from './identifier.ts';
import { MERGES, type PublishRequest } from './merge.ts';
import { isConnectionLost } from './postgres-errors.ts';
import { closedRows, prepareMerge } from './prepare-merge.ts';
import { deleteQuarantineBefore, keepQuarantined } from './quarantine.ts';
import { assertAllTaken } from './rows-taken.ts';
import { emptySides, mergeSides } from './side-merge.ts';
import type { StageParts } from './stage-parts.ts';
import { isReplaced, setPublishedPart } from './stage-store.ts';
import { createStageTable, dropStageTable } from './stage-table.ts';
import { findStream, type Queryable, saveStream } from './store.ts';
import { endReplay, withoutSuperseded } from './superseded.ts';
import { createIndexes, tableReplaced } from './table.ts';
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
  const { attempt, ref, target, layout } = parts;
  const { relation, merge, fitted, isNew, changes, replaces, keyFirst, fitKey } = await prepareMerge(
    client,
    parts,
    request,
  );
  if (!replaces && target.syncMode === 'incremental' && (await isReplaced(client, ref))) throw tableReplaced(ref.name);
  const keylessBefore = keyFirst ? await fitKey() : 0;
  const mergesReplay = target.replays !== undefined && !isNew && target.destinationSyncMode.endsWith('_dedup');
  const newest = mergesReplay ? await withoutSuperseded(client, merge) : merge;
  const becomes = isNew && request.becomesTable && request.nothingLeft && merge.repeats === 0;
  const counts = becomes
    ? { inserted: await becomeTable(client, merge), updated: 0, deleted: 0 }
    : await MERGES[target.destinationSyncMode](client, newest, isNew);
  await assertAllTaken(client, newest, target.destinationSyncMode, counts);
  if (isNew) await createIndexes(client, relation, layout.kind);
  const keyless = keyFirst ? keylessBefore : await fitKey();
  await mergeSides(client, fitted, { merge, mode: target.destinationSyncMode });
  const published: Published = {
    relation: { kind: 'postgres', schema: relation.schema, table: relation.table },
    rows: replaces ? counts.inserted : null,
    ...counts,
    ...(merge.repeats > 0 && { repeated: merge.repeats }),
    ...(keyless > 0 && { keyless }),
    names: namesOf(relation, merge.columns),
    columns: merge.columns.map(({ name, type }) => ({ name, type: sqlType(type) })),
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
    alone: replaces,
  });
  if (read.quarantined > 0) await keepQuarantined(client, ref, { ...request, syncId: attempt.syncId });
  if (complete && replaces) await deleteQuarantineBefore(client, ref, attempt.syncId);
  if (complete && target.replays)
    await endReplay(client, ref, { upTo: target.replays.upTo, syncId: attempt.syncId, read: read.read });
  await emptyStage(client, parts, request, becomes);
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

async function emptyStage(
  client: Queryable,
  parts: StageParts,
  request: PublishRequest,
  becameTable: boolean,
): Promise<void> {
  if (request.complete) {
    await dropStageTable(client, request.table);
    await emptySides(client, request.sides, 'drop');
    return;
  }
  const table = quoteTable(request.table);
  await emptySides(client, request.sides, request.nothingLeft ? 'truncate' : closedRows(request));
  if (becameTable) await createStageTable(client, request.table, request.shape.columns, parts.target);
  else {
    await client.query(request.nothingLeft ? `truncate ${table}` : `delete from ${table} where ${closedRows(request)}`);
    // From now on there is a table.
    if (request.becomesTable)
      await client.query(`alter table ${table} set unlogged, alter column _airbyte_meta drop not null`);
  }
  await setPublishedPart(client, parts.ref);
}
