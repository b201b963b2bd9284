import type pg from 'pg';
import { isJsonObject, type JsonValue, parseJson } from '#lib/json.ts';
import { type Column, type ColumnType, coercions } from '#lib/records/index.ts';
import type {
  QuarantineCount,
  QuarantineEntry,
  QuarantineFilter,
  QuarantineStore,
  Replay,
  ReplayPage,
} from '../destination.ts';
import { postgresCode, readPostgresError } from './postgres-errors.ts';
import { AS_THEY_CAME, createOwnTables, type Queryable, type StreamRef } from './store.ts';
import { inTransaction } from './transaction.ts';

const SHOWN_CHARACTERS = 4_000;
const PAGE_ROWS = 500;
/** Of the records of a page; one that is larger comes alone. */
const PAGE_BYTES = 16 * 1024 * 1024;
/** Before the first sync there is no quarantine, and nothing in it. */
const NOT_THERE = new Set(['42P01', '3F000']);
/** Before the first sync of this version it is as the one before made it. */
const NO_COLUMN = '42703';
/** Not as the session writes instants: a zone such as IST is another one when it is read. */
const INSTANT = 'YYYY-MM-DD HH24:MI:SS.US+00';

/** A record's text ends as an object does unless it was cut; a note in place of a record does not. */
const IS_WHOLE = "starts_with(record, '{') and right(record, 1) = '}' and length(record) < 1048576";

/** The rows of a replay: FROM and WHERE, with connection, namespace, name and the last id as the first four values. */
const REPLAYED = `_weir.quarantine where connection_id = $1 and namespace = $2 and name = $3 and id <= $4
  and published and ${IS_WHOLE}`;

/** The table `_weir.quarantine` for those who look at it from outside. */
export function quarantineStore(connect: () => Promise<pg.Pool>): QuarantineStore {
  const looking = async <T>(nothing: T, work: (pool: pg.Pool) => Promise<T>): Promise<T> => {
    try {
      const pool = await connect();
      return await work(pool).catch(async (error: unknown) => {
        if (postgresCode(error) !== NO_COLUMN) throw error;
        await inTransaction(pool, createOwnTables);
        return work(pool);
      });
    } catch (error) {
      if (NOT_THERE.has(postgresCode(error))) return nothing;
      throw readPostgresError(error, 'looking into quarantine');
    }
  };
  return {
    list: (filter) => looking<QuarantineEntry[]>([], (pool) => listRows(pool, filter)),
    counts: (connectionId) => looking<QuarantineCount[]>([], (pool) => countRows(pool, connectionId)),
    remove: (connectionId, ids) => looking(0, (pool) => removeRows(pool, connectionId, ids)),
    clear: (connectionId, tables) => looking(0, (pool) => clearTables(pool, connectionId, tables)),
  };
}

/** What a replay that is not published has put aside lies there once more, as it lay before. */
const IS_SHOWN = 'not (again and not published)';

/** What is in quarantine of a stream before a sync, to be loaded again. A record that was cut stays there. */
export async function replayOf(db: Queryable, ref: StreamRef): Promise<Replay> {
  const { rows } = await db.query(
    `select coalesce(max(id), 0) as last, (count(*) filter (where not published and not again))::float8 as again
     from _weir.quarantine where connection_id = $1 and namespace = $2 and name = $3`,
    [ref.connectionId, ref.namespace, ref.name],
  );
  const { last, again } = rows[0] as { last: string; again: number };
  return { upTo: Number(last), comeAgain: again, pages: pagesOf(db, ref, Number(last)) };
}

/** The same rows that `replayOf` gave: those whose record is whole. @returns how many there were */
export async function deleteReplayed(db: Queryable, ref: StreamRef, upTo: number, syncId: number): Promise<number> {
  const { rowCount } = await db.query(`delete from ${REPLAYED} and sync_id <> $5`, [
    ref.connectionId,
    ref.namespace,
    ref.name,
    upTo,
    syncId,
  ]);
  return rowCount ?? 0;
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

interface PutAside {
  readonly id: string;
  readonly came: string;
  /** To the microsecond. */
  readonly emitted: string;
  readonly ms: number;
  readonly record: string;
}

async function* pagesOf(db: Queryable, ref: StreamRef, upTo: number): AsyncGenerator<ReplayPage> {
  let after: Pick<PutAside, 'emitted' | 'came' | 'id'> = { emitted: '-infinity', came: '0', id: '0' };
  for (;;) {
    const { rows } = await db.query(
      `with page as (
         select id, coalesce(came, seq) as came, coalesce(emitted_at, at) as emitted_at, record from ${REPLAYED} and (${AS_THEY_CAME}) > ($5::timestamptz, $6::bigint, $7::bigint)
         order by ${AS_THEY_CAME} limit ${PAGE_ROWS}
       ), sized as (
         select *, sum(octet_length(record)) over placed as size, row_number() over placed as place from page
         window placed as (order by emitted_at, came, id)
       )
       select id, came, to_char(emitted_at at time zone 'UTC', '${INSTANT}') as emitted, (extract(epoch from emitted_at) * 1000)::float8 as ms, record
       from sized where size <= ${PAGE_BYTES} or place = 1 order by place`,
      [ref.connectionId, ref.namespace, ref.name, upTo, after.emitted, after.came, after.id],
    );
    const found = rows as PutAside[];
    const last = found.at(-1);
    if (last === undefined) return;
    after = last;
    yield {
      records: found.map(({ record }) => parseJson(record)).filter(isJsonObject),
      came: found.map(({ ms, came }) => ({ at: new Date(ms), number: Number(came) })),
    };
  }
}

async function listRows(db: Queryable, filter: QuarantineFilter): Promise<QuarantineEntry[]> {
  const { rows } = await db.query(
    `select id, namespace, name, sync_id, slice, page, row, code, reason, left(record, ${SHOWN_CHARACTERS}) as record, at
     from _weir.quarantine
     where connection_id = $1 and ($2::text is null or name = $2) and ($3::bigint is null or sync_id = $3)
       and ($4::bigint is null or id < $4) and ${IS_SHOWN}
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
     where connection_id = $1 and ${IS_SHOWN} group by namespace, name order by namespace, name`,
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

async function clearTables(db: Queryable, connectionId: string, tables: readonly string[]): Promise<number> {
  const { rowCount } = await db.query(
    `delete from _weir.quarantine where connection_id = $1 and name = any($2) and ${IS_SHOWN}`,
    [connectionId, tables],
  );
  return rowCount ?? 0;
}
