import { holdFence } from './fence.ts';
import type { PagePlaces } from './page-places.ts';
import { deleteQuarantineOf, insertQuarantine, type QuarantinedRow } from './quarantine.ts';
import { rowRefused } from './refused-rows.ts';
import type { StageParts } from './stage-parts.ts';
import type { Queryable } from './store.ts';
import { inTransaction } from './transaction.ts';

/** Rows that wait in memory for the next checkpoint; beyond, they are written ahead of it. */
const MOST_WAITING = 2_000;

/** Refused rows on their way into quarantine, each once. */
export class WaitingRefusals {
  readonly #parts: StageParts;
  readonly #places: PagePlaces;
  #rows: QuarantinedRow[] = [];
  readonly #late = new Set<number>();

  constructor(parts: StageParts, places: PagePlaces) {
    this.#parts = parts;
    this.#places = places;
  }

  /** A row of a file that went by its bytes is numbered by the file. */
  add(row: QuarantinedRow): void {
    this.#rows.push({ ...row, ...this.#places.of(row.seq) });
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
    if (this.#rows.length < MOST_WAITING) return;
    const { pool, ref, attempt } = this.#parts;
    const some = this.#rows.splice(0);
    await inTransaction(pool, async (client) => {
      await holdFence(client, attempt);
      await insertQuarantine(client, ref, attempt.syncId, some);
    });
  }

  /** Those of a slice that is still open, the ones written ahead too. */
  async forget(sliceId: number): Promise<void> {
    this.#rows = this.#rows.filter((row) => row.sliceId !== sliceId);
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
    const { ref, attempt } = this.#parts;
    if (this.#rows.length > 0) await insertQuarantine(client, ref, attempt.syncId, this.#rows);
  }

  /** After the checkpoint. */
  saved(): void {
    this.#rows = [];
    this.#late.clear();
  }
}
