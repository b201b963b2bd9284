import type { StreamState } from '#lib/catalog.ts';
import { stringifyJson } from '#lib/json.ts';
import type { Column } from '#lib/records/index.ts';
import type { Counts } from '../destination.ts';
import { LAZILY, type Queryable, readState, type StreamRef } from './store.ts';

/** What `_weir.stage` knows of a stream's rows that are not published yet. */
export interface StageRow {
  readonly sync_id: number;
  readonly fence: number;
  readonly stage_table: string;
  readonly columns: readonly Column[];
  readonly saved: boolean;
  readonly state: StreamState | null;
  readonly counts: Counts;
  readonly open_slices: readonly number[];
  readonly next_slice: number;
  readonly last_seq: number;
  readonly staged: number;
  readonly had_table: boolean;
  /** Another connection has put other rows in the place of those that the state speaks of. */
  readonly replaced: boolean;
  /** The tables beside the stream's own, in the order of their stage tables. */
  readonly sides: readonly SavedSide[];
}

export interface SavedSide {
  readonly path: string;
  readonly columns: readonly Column[];
}

export async function findStage(db: Queryable, stream: StreamRef): Promise<StageRow | null> {
  const { rows } = await db.query(
    `select sync_id, fence, stage_table, columns::text, saved, state::text, counts::text, open_slices, next_slice,
       last_seq, staged, had_table, replaced, sides::text
     from _weir.stage where connection_id = $1 and namespace = $2 and name = $3 for update`,
    [stream.connectionId, stream.namespace, stream.name],
  );
  const [row] = rows as (Omit<StageRow, 'columns' | 'state' | 'counts' | 'sides'> & {
    columns: string;
    state: string | null;
    counts: string;
    sides: string;
  })[];
  if (!row) return null;
  return {
    ...row,
    sync_id: Number(row.sync_id),
    fence: Number(row.fence),
    last_seq: Number(row.last_seq),
    staged: Number(row.staged),
    columns: JSON.parse(row.columns),
    state: readState(row.state),
    counts: JSON.parse(row.counts),
    sides: JSON.parse(row.sides),
  };
}

export async function insertStage(
  db: Queryable,
  stream: StreamRef,
  stage: Pick<StageRow, 'sync_id' | 'fence' | 'stage_table' | 'columns' | 'counts' | 'had_table' | 'sides'>,
): Promise<void> {
  await db.query(
    `insert into _weir.stage (connection_id, namespace, name, sync_id, fence, stage_table, columns, counts, had_table, sides)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      stream.connectionId,
      stream.namespace,
      stream.name,
      stage.sync_id,
      stage.fence,
      stage.stage_table,
      JSON.stringify(stage.columns),
      JSON.stringify(stage.counts),
      stage.had_table,
      JSON.stringify(stage.sides),
    ],
  );
}

/** Whether another connection has replaced the table's rows since the stage was opened. */
export async function isReplaced(db: Queryable, stream: StreamRef): Promise<boolean> {
  const { rows } = await db.query(
    'select replaced from _weir.stage where connection_id = $1 and namespace = $2 and name = $3',
    [stream.connectionId, stream.namespace, stream.name],
  );
  return (rows[0] as { replaced: boolean } | undefined)?.replaced === true;
}

/** Hands a stage over to a newer attempt, under a table name that the older one doesn't know. */
export async function takeOverStage(db: Queryable, stream: StreamRef, fence: number, table: string): Promise<void> {
  await db.query(
    `update _weir.stage set fence = $4, stage_table = $5, open_slices = '{}'
     where connection_id = $1 and namespace = $2 and name = $3`,
    [stream.connectionId, stream.namespace, stream.name, fence, table],
  );
}

/** Saves a checkpoint if the stage still belongs to this attempt; says whether it does. */
export async function saveStage(
  db: Queryable,
  stream: StreamRef,
  save: Pick<StageRow, 'fence' | 'columns' | 'state' | 'counts' | 'open_slices' | 'next_slice' | 'last_seq' | 'staged'>,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update _weir.stage set saved = true, columns = $5, state = $6, counts = $7, open_slices = $8, next_slice = $9,
       last_seq = $10, staged = $11, saved_at = now()
     from ${LAZILY} where connection_id = $1 and namespace = $2 and name = $3 and fence = $4`,
    [
      stream.connectionId,
      stream.namespace,
      stream.name,
      save.fence,
      JSON.stringify(save.columns),
      save.state && stringifyJson(save.state),
      JSON.stringify(save.counts),
      save.open_slices,
      save.next_slice,
      save.last_seq,
      save.staged,
    ],
  );
  return rowCount === 1;
}

/** The stage's columns as they are now, whatever becomes of the rows; says whether the stage is still this attempt's. */
export async function setStageColumns(
  db: Queryable,
  stream: StreamRef,
  fence: number,
  { columns, sides }: { columns?: readonly Column[]; sides?: readonly SavedSide[] },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update _weir.stage set columns = coalesce($5, columns), sides = coalesce($6, sides)
     where connection_id = $1 and namespace = $2 and name = $3 and fence = $4`,
    [
      ...[stream.connectionId, stream.namespace, stream.name, fence],
      columns ? JSON.stringify(columns) : null,
      sides ? JSON.stringify(sides) : null,
    ],
  );
  return rowCount === 1;
}

export async function deleteStage(db: Queryable, stream: StreamRef): Promise<void> {
  await db.query('delete from _weir.stage where connection_id = $1 and namespace = $2 and name = $3', [
    stream.connectionId,
    stream.namespace,
    stream.name,
  ]);
}

/** A part of the stage's rows is published now: the stream's table is there, and may not be missing when the stage is taken up. */
export async function setPublishedPart(db: Queryable, stream: StreamRef): Promise<void> {
  await db.query(
    `update _weir.stage set staged = 0, had_table = true where connection_id = $1 and namespace = $2 and name = $3`,
    [stream.connectionId, stream.namespace, stream.name],
  );
}

export async function setStagedRows(db: Queryable, stream: StreamRef, staged: number, counts?: Counts): Promise<void> {
  await db.query(
    `update _weir.stage set staged = $4, counts = coalesce($5::json, counts)
     where connection_id = $1 and namespace = $2 and name = $3`,
    [stream.connectionId, stream.namespace, stream.name, staged, counts ? JSON.stringify(counts) : null],
  );
}
