import type pg from 'pg';
import type { TableShape } from '#lib/records/index.ts';
import { literal } from '#lib/sql-text.ts';
import type { SetAside } from '../destination.ts';
import { holdFence } from './fence.ts';
import { quote, quoteTable, type TableRef } from './identifier.ts';
import { DATA_COLUMN, DATA_FIELD } from './layouts/raw.ts';
import type { Place } from './page-places.ts';
import { MAX_RECORD_TEXT, printable } from './quarantine.ts';
import type { Side } from './side-tables.ts';
import type { StageParts } from './stage-parts.ts';
import { SEQ_COLUMN, SLICE_COLUMN } from './stage-table.ts';
import type { Queryable } from './store.ts';
import { inTransaction } from './transaction.ts';

/** Finding the rows that are to be put aside. */
const SET_ASIDE_TIMEOUT_MS = 10 * 60_000;
/** Rows of one statement that moves them. */
const MOVED_AT_ONCE = 5_000;

/** The number that a row of a replay had when it came stands at the end of its id. */
const NUMBER = `('x' || right(gone._airbyte_raw_id, 12))::bit(48)::bigint`;

/** A staged row that is to be put aside. */
export interface AsideRow extends Place {
  readonly seq: number;
  readonly reason: string;
}

/**
 * Finds the staged rows that meet a condition; one that meets several goes with the first. The conditions are read in a transaction that
 * can write nothing, whatever functions they call.
 */
export function findMeeting(
  pool: pg.Pool,
  table: TableRef,
  conditions: readonly SetAside[],
): Promise<Pick<AsideRow, 'seq' | 'reason'>[]> {
  return inTransaction(pool, async (client) => {
    await client.query(`set transaction read only; set local statement_timeout = ${SET_ASIDE_TIMEOUT_MS}`);
    const found = new Map<number, string>();
    for (const { condition, reason } of conditions) {
      const { rows } = await client.query(`select ${SEQ_COLUMN} as seq from ${quoteTable(table)} where ${condition}`);
      for (const { seq } of rows as { seq: string }[])
        if (!found.has(Number(seq))) found.set(Number(seq), printable(reason));
    }
    return [...found].map(([seq, reason]) => ({ seq, reason }));
  });
}

interface StagedTables {
  readonly table: TableRef;
  readonly shape: TableShape;
  readonly sides: readonly Side[];
}

/** Moves staged rows into quarantine; `save` notes in the same transaction how many. */
export function putAside(
  { pool, attempt, ref, target }: StageParts,
  staged: StagedTables,
  {
    code,
    rows,
    save,
  }: { code: string; rows: readonly AsideRow[]; save: (db: Queryable, moved: number) => Promise<void> },
): Promise<number> {
  const record = recordOf(staged);
  return inTransaction(pool, async (client) => {
    await holdFence(client, attempt);
    let moved = 0;
    for (let at = 0; at < rows.length; at += MOVED_AT_ONCE) {
      const some = rows.slice(at, at + MOVED_AT_ONCE);
      const column = <T>(pick: (row: AsideRow) => T) => some.map(pick);
      const { rowCount } = await client.query(
        `with gone as (delete from ${quoteTable(staged.table)} where ${SEQ_COLUMN} = any($6::bigint[]) returning *)
         insert into _weir.quarantine
           (connection_id, namespace, name, sync_id, again, published, emitted_at, came, slice_id, seq, slice, page, row, code, reason, record)
         select $1, $2, $3, $4, $11, false, gone._airbyte_extracted_at, case when $11 then ${NUMBER} else p.seq end, gone.${SLICE_COLUMN}, p.seq, coalesce(nullif(p.slice, ''), gone.${SLICE_COLUMN}::text), p.page, p.row,
           $5, p.reason, left((${record})::text, ${MAX_RECORD_TEXT})
         from gone join unnest($6::bigint[], $7::text[], $8::int[], $9::int[], $10::text[]) as p(seq, slice, page, row, reason)
           on p.seq = gone.${SEQ_COLUMN} order by p.seq`,
        [
          ...[ref.connectionId, ref.namespace, ref.name, attempt.syncId, code],
          column(({ seq }) => seq),
          column(({ slice }) => printable(slice)),
          column(({ page }) => page),
          column(({ row }) => row),
          column(({ reason }) => printable(reason)),
          target.replays !== undefined,
        ],
      );
      moved += rowCount ?? 0;
    }
    await save(client, moved);
    return moved;
  });
}

/** The record of a staged row `gone`, as SQL: as it came where a table holds it so, else put together from the columns. */
function recordOf({ shape, sides }: StagedTables): string {
  const raw = sides.find(({ plan }) => plan.keepsAll);
  if (raw)
    return `select ${DATA_COLUMN.name} from ${quoteTable(raw.table)} s where s.${SEQ_COLUMN} = gone.${SEQ_COLUMN}`;
  if (shape.indexOf.has(DATA_FIELD)) return `gone.${DATA_COLUMN.name}`;
  const overflow = shape.overflow === null ? undefined : shape.columns[shape.overflow];
  const fields = shape.columns.filter((column) => column !== overflow);
  const object = objectOf(fields.map(({ field, name }) => `${literal(field)}, gone.${quote(name)}`));
  return overflow ? `${object} || coalesce(gone.${quote(overflow.name)}, '{}')` : object;
}

/** `jsonb_build_object` takes 100 arguments: wide rows are put together from several. */
function objectOf(pairs: readonly string[]): string {
  const groups = Array.from({ length: Math.ceil(pairs.length / 50) }, (_, at) => pairs.slice(at * 50, at * 50 + 50));
  if (groups.length === 0) return `'{}'::jsonb`;
  return `(${groups.map((group) => `jsonb_build_object(${group.join(', ')})`).join(' || ')})`;
}
