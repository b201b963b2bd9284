export interface OpenSlice {
  readonly id: number;
  written: number;
  quarantined: number;
}

/** Slices that a stage has rows of and no checkpoint covers yet, numbered in the order in which they came. */
export class OpenSlices {
  readonly #open = new Map<string, OpenSlice>();
  #next: number;

  constructor(next: number) {
    this.#next = next;
  }

  /** The number that the next new slice gets. */
  get next(): number {
    return this.#next;
  }

  get ids(): number[] {
    return [...this.#open.values()].map(({ id }) => id);
  }

  get isEmpty(): boolean {
    return this.#open.size === 0;
  }

  get hasQuarantined(): boolean {
    return this.#open.values().some(({ quarantined }) => quarantined > 0);
  }

  find(name: string): OpenSlice | undefined {
    return this.#open.get(name);
  }

  withId(id: number): OpenSlice | undefined {
    return this.#open.values().find((slice) => slice.id === id);
  }

  /** The slice of that name, opened if it is new. */
  take(name: string): OpenSlice {
    const known = this.#open.get(name);
    if (known) return known;
    const slice = { id: this.#next++, written: 0, quarantined: 0 };
    this.#open.set(name, slice);
    return slice;
  }

  /** Closes the others. @returns how many rows these have */
  closeExcept(names: readonly string[]): { written: number; quarantined: number } {
    const stillOpen = new Set(names);
    const closed = { written: 0, quarantined: 0 };
    for (const [name, slice] of this.#open) {
      if (stillOpen.has(name)) continue;
      closed.written += slice.written;
      closed.quarantined += slice.quarantined;
      this.#open.delete(name);
    }
    return closed;
  }
}
