import type pg from 'pg';
import { killPoint } from '#lib/kill-points.ts';
import { type ColumnType, cleanJsonText, type TypedRow } from '#lib/records/index.ts';
import type { Came } from '../destination.ts';
import { BatchRows, type PagePlace } from './batch-rows.ts';
import { copyBytes, copyText, copyValues, isBeyondLimit, NULL_TEXT, refusedLine } from './copy-rows.ts';
import { readPostgresError } from './postgres-errors.ts';
import type { QuarantinedRow } from './quarantine.ts';

/** One COPY. Larger gains nothing; smaller pays a round trip more often. */
const FLUSH_BYTES = 1024 * 1024;
const ROOM_BYTES = 64 * 1024;
const FIRST_BYTES = 64 * 1024;
const EMPTY = Buffer.alloc(0);
/** UTF-8 of one UTF-16 unit. */
const MAX_BYTES_PER_UNIT = 3;
/** So many rows refused by the database in one batch are no bad rows but a wrong table. */
const MAX_REFUSED_PER_BATCH = 100;
/** And so are so many, one after another, each of which is larger than a row can be: a batch has few of them. */
const MAX_REFUSED_ALIKE = 20;

interface Batch {
  readonly rows: BatchRows;
  readonly bytes: Buffer;
}

/** What tells a row from all others. */
export interface RowName {
  readonly seq: number;
  readonly rawId: string;
  /** When it came, where the stage asks for it. */
  readonly came?: Came;
}

/** Where a batch goes. Both may change between batches, as columns come. */
export interface CopyTarget {
  readonly statement: string;
  readonly types: readonly ColumnType[];
  /** `_airbyte_meta` of a row in which nothing was changed, as COPY takes it; null when absent. */
  readonly noChanges?: string;
}

/**
 * Rows on their way into one COPY after another: while one is being sent, the next is being filled. A row that the
 * database refuses is taken out and given to `onRefused`, and the others are sent again.
 */
export class CopyBuffer {
  readonly #pool: pg.Pool;
  readonly #onRefused: (row: QuarantinedRow) => void;
  readonly #syncId: number;
  #target: CopyTarget;
  #rows = new BatchRows();
  /** Grows with what comes: a stream may have many tables that get few rows. */
  #bytes = EMPTY;
  #room = FIRST_BYTES;
  #used = 0;
  #sending: Promise<void> = Promise.resolve();

  constructor(pool: pg.Pool, syncId: number, target: CopyTarget, onRefused: (row: QuarantinedRow) => void) {
    this.#pool = pool;
    this.#target = target;
    this.#syncId = syncId;
    this.#onRefused = onRefused;
  }

  /** Adds a row of a page; true when it is time to `send`. Rows of one page share their place. */
  add(typed: TypedRow, { seq, rawId, came }: RowName, place: PagePlace): boolean {
    const meta =
      typed.changes.length === 0
        ? (this.#target.noChanges ?? NULL_TEXT)
        : copyText(metaOf(this.#syncId, typed.changes));
    const data = copyValues(typed.values, this.#target.types);
    const end = came === undefined ? '' : `\t${came.at.toISOString()}`;
    const line = `${data}${data === '' ? '' : '\t'}${rawId}\t${meta}\t${place.sliceId}\t${seq}${end}\n`;
    this.#append(line);
    this.#rows.add(this.#used, { row: typed.row, seq, place });
    return this.#used >= FLUSH_BYTES;
  }

  /** Hands the filled batch over; waits only while the one before is still on its way. */
  async send(): Promise<void> {
    await this.#sending;
    if (this.#rows.length === 0) return;
    const batch = { rows: this.#rows, bytes: this.#bytes.subarray(0, this.#used) };
    this.#rows = new BatchRows();
    this.#room = this.#bytes.length;
    this.#bytes = EMPTY;
    this.#used = 0;
    this.#sending = this.#copy(batch, this.#target.statement);
    // Whoever sends or drains next sees the failure; until then it is nobody's.
    this.#sending.catch(() => undefined);
  }

  /** Everything is in the table when this ends. */
  async drain(): Promise<void> {
    await this.send();
    await this.#sending;
  }

  /** Only after `drain`: the waiting rows were written for the columns of before. */
  retarget(target: CopyTarget): void {
    this.#target = target;
  }

  /** As bytes at once: a string put together from parts would be kept, in all its parts, until the batch goes. */
  #append(line: string): void {
    const needed = this.#used + line.length * MAX_BYTES_PER_UNIT;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(
        Math.max(needed, this.#room, Math.min(this.#bytes.length * 2, FLUSH_BYTES + ROOM_BYTES)),
      );
      this.#bytes.copy(larger, 0, 0, this.#used);
      this.#bytes = larger;
    }
    this.#used += this.#bytes.write(line, this.#used);
  }

  async #copy(batch: Batch, statement: string, refused = { rows: 0 }): Promise<void> {
    let left = batch;
    while (left.rows.length > 0) {
      try {
        await copyBytes(this.#pool, statement, left.bytes);
        killPoint('stage.copied');
        return;
      } catch (error) {
        if (isBeyondLimit(error) && left.rows.length > 1) {
          const before = refused.rows;
          for (const half of halvesOf(left)) await this.#copy(half, statement, refused);
          const all = refused.rows - before === left.rows.length && left.rows.length > MAX_REFUSED_ALIKE;
          if (all) throw error;
          return;
        }
        const line = isBeyondLimit(error) ? 1 : refusedLine(error);
        const bad = line === null ? null : left.rows.originOf(line - 1);
        if (line === null || bad === null) throw error;
        const { slice, page, row } = bad;
        if (refused.rows++ >= MAX_REFUSED_PER_BATCH)
          throw readPostgresError(error, 'staging a page').at({ slice, page, row });
        left = withoutRow(left, line - 1);
        this.#onRefused({ ...bad, code: 'refused_by_database', reason: (error as Error).message });
      }
    }
  }
}

function halvesOf({ rows, bytes }: Batch): Batch[] {
  const middle = Math.floor(rows.length / 2);
  const cut = rows.spanOf(middle).start;
  return [
    { rows: rows.part(0, middle), bytes: bytes.subarray(0, cut) },
    { rows: rows.part(middle, rows.length), bytes: bytes.subarray(cut) },
  ];
}

/** Names of fields may hold what no database does, and those of flattened ones have a sign of ours between their parts. */
function metaOf(syncId: number, changes: TypedRow['changes']): string {
  const shown = changes.map((change) => ({ ...change, field: change.field.replaceAll('\u0000', '.') }));
  return cleanJsonText(JSON.stringify({ sync_id: syncId, changes: shown }));
}

function withoutRow({ rows, bytes }: Batch, index: number): Batch {
  const { start, end } = rows.spanOf(index);
  return { rows: rows.without(index), bytes: Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]) };
}
