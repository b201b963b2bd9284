import { type Counts, NO_COUNTS } from '#lib/destinations/destination.ts';

/**
 * Counts of one stream over all attempts of its sync. Those of slices that are still open are kept apart: if the attempt
 * ends now, their rows are dropped and read again.
 */
export class ReadCounts {
  #closed: Counts;
  readonly #open = new Map<string, Counts>();
  pages = 0;

  constructor(resumed: Counts = NO_COUNTS) {
    this.#closed = resumed;
  }

  get closed(): Counts {
    return this.#closed;
  }

  get open(): string[] {
    return [...this.#open.keys()];
  }

  get total(): Counts {
    return [...this.#open.values()].reduce(sum, this.#closed);
  }

  add(slice: string, page: Counts): void {
    this.pages++;
    this.#open.set(slice, sum(this.#open.get(slice) ?? NO_COUNTS, page));
  }

  close(slice: string): void {
    this.#closed = sum(this.#closed, this.#open.get(slice) ?? NO_COUNTS);
    this.#open.delete(slice);
  }

  /** Closes a slice that comes again, without the rows of it that were put aside. */
  cut(slice: string, forgotten: number): void {
    const { read, quarantined, written, ...rest } = this.#open.get(slice) ?? NO_COUNTS;
    // Of those that the database refused late, `written` still knows.
    const late = Math.max(forgotten - quarantined, 0);
    this.#open.set(slice, { ...rest, read: read - forgotten, quarantined: 0, written: written - late });
    this.close(slice);
  }

  /** The destination's own counts, as a checkpoint saved them. */
  settle(saved: Counts): void {
    this.#closed = saved;
  }
}

function sum(a: Counts, b: Counts): Counts {
  const { checked = 0 } = a;
  return {
    ...(checked > 0 && { checked }),
    read: a.read + b.read,
    filtered: a.filtered + b.filtered,
    quarantined: a.quarantined + b.quarantined,
    written: a.written + b.written,
    bytes: a.bytes + b.bytes,
  };
}
