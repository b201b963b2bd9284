import { Recent } from './statistics.ts';
import type { Tail } from './tail.ts';

/** The windows over which errors are looked at together. */
const LEANING = 5;
const RESTLESS = 10;
/** One error counts as at most so many deviations: a single large one is told by itself. */
const MOST = 3;

/**
 * What single errors do not show: that the last ones lean to one side (a small shift), or are larger than usual (more
 * variance). Each is held against its own past.
 */
export class Strain {
  readonly #leaning = new Recent(LEANING);
  readonly #restless = new Recent(RESTLESS);
  readonly #tails: readonly [Tail, Tail];

  constructor(createTail: () => Tail) {
    this.#tails = [createTail(), createTail()];
  }

  surprise(slow: number, fast: number): number {
    this.#leaning.add(Math.min(Math.max(slow, -MOST), MOST));
    this.#restless.add(Math.min(fast, MOST));
    const [leaning, restless] = this.#tails;
    return Math.max(leaning.surprise(Math.abs(this.#leaning.mean)), restless.surprise(this.#restless.mean));
  }

  learn(isSteady: boolean): void {
    if (!isSteady) return;
    const [leaning, restless] = this.#tails;
    leaning.add(Math.abs(this.#leaning.mean));
    restless.add(this.#restless.mean);
  }
}
