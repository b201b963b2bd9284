import type pg from 'pg';
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '#lib/json.ts';
import { type Column, type ColumnType, coercions } from '#lib/records/index.ts';
import type { QuarantineCount, QuarantineEntry, QuarantineFilter, QuarantineStore, Replay } from '../destination.ts';
import { postgresCode, readPostgresError } from './postgres-errors.ts';
import type { Queryable, StreamRef } from './store.ts';

const SHOWN_CHARACTERS = 4_000;
const PAGE_ROWS = 500;
/** Before the first sync there is no quarantine, and nothing in it. */
const NOT_THERE = new Set(['42P01', '3F000']);

/** The table `_weir.quarantine` for those who look at it from outside. */
export function quarantineStore(connect: () => Promise<pg.Pool>): QuarantineStore {
  const looking = async <T>(nothing: T, work: (pool: pg.Pool) => Promise<T>): Promise<T> => {
    try {
      return await work(await connect());
    } catch (error) {
      if (NOT_THERE.has(postgresCode(error))) return nothing;
      throw readPostgresError(error, 'looking into quarantine');
    }
  };
  return {
    list: (filter) => looking<QuarantineEntry[]>([], (pool) => listRows(pool, filter)),
    counts: (connectionId) => looking<QuarantineCount[]>([], (pool) => countRows(pool, connectionId)),
    remove: (connectionId, ids) => looking(0, (pool) => removeRows(pool, connectionId, ids)),
  };
}

/** What is in quarantine of a stream now, to be loaded again. A record that was cut stays there. */
export async function replayOf(db: Queryable, ref: StreamRef): Promise<Replay> {
  const { rows } = await db.query(
    'select coalesce(max(id), 0) as last from _weir.quarantine where connection_id = $1 and namespace = $2 and name = $3',
    [ref.connectionId, ref.namespace, ref.name],
  );
  const upTo = Number((rows[0] as { last: string }).last);
  return { upTo, pages: pagesOf(db, ref, upTo) };
}

/** The same rows that `replayOf` gave: those whose record is whole. */
export async function deleteReplayed(db: Queryable, ref: StreamRef, upTo: number, syncId: number): Promise<void> {
  await db.query(
    `delete from _weir.quarantine where connection_id = $1 and namespace = $2 and name = $3 and id <= $4
       and sync_id <> $5 and ${IS_WHOLE}`,
    [ref.connectionId, ref.namespace, ref.name, upTo, syncId],
  );
}

/** Of more than that the keys are not looked for. */
const MOST_CHARACTERS = 64 * 1024 * 1024;
/** Types of which equal values have the same text, here and in the database. */
const SAME_TEXT: ReadonlySet<ColumnType> = new Set<ColumnType>(['boolean', 'integer', 'number', 'string', 'date']);

/**
 * The keys of the rows that a sync has put aside as the database writes them, a list per column of the key. Null where some can't be
 * known: a record was cut or too deep to be kept, there are too many, or a column's values can be written in several ways.
 */
export async function quarantinedKeys(
  db: Queryable,
  ref: StreamRef,
  syncId: number,
  key: readonly Column[],
): Promise<readonly (readonly string[])[] | null> {
  const ofSync = 'from _weir.quarantine where connection_id = $1 and namespace = $2 and name = $3 and sync_id = $4';
  const values = [ref.connectionId, ref.namespace, ref.name, syncId];
  const { rows: sums } = await db.query(
    `select coalesce(sum(length(record)), 0)::float8 as characters, coalesce(bool_and(${IS_WHOLE}), true) as whole ${ofSync}`,
    values,
  );
  const { characters, whole } = sums[0] as { characters: number; whole: boolean };
  if (characters === 0) return key.map(() => []);
  if (!whole || characters > MOST_CHARACTERS || key.some(({ type }) => !SAME_TEXT.has(type))) return null;
  const { rows } = await db.query(`select record ${ofSync}`, values);
  const keys = (rows as { record: string }[]).flatMap(({ record }) => {
    const read = parseJson(record);
    const texts = key.map(({ field, type }) => textIn(read, field, type));
    // A row without a key is none of those in the table.
    return texts.includes(undefined) ? [] : [texts as string[]];
  });
  return key.map((_, index) => keys.map((texts) => texts[index] ?? ''));
}

function textIn(record: JsonValue, field: string, type: ColumnType): string | undefined {
  const value = isJsonObject(record) ? (record[field] ?? null) : null;
  return value === null ? undefined : coercions[type](value);
}

/** A record's text ends as an object does unless it was cut; a note in place of a record does not. */
const IS_WHOLE = "starts_with(record, '{') and right(record, 1) = '}' and length(record) < 1048576";

async function* pagesOf(db: Queryable, ref: StreamRef, upTo: number): AsyncGenerator<readonly JsonObject[]> {
  let after = 0;
  for (;;) {
    const { rows } = await db.query(
      `select id, record from _weir.quarantine where connection_id = $1 and namespace = $2 and name = $3
         and id > $4 and id <= $5 and ${IS_WHOLE} order by id limit ${PAGE_ROWS}`,
      [ref.connectionId, ref.namespace, ref.name, after, upTo],
    );
    const found = rows as { id: string; record: string }[];
    if (found.length === 0) return;
    after = Number(found.at(-1)?.id);
    yield found.map(({ record }) => parseJson(record)).filter(isJsonObject);
  }
}

async function listRows(db: Queryable, filter: QuarantineFilter): Promise<QuarantineEntry[]> {
  const { rows } = await db.query(
    `select id, namespace, name, sync_id, slice, page, row, code, reason, left(record, ${SHOWN_CHARACTERS}) as record, at
     from _weir.quarantine
     where connection_id = $1 and ($2::text is null or name = $2) and ($3::bigint is null or sync_id = $3)
       and ($4::bigint is null or id < $4)
     order by id desc limit $5`,
    [filter.connectionId, filter.table ?? null, filter.syncId ?? null, filter.before ?? null, filter.limit],
  );
  type Row = Omit<QuarantineEntry, 'id' | 'syncId' | 'table'> & { id: string; name: string; sync_id: string };
  return (rows as Row[]).map(({ id, name, sync_id: syncId, ...row }) => ({
    ...row,
    ...{ id: Number(id), table: name, syncId: Number(syncId) },
  }));
}

async function countRows(db: Queryable, connectionId: string): Promise<QuarantineCount[]> {
  const { rows } = await db.query(
    `select namespace, name as table, count(*)::int as rows, max(at) as latest from _weir.quarantine
     where connection_id = $1 group by namespace, name order by namespace, name`,
    [connectionId],
  );
  return rows as QuarantineCount[];
}

async function removeRows(db: Queryable, connectionId: string, ids: readonly number[]): Promise<number> {
  const { rowCount } = await db.query('delete from _weir.quarantine where connection_id = $1 and id = any($2)', [
    connectionId,
    ids,
  ]);
  return rowCount ?? 0;
}
