import { quarantineChanged } from '../stage-errors.ts';
import { quote, quoteTable } from './identifier.ts';
import { type Merge, stagedColumns, targetColumns } from './merge.ts';
import { keyNames, orderOf } from './newest.ts';
import { deleteReplayed } from './quarantine-store.ts';
import { SEQ_COLUMN } from './stage-table.ts';
import type { Queryable, StreamRef } from './store.ts';

/**
 * Rows of a replay come out of quarantine, but they came from the source when they were put in. Of two with the same cursor the one counts
 * that came last: so a merge by key is given without rows whose key has a row in the table that has come since. That is one of a later
 * sync, or of the same with a higher number; no clock is asked but the one that gives a connection's syncs their instants, in order.
 */
export async function withoutSuperseded(db: Queryable, merge: Merge): Promise<Merge> {
  const { meta, recordId } = merge.kind;
  const key = keyNames(merge.shape);
  const emittedAt = meta.find(({ from }) => from === '_airbyte_extracted_at')?.name;
  if (key.length === 0 || emittedAt === undefined) return merge;
  const sameKey = key.map((name) => `t.${name} = s.${name}`).join(' and ');
  const notOlder = orderOf(merge.shape)?.notOlder('t', 's') ?? 'true';
  const cameOf = (row: string) => `(${row}.${quote(emittedAt)}, right(${row}.${recordId}, 12) collate "C")`;
  const { rows } = await db.query(
    `with s (${targetColumns(merge)}, place) as (
       select ${stagedColumns(merge)}, ${SEQ_COLUMN} from ${quoteTable(merge.table)} where ${merge.closed}
     )
     select s.place from s join ${quoteTable(merge.target)} t on ${sameKey} and ${notOlder} and ${cameOf('t')} > ${cameOf('s')}`,
  );
  const places = (rows as { place: string }[]).map(({ place }) => Number(place));
  if (places.length === 0) return merge;
  // As a join: Postgres 14 would compare each row with each of a list.
  const isOne = `select from unnest('{${places.join(', ')}}'::bigint[]) o (place) where o.place = ${SEQ_COLUMN}`;
  return { ...merge, closed: `${merge.closed} and not exists (${isOne})` };
}

/**
 * In the replay's publish: what it was given leaves quarantine. All of it must be there still: rows that somebody took out meanwhile are
 * not to be loaded.
 */
export async function endReplay(
  db: Queryable,
  ref: StreamRef,
  { upTo, syncId, read }: { upTo: number; syncId: number; read: number },
): Promise<void> {
  if ((await deleteReplayed(db, ref, upTo, syncId)) !== read) throw quarantineChanged(ref.name);
}
