import { randomUUID } from 'node:crypto';
import type { Came } from './destination.ts';

const BYTES = 36;
const NINE = 57;
const A = 97;
const F = 102;
const ZERO = 48;

const COUNTED = 12;

/** Ids for rows: one random UUID whose last twelve digits are the row's number, so that they cost and compress well, and tell which came first. */
export class RawIds {
  readonly #id = Buffer.from(randomUUID());
  /** Everything before the digits that count. */
  readonly prefix = this.#id.toString('latin1', 0, BYTES - COUNTED);

  /** Those that are written follow the number `after`. */
  constructor(after = 0) {
    this.#id.write(hexOf(after), BYTES - COUNTED, 'latin1');
  }

  /** The id of the row with this number. */
  of(number: number): string {
    return this.prefix + hexOf(number);
  }

  /** Writes the next id to `target` at `at`; gives where it ends. */
  write(target: Buffer, at: number): number {
    this.skip();
    for (let index = 0; index < BYTES; index++) target[at + index] = this.#id[index] as number;
    return at + BYTES;
  }

  /** Leaves the next id out. */
  skip(): void {
    const id = this.#id;
    for (let digit = BYTES - 1; ; digit--) {
      const value = id[digit] as number;
      if (value === F) id[digit] = ZERO;
      else {
        id[digit] = value === NINE ? A : value + 1;
        break;
      }
    }
  }
}

/** Ids for rows that came in other syncs, which they tell like the numbers: those of one sync begin alike. */
export class CameIds {
  readonly #ofSyncs = new Map<number, RawIds>();

  of({ at, number }: Came): string {
    const known = this.#ofSyncs.get(at.getTime());
    if (known) return known.of(number);
    const ids = new RawIds();
    this.#ofSyncs.set(at.getTime(), ids);
    return ids.of(number);
  }
}

function hexOf(number: number): string {
  return number.toString(16).padStart(COUNTED, '0');
}
