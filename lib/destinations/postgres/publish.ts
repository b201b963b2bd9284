import { randomUUID } from 'node:crypto';
import type { DestinationSyncMode, StreamState } from '#lib/catalog.ts';
import { WeirError } from '#lib/errors.ts';
import { killPoint } from '#lib/kill-points.ts';
import type { Column, TableShape } from '#lib/records/index.ts';
import type { Counts, Published } from '../destination.ts';
import { holdFence } from './fence.ts';
import { castTo, quote, quoteTable, type TableRef } from './identifier.ts';
import { cursorColumn, newestFirst, stagedKey } from './newest.ts';
import { isConnectionLost } from './postgres-errors.ts';
import type { StageParts } from './stage-parts.ts';
import { dropStageTable, SEQ_COLUMN, SLICE_COLUMN } from './stage-table.ts';
import {
  deleteStage,
  findRelation,
  findStream,
  forgetOtherStreams,
  type Queryable,
  saveStream,
  setStagedRows,
} from './store.ts';
import { fitKeyIndex, fitTable, META_COLUMNS } from './table.ts';
import { inTransaction } from './transaction.ts';

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
}

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
  const relation = await findRelation(client, ref, 'lock');
  if (relation === null) throw ownRowsMissing(ref.name);
  await countStaged(client, request);
  const { columns, isNew } = await fitTable(client, relation, request.shape, { mayBeMissing: !request.hadTable });
  const cleanMeta = JSON.stringify({ sync_id: attempt.syncId, changes: [] });
  const merge: Merge = { ...request, target: relation, columns, closed: closedRows(request), cleanMeta };
  const key = request.shape.key.includes(-1) ? null : request.shape.key.map((index) => nameAt(request.shape, index));
  const wantsKey = target.destinationSyncMode.endsWith('_dedup') && key !== null;
  const fitKey = () =>
    fitKeyIndex(client, relation, { key: wantsKey ? key : null, columns, newest: newestInTable(request.shape) });
  // An index is made faster over rows that are there already; but an upsert needs it, and rows without dedup need it gone.
  const replaces = target.destinationSyncMode.startsWith('overwrite');
  const keyFirst = !isNew && !(replaces && wantsKey);
  if (keyFirst) await fitKey();
  const counts = await MERGES[target.destinationSyncMode](client, merge, isNew);
  if (!keyFirst) await fitKey();
  if (replaces) await forgetOtherStreams(client, ref);
  const published: Published = {
    relation: { kind: 'postgres', schema: relation.schema, table: relation.table },
    rows: replaces ? counts.inserted : null,
    ...counts,
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
  await emptyStage(client, parts, request);
  killPoint('publish.before_commit');
  return published;
}

interface Merge extends PublishRequest {
  readonly target: TableRef;
  /** The table's columns, which may be wider than the stage's. */
  readonly columns: readonly Column[];
  readonly closed: string;
  /** `_airbyte_meta` of rows in which nothing was changed. */
  readonly cleanMeta: string;
}

type MergeCounts = Pick<Published, 'inserted' | 'updated' | 'deleted'>;
type MergeFunction = (client: Queryable, merge: Merge, isNew: boolean) => Promise<MergeCounts>;

/** How each mode brings staged rows into the table. Readers see the table as it was until the commit. */
const MERGES: Readonly<Record<DestinationSyncMode, MergeFunction>> = {
  append: async (client, merge) => ({ inserted: await insertAll(client, merge), updated: 0, deleted: 0 }),
  overwrite: async (client, merge, isNew) => {
    const deleted = isNew ? 0 : await deleteAll(client, merge.target);
    return { inserted: await insertAll(client, merge), updated: 0, deleted };
  },
  append_dedup: async (client, merge, isNew) =>
    isNew ? { inserted: await insertNewest(client, merge), updated: 0, deleted: 0 } : upsertNewest(client, merge),
  overwrite_dedup: async (client, merge, isNew) => {
    const deleted = isNew ? 0 : await deleteAll(client, merge.target);
    return { inserted: await insertNewest(client, merge), updated: 0, deleted };
  },
};

/** Not TRUNCATE: that would lock readers out, and show an empty table to those with an older snapshot. */
async function deleteAll(client: Queryable, target: TableRef): Promise<number> {
  const { rowCount } = await client.query(`delete from ${quoteTable(target)}`);
  return rowCount ?? 0;
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
  const cursor = cursorColumn(merge.shape);
  const newer = cursor && `where t.${cursor.order} is null or excluded.${cursor.order} >= t.${cursor.order}`;
  const { rows } = await client.query(
    `with merged as (
       insert into ${quoteTable(merge.target)} as t (${targetColumns(merge)}) ${selectNewest(merge)}
       on conflict (${stagedKey(merge.shape)}) do update set ${assignments(merge)} ${newer ?? ''}
       returning (xmax = 0) as fresh
     ) select count(*) filter (where fresh)::int as inserted, count(*) filter (where not fresh)::int as updated from merged`,
  );
  const [counts] = rows as { inserted: number; updated: number }[];
  return { inserted: counts?.inserted ?? 0, updated: counts?.updated ?? 0, deleted: 0 };
}

/** Of each key the row with the highest cursor; among equals the one that came last. */
function selectNewest(merge: Merge): string {
  const key = stagedKey(merge.shape);
  if (key === '') return `select ${stagedColumns(merge)} from ${quoteTable(merge.table)} where false`;
  return `select distinct on (${key}) ${stagedColumns(merge)} from ${quoteTable(merge.table)}
     where ${merge.closed} order by ${key}, ${newestFirst(merge.shape)}`;
}

function newestInTable(shape: TableShape): string {
  const cursor = cursorColumn(shape);
  return `${cursor ? `${cursor.order} desc nulls last, ` : ''}_airbyte_extracted_at desc, ctid desc`;
}

function nameAt(shape: TableShape, index: number): string {
  return shape.columns[index]?.name ?? '';
}

function targetColumns({ shape }: Merge): string {
  return [...shape.columns.map((column) => quote(column.name)), ...Object.keys(META_COLUMNS)].join(', ');
}

function stagedColumns({ shape, columns, cleanMeta }: Merge): string {
  const types = new Map(columns.map((column) => [column.name, column.type]));
  const data = shape.columns.map(({ name, type }) => castTo(name, type, types.get(name) ?? type));
  const meta = Object.keys(META_COLUMNS).map((name) =>
    name === '_airbyte_meta' ? `coalesce(${name}, '${cleanMeta}'::jsonb)` : name,
  );
  return [...data, ...meta].join(', ');
}

function assignments({ shape }: Merge): string {
  const names = [...shape.columns.map((column) => quote(column.name)), ...Object.keys(META_COLUMNS)];
  return names.map((name) => `${name} = excluded.${name}`).join(', ');
}

function closedRows({ lastSeq, openSlices, nothingLeft }: PublishRequest): string {
  if (nothingLeft) return 'true';
  const open = openSlices.length > 0 ? ` and ${SLICE_COLUMN} not in (${openSlices.map(Math.trunc).join(', ')})` : '';
  return `${SEQ_COLUMN} <= ${Math.trunc(lastSeq)}${open}`;
}

/** An unlogged table is empty after a crash of the server: nothing may then be published in its name. */
async function countStaged(client: Queryable, request: PublishRequest): Promise<void> {
  const { rows } = await client.query(
    `select count(*)::int as staged from ${quoteTable(request.table)} where ${closedRows(request)}`,
  );
  const found = (rows[0] as { staged: number }).staged;
  if (found === request.staged) return;
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
    await deleteStage(client, parts.ref);
    return;
  }
  const table = quoteTable(request.table);
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
