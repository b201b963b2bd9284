import { clamp, Recent } from './statistics.ts';
import type { Tail } from './tail.ts';

/** The windows, in points, over which values are held against all before. */
const WINDOWS = [1, 12, 60];
/** Level and deviation are those of about so many last points. */
const MEMORY = 4_000;
/** A value moves them, and counts in a window of several, as if it were at most so many deviations off. */
const MOST = 5;
/** Nothing is said before so many points, and the first few are not kept. */
const LEAST = 120;
const UNSTEADY = 8;
/** A deviation below this share of the level is as good as none. */
const FLOOR = 1e-3;
const ROUNDING = 1e-12;
/** From the mean absolute to the standard deviation of a normal distribution. */
const TO_DEVIATION = Math.sqrt(Math.PI / 2);

/**
 * What models that follow quickly cannot tell: that the last values are unlike nearly all before. A window counts no more
 * than the shorter ones within it and only while they lean to the same side, so that it is over when the values are back.
 */
export class Novelty {
  readonly #recent = WINDOWS.map((window) => new Recent(window));
  readonly #tails: readonly Tail[];
  #leaning: readonly number[] = [];
  #level = 0;
  #size = 0;
  #count = 0;

  constructor(createTail: () => Tail) {
    this.#tails = WINDOWS.map(createTail);
  }

  surprise(y: number): number {
    const scale = Math.max(TO_DEVIATION * this.#size, FLOOR * Math.abs(this.#level), ROUNDING);
    const off = (y - this.#level) / scale;
    let least = Number.POSITIVE_INFINITY;
    this.#leaning = this.#recent.map((recent, which) => {
      recent.add(which === 0 ? off : clamp(off, -MOST, MOST));
      least = Math.min(least, Math.max(0, recent.mean * Math.sign(off)));
      return least;
    });
    if (this.#count < LEAST) return 0;
    return Math.max(...this.#tails.map((tail, which) => tail.surprise(this.#leaning[which] ?? 0)));
  }

  learn(y: number): void {
    if (this.#count >= UNSTEADY) for (const [which, tail] of this.#tails.entries()) tail.add(this.#leaning[which] ?? 0);
    const most = this.#count < UNSTEADY ? Number.POSITIVE_INFINITY : MOST * this.#size;
    const off = clamp(y - this.#level, -most, most);
    this.#count++;
    const rate = 1 / Math.min(this.#count, MEMORY);
    this.#size += (Math.abs(off) - this.#size) * rate;
    this.#level += off * rate;
  }

  /** This is the rule now. */
  moveTo(y: number): void {
    this.#level = y;
    for (const recent of this.#recent) recent.shift(-recent.mean);
  }
}
