import { type JsonObject, stringifyJson } from '#lib/json.ts';
import type { Refusal } from '#lib/records/index.ts';
import type { Queryable, StreamRef } from './store.ts';

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

export async function deleteQuarantineOf(
  db: Queryable,
  stream: StreamRef,
  { syncId, sliceId }: { syncId: number; sliceId: number },
): Promise<void> {
  await db.query(
    'delete from _weir.quarantine where connection_id = $1 and namespace = $2 and name = $3 and sync_id = $4 and slice_id = $5',
    [stream.connectionId, stream.namespace, stream.name, syncId, sliceId],
  );
}

/** Longer ones are cut, and then can't be loaded again. */
export const MAX_RECORD_TEXT = 1024 * 1024;

/** The raw record; JSON.stringify writes what text columns can't hold as escapes. Records too deep for it are named so. */
function recordText(record: JsonObject): string {
  try {
    return stringifyJson(record).slice(0, MAX_RECORD_TEXT);
  } catch {
    return '(nests too deep to be shown)';
  }
}

/** As a text column can hold it. */
export function printable(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\ufffd');
}
