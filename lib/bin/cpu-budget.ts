/** What a process may save up, as time of its limit: short work is not held up. */
const BURST_MS = 1_000;
/** The longest pause: connections that others keep open survive it. */
const LONGEST_PAUSE_MS = 5_000;

/** Says when a process has to pause so that it takes no more than so many cores over time. Times are in ms. */
export class CpuBudget {
  readonly #cores: number;
  #left: number;
  #at: number;
  #used: number;

  constructor(cores: number, at: number, used: number) {
    this.#cores = cores;
    this.#left = cores * BURST_MS;
    this.#at = at;
    this.#used = used;
  }

  /** Whether the process that has used so much CPU by now must pause. */
  isSpent(at: number, used: number): boolean {
    const left = this.#left + (at - this.#at) * this.#cores - (used - this.#used);
    this.#left = Math.max(-LONGEST_PAUSE_MS * this.#cores, Math.min(BURST_MS * this.#cores, left));
    this.#at = at;
    this.#used = used;
    return this.#left < 0;
  }
}
