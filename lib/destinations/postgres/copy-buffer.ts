import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { ColumnType, TypedRow } from '#lib/records/index.ts';
import { copyLines, copyText, copyValues, NULL_TEXT, refusedLine } from './copy-rows.ts';
import type { QuarantinedRow } from './store.ts';

/** Text of one COPY. Larger gains nothing; smaller pays a round trip more often. */
const FLUSH_LENGTH = 1024 * 1024;
/** So many rows refused by the database in one batch are no bad rows but a wrong table. */
const MAX_REFUSED_PER_BATCH = 100;

interface BufferedRow extends Pick<QuarantinedRow, 'slice' | 'sliceId' | 'page' | 'row' | 'record' | 'seq'> {
  readonly line: string;
}

/** Where a batch goes. Both may change between batches, as columns come. */
export interface CopyTarget {
  readonly statement: string;
  readonly types: readonly ColumnType[];
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
  #rows: BufferedRow[] = [];
  #length = 0;
  #sending: Promise<void> = Promise.resolve();

  constructor(pool: pg.Pool, syncId: number, target: CopyTarget, onRefused: (row: QuarantinedRow) => void) {
    this.#pool = pool;
    this.#target = target;
    this.#syncId = syncId;
    this.#onRefused = onRefused;
  }

  /** Adds a row; true when it is time to `send`. */
  add(typed: TypedRow, place: Pick<QuarantinedRow, 'slice' | 'sliceId' | 'page' | 'seq'>): boolean {
    const meta =
      typed.changes.length === 0
        ? NULL_TEXT
        : copyText(JSON.stringify({ sync_id: this.#syncId, changes: typed.changes }));
    const data = copyValues(typed.values, this.#target.types);
    const line = `${data}${data === '' ? '' : '\t'}${randomUUID()}\t${meta}\t${place.sliceId}\t${place.seq}\n`;
    const { row, record } = typed;
    this.#rows.push({ line, row, record, ...place });
    this.#length += line.length;
    return this.#length >= FLUSH_LENGTH;
  }

  /** Hands the filled batch over; waits only while the one before is still on its way. */
  async send(): Promise<void> {
    await this.#sending;
    const rows = this.#rows;
    if (rows.length === 0) return;
    this.#rows = [];
    this.#length = 0;
    this.#sending = this.#copy(rows, this.#target.statement);
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

  async #copy(rows: readonly BufferedRow[], statement: string): Promise<void> {
    let left = rows;
    for (let refused = 0; left.length > 0; refused++) {
      try {
        await copyLines(
          this.#pool,
          statement,
          left.map((row) => row.line),
        );
        return;
      } catch (error) {
        const line = refusedLine(error);
        const bad = line === null ? undefined : left[line - 1];
        if (bad === undefined || refused >= MAX_REFUSED_PER_BATCH) throw error;
        left = left.filter((row) => row !== bad);
        this.#onRefused({ ...bad, code: 'refused_by_database', reason: (error as Error).message });
      }
    }
  }
}
