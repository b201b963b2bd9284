import { type JsonObject, stringifyJson } from '#lib/json.ts';
import type { Refusal } from '#lib/records/index.ts';
import type { Came } from '../destination.ts';
import type { Queryable, StreamRef } from './store.ts';

/** A row that was put aside, with its place in the sync. */
export interface QuarantinedRow extends Refusal {
  readonly slice: string;
  readonly sliceId: number;
  readonly page: number;
  readonly seq: number;
  /** When it came, where that was not in this sync. */
  readonly came?: Came | undefined;
}

/** The same with the text that is kept of its record, and as a text column can hold it. */
export interface KeptRow extends Omit<QuarantinedRow, 'record'> {
  readonly record: string;
}

export function keptRow(row: QuarantinedRow): KeptRow {
  return { ...row, slice: printable(row.slice), reason: printable(row.reason), record: recordText(row.record) };
}

export async function insertQuarantine(
  db: Queryable,
  stream: StreamRef,
  { syncId, emittedAt, again }: { syncId: number; emittedAt: Date; again: boolean },
  rows: readonly KeptRow[],
): Promise<void> {
  const column = <T>(pick: (row: KeptRow) => T) => rows.map(pick);
  const held = (await holdsEverything(db)) ? (text: string) => text : inAscii;
  await db.query(
    `insert into _weir.quarantine
       (connection_id, namespace, name, sync_id, again, published, emitted_at, came, slice_id, seq, slice, page, row, code, reason, record)
     select $1, $2, $3, $4, $5, false, * from unnest($6::timestamptz[], $7::bigint[], $8::int[], $9::bigint[], $10::text[], $11::int[], $12::int[], $13::text[], $14::text[], $15::text[])`,
    [
      stream.connectionId,
      stream.namespace,
      stream.name,
      syncId,
      again,
      column((row) => row.came?.at ?? emittedAt),
      column((row) => row.came?.number ?? row.seq),
      column((row) => row.sliceId),
      column((row) => row.seq),
      column((row) => held(row.slice)),
      column((row) => row.page),
      column((row) => row.row),
      column((row) => row.code),
      column((row) => held(row.reason)),
      column((row) => held(row.record)),
    ],
  );
}

/** A database of another encoding refuses a row for a character, and would refuse it in quarantine too. */
async function holdsEverything(db: Queryable): Promise<boolean> {
  const { rows } = await db.query(`select getdatabaseencoding() in ('UTF8', 'SQL_ASCII') as holds`);
  return (rows[0] as { holds: boolean }).holds;
}

/** With the escapes of JSON. */
function inAscii(text: string): string {
  return text.replace(/[^\x20-\x7e\t\n\r]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Drops what an interrupted attempt had quarantined after its last checkpoint: those rows will be read again. */
export async function deleteQuarantineAfter(
  db: Queryable,
  stream: StreamRef,
  after: { syncId: number; seq: number; openSlices: readonly number[] },
): Promise<void> {
  await db.query(
    `delete from _weir.quarantine
     where connection_id = $1 and namespace = $2 and name = $3 and sync_id = $4 and not published
       and (seq > $5 or slice_id = any($6))`,
    [stream.connectionId, stream.namespace, stream.name, after.syncId, after.seq, after.openSlices],
  );
}

/** What a load puts aside that begins anew: rows of loads that were never published come again; all do where `all` is read again. */
export async function deleteComingAgain(db: Queryable, stream: StreamRef, all: boolean): Promise<void> {
  await db.query(
    `delete from _weir.quarantine
     where connection_id = $1 and namespace = $2 and name = $3 and (not published or $4)`,
    [stream.connectionId, stream.namespace, stream.name, all],
  );
}

/** In the publish's transaction: rows of closed slices stay from now on, until somebody takes them out. */
export async function keepQuarantined(
  db: Queryable,
  stream: StreamRef,
  { syncId, lastSeq, openSlices }: { syncId: number; lastSeq: number; openSlices: readonly number[] },
): Promise<void> {
  await db.query(
    `update _weir.quarantine set published = true
     where connection_id = $1 and namespace = $2 and name = $3 and sync_id = $4 and not published
       and seq <= $5 and slice_id <> all($6)`,
    [stream.connectionId, stream.namespace, stream.name, syncId, lastSeq, openSlices],
  );
}

/** What was put aside by syncs before one that has read everything anew. */
export async function deleteQuarantineBefore(db: Queryable, stream: StreamRef, syncId: number): Promise<void> {
  await db.query(
    'delete from _weir.quarantine where connection_id = $1 and namespace = $2 and name = $3 and sync_id < $4',
    [stream.connectionId, stream.namespace, stream.name, syncId],
  );
}

export async function deleteQuarantineOf(
  db: Queryable,
  stream: StreamRef,
  { syncId, sliceId }: { syncId: number; sliceId: number },
): Promise<void> {
  await db.query(
    'delete from _weir.quarantine where connection_id = $1 and namespace = $2 and name = $3 and sync_id = $4 and slice_id = $5 and not published',
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
