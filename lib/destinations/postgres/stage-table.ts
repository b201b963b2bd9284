import { createHash } from 'node:crypto';
import type { Column } from '#lib/records/index.ts';
import type { TargetStream } from '../destination.ts';
import { castTo, quote, quoteTable, sqlType, type TableRef } from './identifier.ts';
import type { StageParts } from './stage-parts.ts';
import { OWN_SCHEMA, type Queryable, type StreamRef } from './store.ts';
import { dataDefinitions } from './table.ts';

/** Beside the data: which slice a row belongs to, and its place in the order of arrival. */
export const SLICE_COLUMN = '_weir_slice';
export const SEQ_COLUMN = '_weir_seq';

/** Each attempt has a name of its own for the stage: an older one that wakes up again finds no table to write to. */
export function stageTable(stream: StreamRef, fence: number, side?: number): TableRef {
  const identity = JSON.stringify([stream.connectionId, stream.namespace, stream.name]);
  const hash = createHash('sha256').update(identity).digest('hex').slice(0, 16);
  return { schema: OWN_SCHEMA, table: `stage_${hash}_${fence}${side === undefined ? '' : `_${side}`}` };
}

/**
 * Whether the stage of a stream without a table may become that table as it is, at the first publish: when its rows are the table's
 * rows. Until then it is logged, like the table.
 */
export function mayBecomeTable({ layout, target }: StageParts, hadTable: boolean): boolean {
  const marks = target.destinationSyncMode.endsWith('_dedup') && target.softDelete === true;
  return !hadTable && layout.lay === null && layout.kind.sameAsStage && !marks;
}

/** Whether it is made so, and still is. */
export async function isLogged(db: Queryable, stage: TableRef): Promise<boolean> {
  const { rows } = await db.query(`select relpersistence = 'p' as logged from pg_class where oid = to_regclass($1)`, [
    quoteTable(stage),
  ]);
  return (rows[0] as { logged: boolean } | undefined)?.logged === true;
}

/** Where every table's changes are sent on, a logged stage without a key takes no deletes. */
export async function allIsPublished(db: Queryable): Promise<boolean> {
  const { rowCount } = await db.query('select from pg_publication where puballtables limit 1');
  return (rowCount ?? 0) > 0;
}

/** `_airbyte_meta` of rows in which nothing was changed. */
export function cleanMeta(syncId: number): string {
  return JSON.stringify({ sync_id: syncId, changes: [] });
}

/**
 * Unlogged: rows survive the end of our process and its connection, and cost half the writing. They don't survive a crash of
 * the server, which empties the table; taking up and publishing both count the rows and notice.
 */
export async function createStageTable(
  db: Queryable,
  stage: TableRef,
  columns: readonly Column[],
  stream: TargetStream,
  becomesTable: { readonly meta: string } | null = null,
): Promise<void> {
  const extractedAt = stream.emittedAt.toISOString();
  const definitions = [
    ...dataDefinitions(columns),
    '_airbyte_raw_id varchar(36) not null',
    `_airbyte_extracted_at timestamp with time zone not null default '${extractedAt}'`,
    // Null where nothing was changed: publishing fills in what all those rows have in common, unless the stage becomes the table.
    `_airbyte_meta jsonb${becomesTable ? ` not null default '${becomesTable.meta}'` : ''}`,
    `_airbyte_generation_id bigint default ${Math.trunc(stream.generation)}`,
    `${SLICE_COLUMN} int not null`,
    `${SEQ_COLUMN} bigint not null`,
  ];
  await db.query(`create ${becomesTable ? '' : 'unlogged'} table ${quoteTable(stage)} (${definitions.join(', ')})`);
}

/**
 * Ends the sessions that still write to the stage of an attempt which is fenced off: one whose machine is gone, or stands still, would
 * keep it locked for as long as the server takes to notice. Only those of the same user: nobody else has any business there.
 */
export async function endWriters(db: Queryable, stage: TableRef): Promise<void> {
  await db.query(
    `select pg_terminate_backend(a.pid)
     from pg_locks l join pg_stat_activity a on a.pid = l.pid and a.datname = current_database()
     where l.locktype = 'relation' and l.relation = to_regclass($1) and l.granted and l.mode <> 'AccessShareLock'
       and a.pid <> pg_backend_pid() and a.usename = session_user`,
    [quoteTable(stage)],
  );
}

export async function dropStageTable(db: Queryable, stage: TableRef): Promise<void> {
  await db.query(`drop table if exists ${quoteTable(stage)}`);
}

export async function renameStageTable(db: Queryable, from: TableRef, to: TableRef): Promise<void> {
  if (from.table !== to.table) await db.query(`alter table ${quoteTable(from)} rename to ${quote(to.table)}`);
}

/** Adds the new columns of `after` and widens those whose type grew. */
export async function growStageTable(
  db: Queryable,
  stage: TableRef,
  before: readonly Column[],
  after: readonly Column[],
): Promise<void> {
  const types = new Map(before.map((column) => [column.name, column.type]));
  const actions = after.flatMap(({ name, type }) => {
    const old = types.get(name);
    if (old === undefined) return [`add column ${quote(name)} ${sqlType(type)}`];
    if (sqlType(old) === sqlType(type)) return [];
    return [`alter column ${quote(name)} type ${sqlType(type)} using ${castTo(name, old, type)}`];
  });
  if (actions.length > 0) await db.query(`alter table ${quoteTable(stage)} ${actions.join(', ')}`);
}

/** Deletes what the last checkpoint did not cover, and counts what is left. */
export async function rewindStageTable(
  db: Queryable,
  stage: TableRef,
  keep: { lastSeq: number; openSlices: readonly number[] },
): Promise<number> {
  await db.query(`delete from ${quoteTable(stage)} where ${SEQ_COLUMN} > $1 or ${SLICE_COLUMN} = any($2)`, [
    keep.lastSeq,
    keep.openSlices,
  ]);
  const { rows } = await db.query(`select count(*)::float8 as staged from ${quoteTable(stage)}`);
  return (rows[0] as { staged: number }).staged;
}

export async function deleteStagedRows(db: Queryable, stage: TableRef, seqs: readonly number[]): Promise<void> {
  await db.query(`delete from ${quoteTable(stage)} where ${SEQ_COLUMN} = any($1)`, [seqs]);
}

/** `came`: each row says when it came. */
export function copyStatement(stage: TableRef, columns: readonly Column[], came: boolean): string {
  const own = [
    '_airbyte_raw_id',
    '_airbyte_meta',
    SLICE_COLUMN,
    SEQ_COLUMN,
    ...(came ? ['_airbyte_extracted_at'] : []),
  ];
  const names = [...columns.map((column) => column.name), ...own];
  return `copy ${quoteTable(stage)} (${names.map(quote).join(', ')}) from stdin`;
}
