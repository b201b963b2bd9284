import { randomUUID } from 'node:crypto';

const BYTES = 36;
const NINE = 57;
const A = 97;
const F = 102;
const ZERO = 48;

/** Ids for the rows of one file: one random UUID whose last twelve digits count up, so that they cost and compress well. */
export class RawIds {
  readonly #id = Buffer.from(randomUUID());

  constructor() {
    this.#id.fill(ZERO, BYTES - 12);
  }

  /** Everything before the digits that count. */
  get prefix(): string {
    return this.#id.toString('latin1', 0, BYTES - 12);
  }

  /** Writes the next id to `target` at `at`; gives where it ends. */
  write(target: Buffer, at: number): number {
    const id = this.#id;
    for (let digit = BYTES - 1; ; digit--) {
      const value = id[digit] as number;
      if (value === F) id[digit] = ZERO;
      else {
        id[digit] = value === NINE ? A : value + 1;
        break;
      }
    }
    for (let index = 0; index < BYTES; index++) target[at + index] = id[index] as number;
    return at + BYTES;
  }
}
