import type { JsonObject } from '#lib/json.ts';
import type { Came } from '../destination.ts';
import type { QuarantinedRow } from './quarantine.ts';

/** What the rows of one page have in common. */
export interface PagePlace extends Pick<QuarantinedRow, 'slice' | 'sliceId' | 'page'> {
  /** All of its records as they came; rows count from 1. */
  readonly records: readonly JsonObject[];
  /** Of each of them, where they came in other syncs. */
  readonly cameOf?: readonly Came[];
}

/**
 * Where the rows of a batch came from, and where their lines end in its bytes. As lists of numbers: objects that live as long as a batch
 * are copied by the collector again and again.
 */
export class BatchRows {
  readonly #ends: number[] = [];
  readonly #rows: number[] = [];
  readonly #seqs: number[] = [];
  readonly #pages: { readonly from: number; readonly place: PagePlace }[] = [];

  get length(): number {
    return this.#ends.length;
  }

  add(end: number, { row, seq, place }: { row: number; seq: number; place: PagePlace }): void {
    if (this.#pages.at(-1)?.place !== place) this.#pages.push({ from: this.length, place });
    this.#ends.push(end);
    this.#rows.push(row);
    this.#seqs.push(seq);
  }

  /** `index` counts from 0. */
  originOf(index: number): Omit<QuarantinedRow, 'code' | 'reason'> | null {
    const place = this.#placeOf(index);
    const [row, seq] = [this.#rows[index], this.#seqs[index]];
    if (place === undefined || row === undefined || seq === undefined) return null;
    const { records, cameOf, ...page } = place;
    return { ...page, row, seq, came: cameOf?.[row - 1], record: records[row - 1] as JsonObject };
  }

  spanOf(index: number): { start: number; end: number } {
    return { start: this.#ends[index - 1] ?? 0, end: this.#ends[index] ?? 0 };
  }

  /** The other rows, as their lines lie when this one's is cut out. */
  without(index: number): BatchRows {
    const left = new BatchRows();
    const { start, end } = this.spanOf(index);
    for (const [at, lineEnd] of this.#ends.entries()) {
      const place = this.#placeOf(at);
      if (at === index || place === undefined) continue;
      const [row = 0, seq = 0] = [this.#rows[at], this.#seqs[at]];
      left.add(at < index ? lineEnd : lineEnd - (end - start), { row, seq, place });
    }
    return left;
  }

  /** Those from `from` to before `to`, as their lines lie when they are cut out. */
  part(from: number, to: number): BatchRows {
    const some = new BatchRows();
    const { start } = this.spanOf(from);
    for (let at = from; at < to; at++) {
      const [end = 0, row = 0, seq = 0] = [this.#ends[at], this.#rows[at], this.#seqs[at]];
      const place = this.#placeOf(at);
      if (place) some.add(end - start, { row, seq, place });
    }
    return some;
  }

  #placeOf(index: number): PagePlace | undefined {
    return this.#pages.findLast(({ from }) => from <= index)?.place;
  }
}
