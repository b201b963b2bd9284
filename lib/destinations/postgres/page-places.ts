/** Where a staged row came from. `row` counts from 1 within the page; 0 stands for what nobody knows any more. */
export interface Place {
  readonly slice: string;
  readonly page: number;
  readonly row: number;
}

/** Pages that are remembered; of earlier ones only their rows' numbers are left. */
const MOST_PAGES = 200_000;

/** Finds a row's page by the row's number: pages are numbered through, in the order in which they came. */
export class PagePlaces {
  #slices: string[] = [];
  #pages: number[] = [];
  /** The number before each page's first row. */
  #starts: number[] = [];

  /** The rows after `start` are those of this page. */
  begin(slice: string, page: number, start: number): void {
    if (this.#starts.length >= MOST_PAGES) this.#keepFrom(MOST_PAGES / 2);
    this.#slices.push(slice);
    this.#pages.push(page);
    this.#starts.push(start);
  }

  of(seq: number): Place {
    const index = this.#indexOf(seq);
    const start = this.#starts[index];
    if (start === undefined) return { slice: '', page: 0, row: 0 };
    return { slice: this.#slices[index] ?? '', page: this.#pages[index] ?? 0, row: seq - start };
  }

  #keepFrom(index: number): void {
    this.#slices = this.#slices.slice(index);
    this.#pages = this.#pages.slice(index);
    this.#starts = this.#starts.slice(index);
  }

  /** Of the last page that begins before the row. */
  #indexOf(seq: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle] as number) < seq) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
