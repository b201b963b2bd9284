import { holdFence } from './fence.ts';
import type { PagePlaces } from './page-places.ts';
import { deleteQuarantineOf, insertQuarantine, type KeptRow, keptRow, type QuarantinedRow } from './quarantine.ts';
import { rowRefused } from './refused-rows.ts';
import type { StageParts } from './stage-parts.ts';
import type { Queryable } from './store.ts';
import { inTransaction } from './transaction.ts';

/** What waits in memory for the next checkpoint; beyond, it is written ahead of it. One statement takes no more either. */
const MOST_ROWS = 2_000;
const MOST_CHARACTERS = 16 * 1024 * 1024;

/** Refused rows on their way into quarantine, each once. */
export class WaitingRefusals {
  readonly #parts: StageParts;
  readonly #places: PagePlaces;
  #rows: KeptRow[] = [];
  #characters = 0;
  readonly #late = new Set<number>();

  constructor(parts: StageParts, places: PagePlaces) {
    this.#parts = parts;
    this.#places = places;
  }

  /** A row of a file that went by its bytes is numbered by the file. */
  add(row: QuarantinedRow): void {
    const kept = keptRow({ ...row, ...this.#places.of(row.seq) });
    this.#rows.push(kept);
    this.#characters += kept.record.length;
  }

  /** A row that the database refused after it had been counted; false when that is known. Throws where the connection lets it fail. */
  addLate(row: QuarantinedRow): boolean {
    if (this.#parts.target.badValues === 'fail') throw rowRefused(row.reason, this.#places.of(row.seq));
    if (this.#late.has(row.seq)) return false;
    this.#late.add(row.seq);
    this.add(row);
    return true;
  }

  /** Ahead of the checkpoint: if that never comes, whoever takes the stage up drops them again. */
  async saveSome(): Promise<void> {
    if (this.#rows.length < MOST_ROWS && this.#characters < MOST_CHARACTERS) return;
    const { pool, attempt } = this.#parts;
    const some = this.#rows;
    this.#keep([]);
    await inTransaction(pool, async (client) => {
      await holdFence(client, attempt);
      await this.#insert(client, some);
    });
  }

  /** Those of a slice that is still open, the ones written ahead too. */
  async forget(sliceId: number): Promise<void> {
    this.#keep(this.#rows.filter((row) => row.sliceId !== sliceId));
    const { pool, ref, attempt } = this.#parts;
    await inTransaction(pool, async (client) => {
      await holdFence(client, attempt);
      await deleteQuarantineOf(client, ref, { syncId: attempt.syncId, sliceId });
    });
  }

  get isEmpty(): boolean {
    return this.#rows.length === 0;
  }

  /** In the checkpoint's transaction. */
  async save(client: Queryable): Promise<void> {
    await this.#insert(client, this.#rows);
  }

  /** After the checkpoint. */
  saved(): void {
    this.#keep([]);
    this.#late.clear();
  }

  #keep(rows: KeptRow[]): void {
    this.#rows = rows;
    this.#characters = rows.reduce((sum, { record }) => sum + record.length, 0);
  }

  async #insert(client: Queryable, rows: readonly KeptRow[]): Promise<void> {
    for (const some of inGroups(rows)) await insertQuarantine(client, this.#parts.ref, putAsideBy(this.#parts), some);
  }
}

/** As many as one statement takes, and one at least. */
function* inGroups(rows: readonly KeptRow[]): Generator<readonly KeptRow[]> {
  let from = 0;
  let characters = 0;
  for (const [index, { record }] of rows.entries()) {
    characters += record.length;
    if (index > from && (index - from >= MOST_ROWS || characters > MOST_CHARACTERS)) {
      yield rows.slice(from, index);
      from = index;
      characters = record.length;
    }
  }
  if (from < rows.length) yield rows.slice(from);
}

/** Rows of a replay lie there already until it is published. */
function putAsideBy({ attempt, target }: StageParts): { syncId: number; emittedAt: Date; again: boolean } {
  return { syncId: attempt.syncId, emittedAt: target.emittedAt, again: target.replays !== undefined };
}
