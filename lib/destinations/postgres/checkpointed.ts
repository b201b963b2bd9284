import type { StreamState } from '#lib/catalog.ts';
import { type Counts, NO_COUNTS, type Stage } from '../destination.ts';

/** Why staged rows are put aside. */
export type AsideCode = 'check_failed' | 'refused_by_database';

interface Closed {
  readonly written: number;
  readonly quarantined: number;
}

/** What the last checkpoint of a stage covers, and how much of that is still to be published. */
export class Checkpointed {
  #state: StreamState | null;
  #counts: Counts;
  /** Rows of closed slices, over the whole sync. */
  #closed: Closed;
  #staged: number;
  #lastSeq: number;
  #openSlices: readonly number[] = [];

  constructor({ resumed, staged, lastSeq }: { resumed: Stage['resumed']; staged: number; lastSeq: number }) {
    this.#state = resumed?.state ?? null;
    this.#counts = resumed?.counts ?? NO_COUNTS;
    this.#closed = { written: this.#counts.written, quarantined: this.#counts.quarantined };
    this.#staged = staged;
    this.#lastSeq = lastSeq;
  }

  get state(): StreamState | null {
    return this.#state;
  }

  get counts(): Counts {
    return this.#counts;
  }

  /** Rows that a publish finds. */
  get staged(): number {
    return this.#staged;
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  get openSlices(): readonly number[] {
    return this.#openSlices;
  }

  get someIsPublished(): boolean {
    return this.#staged < this.#closed.written;
  }

  /** Before a checkpoint. @returns the counts that it is to save: `written` and `quarantined` are the stage's own */
  close({ written, quarantined }: Closed, openSlices: readonly number[], counts: Counts): Counts {
    this.#closed = { written: this.#closed.written + written, quarantined: this.#closed.quarantined + quarantined };
    this.#staged += written;
    this.#openSlices = openSlices;
    return { ...counts, ...this.#closed };
  }

  /** Once it is saved. */
  save(state: StreamState | null, counts: Counts, lastSeq: number): void {
    this.#state = state;
    this.#counts = counts;
    this.#lastSeq = lastSeq;
  }

  /** The counts when so many staged rows have been put aside. */
  without(moved: number, code: AsideCode): Counts {
    const { written, quarantined, checked = 0 } = this.#counts;
    const counts = { ...this.#counts, written: written - moved, quarantined: quarantined + moved };
    return code === 'check_failed' ? { ...counts, checked: checked + moved } : counts;
  }

  putAside(moved: number, code: AsideCode): void {
    this.#counts = this.without(moved, code);
    this.#staged -= moved;
    this.#closed = { written: this.#closed.written - moved, quarantined: this.#closed.quarantined + moved };
  }

  published(): void {
    this.#staged = 0;
  }
}
