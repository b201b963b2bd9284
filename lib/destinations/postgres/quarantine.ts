import { type JsonObject, stringifyJson } from '#lib/json.ts';
import type { Refusal, TableShape } from '#lib/records/index.ts';
import type { SetAside } from '../destination.ts';
import { holdFence } from './fence.ts';
import { quote, quoteTable, type TableRef } from './identifier.ts';
import type { StageParts } from './stage-parts.ts';
import { SEQ_COLUMN, SLICE_COLUMN } from './stage-table.ts';
import type { Queryable, StreamRef } from './store.ts';
import { inTransaction } from './transaction.ts';

/** Finding the rows that are to be put aside. */
const SET_ASIDE_TIMEOUT_MS = 10 * 60_000;

/** A row that was put aside, with its place in the sync. */
export interface QuarantinedRow extends Refusal {
  readonly slice: string;
  readonly sliceId: number;
  readonly page: number;
  readonly seq: number;
}

export async function insertQuarantine(
  db: Queryable,
  stream: StreamRef,
  syncId: number,
  rows: readonly QuarantinedRow[],
): Promise<void> {
  const column = <T>(pick: (row: QuarantinedRow) => T) => rows.map(pick);
  await db.query(
    `insert into _weir.quarantine
       (connection_id, namespace, name, sync_id, slice_id, seq, slice, page, row, code, reason, record)
     select $1, $2, $3, $4, * from unnest($5::int[], $6::bigint[], $7::text[], $8::int[], $9::int[], $10::text[], $11::text[], $12::text[])`,
    [
      stream.connectionId,
      stream.namespace,
      stream.name,
      syncId,
      column((row) => row.sliceId),
      column((row) => row.seq),
      column((row) => printable(row.slice)),
      column((row) => row.page),
      column((row) => row.row),
      column((row) => row.code),
      column((row) => printable(row.reason)),
      column((row) => recordText(row.record)),
    ],
  );
}

/** Drops what an interrupted attempt had quarantined after its last checkpoint: those rows will be read again. */
export async function deleteQuarantineAfter(
  db: Queryable,
  stream: StreamRef,
  after: { syncId: number; seq: number; openSlices: readonly number[] },
): Promise<void> {
  await db.query(
    `delete from _weir.quarantine
     where connection_id = $1 and namespace = $2 and name = $3 and sync_id = $4 and (seq > $5 or slice_id = any($6))`,
    [stream.connectionId, stream.namespace, stream.name, after.syncId, after.seq, after.openSlices],
  );
}

/**
 * Moves staged rows that meet a condition into quarantine; a row that meets several goes with the first. The conditions
 * are read in a transaction that can write nothing, whatever functions they call. Gives how many were moved.
 */
export async function setAside(
  { pool, attempt, ref: stream }: StageParts,
  { table, shape }: { table: TableRef; shape: TableShape },
  rows: readonly SetAside[],
  save: (client: Queryable, moved: number) => Promise<void>,
): Promise<number> {
  const found = await inTransaction(pool, async (client) => {
    await client.query(`set transaction read only; set local statement_timeout = ${SET_ASIDE_TIMEOUT_MS}`);
    const all: { reason: string; seqs: string[] }[] = [];
    for (const { condition, reason } of rows) {
      const result = await client.query(`select ${SEQ_COLUMN} as seq from ${quoteTable(table)} where ${condition}`);
      all.push({ reason, seqs: (result.rows as { seq: string }[]).map(({ seq }) => seq) });
    }
    return all;
  });
  const record = objectOf(shape.columns.map(({ name }) => `${literal(name)}, ${quote(name)}`));
  return inTransaction(pool, async (client) => {
    await holdFence(client, attempt);
    let moved = 0;
    for (const { reason, seqs } of found) {
      const { rowCount } = await client.query(
        `with gone as (delete from ${quoteTable(table)} where ${SEQ_COLUMN} = any($6::bigint[]) returning *)
         insert into _weir.quarantine
           (connection_id, namespace, name, sync_id, slice_id, seq, slice, page, row, code, reason, record)
         select $1, $2, $3, $4, ${SLICE_COLUMN}, ${SEQ_COLUMN}, ${SLICE_COLUMN}::text, 0, 0, 'check_failed', $5,
           left(${record}::text, ${MAX_RECORD_TEXT}) from gone`,
        [stream.connectionId, stream.namespace, stream.name, attempt.syncId, printable(reason), seqs],
      );
      moved += rowCount ?? 0;
    }
    await save(client, moved);
    return moved;
  });
}

/** `jsonb_build_object` takes 100 arguments: wide rows are put together from several. */
function objectOf(pairs: readonly string[]): string {
  const groups = Array.from({ length: Math.ceil(pairs.length / 50) }, (_, at) => pairs.slice(at * 50, at * 50 + 50));
  if (groups.length === 0) return `'{}'::jsonb`;
  return `(${groups.map((group) => `jsonb_build_object(${group.join(', ')})`).join(' || ')})`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Longer ones are cut, and then can't be loaded again. */
const MAX_RECORD_TEXT = 1024 * 1024;

/** The raw record; JSON.stringify writes what text columns can't hold as escapes. Records too deep for it are named so. */
function recordText(record: JsonObject): string {
  try {
    return stringifyJson(record).slice(0, MAX_RECORD_TEXT);
  } catch {
    return '(nests too deep to be shown)';
  }
}

function printable(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\ufffd');
}
