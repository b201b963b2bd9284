/** Newest observations that are looked at. */
const MEMORY = 8_000;
/** The share of the largest that make the tail, and how many they are at least. */
const TAIL_SHARE = 0.05;
const TAIL_LEAST = 6;

/** No value is looked for beyond this. */
const MOST = 1e9;

/** What is believed before anything was seen. */
export interface Prior {
  /** How many observations it counts for. */
  readonly weight: number;
  /** The share of values beyond this one. */
  beyond(value: number): number;
  /** Mean excess over the threshold of the tail, and how many exceedances it counts for. */
  readonly excess: number;
  readonly excessWeight: number;
  /** The tail is exponential up to about so many units and a power beyond; without it, exponential throughout. */
  bend?(count: number): number;
  /** Up to the largest value seen, no rarer than the share that was as large: what happens now and then is not rare, however it was extrapolated. */
  readonly isCounted?: boolean;
}

interface Threshold {
  readonly at: number;
  readonly beyond: number;
  readonly excess: number;
  readonly bend: number;
}

/**
 * How surprising a number is beside those seen before: minus the natural logarithm of the share of values as large.
 * Up to the 95th percentile the share is counted, as conformal prediction does; beyond it the mean excess extrapolates
 * an exponential tail (Davison & Smith 1990, with shape 0), or one that bends into a power law (Hill 1975). With few
 * observations the prior decides.
 */
export class Tail {
  readonly #prior: Prior;
  readonly #ring = new Float64Array(MEMORY);
  readonly #sorted = new Float64Array(MEMORY);
  #seen = 0;
  #threshold: Threshold | null = null;

  constructor(prior: Prior) {
    this.#prior = prior;
  }

  get count(): number {
    return Math.min(this.#seen, MEMORY);
  }

  add(value: number): void {
    const slot = this.#seen % MEMORY;
    let length = this.count;
    if (this.#seen >= MEMORY) {
      const gone = this.#place(this.#ring[slot] ?? 0, length);
      this.#sorted.copyWithin(gone, gone + 1, length);
      length--;
    }
    const at = this.#place(value, length);
    this.#sorted.copyWithin(at + 1, at, length);
    this.#sorted[at] = value;
    this.#ring[slot] = value;
    this.#seen++;
    this.#threshold = null;
  }

  surprise(value: number): number {
    const { at, beyond, excess, bend } = this.#limit();
    if (value <= at) return -Math.log(Math.max(this.#share(value), beyond));
    const fitted = -Math.log(beyond) + bent(value - at, at, bend) / excess;
    return this.#prior.isCounted ? Math.min(fitted, this.#counted(value)) : fitted;
  }

  /** The smallest value of at least this surprise. */
  valueAt(surprise: number): number {
    const { at, beyond, excess, bend } = this.#limit();
    const over = surprise + Math.log(beyond);
    const fitted = at + unbent(Math.max(0, over) * excess, at, bend);
    if (over >= 0 && !this.#prior.isCounted) return fitted;
    let [low, high] = over < 0 ? [0, at] : [at, fitted];
    while (this.surprise(high) < surprise && high < MOST) high = 2 * high + 1;
    for (let step = 0; step < 40; step++) {
      const middle = (low + high) / 2;
      if (this.surprise(middle) < surprise) low = middle;
      else high = middle;
    }
    return high;
  }

  /** By the share seen; beyond the largest, as much more than that as the tail extrapolates. */
  #counted(value: number): number {
    const largest = this.#sorted[this.count - 1] ?? 0;
    if (value <= largest) return -Math.log(this.#share(value));
    const { at, excess, bend } = this.#limit();
    const from = Math.max(at, largest);
    const more = bent(value - at, at, bend) - bent(from - at, at, bend);
    const { weight, beyond } = this.#prior;
    const share = (0.5 + weight * beyond(from)) / (this.count + weight);
    return -Math.log(Math.min(1, share)) + more / excess;
  }

  #limit() {
    if (this.#threshold) return this.#threshold;
    const { weight, excess, excessWeight } = this.#prior;
    const count = this.count;
    const bend = this.#prior.bend?.(count) ?? Number.POSITIVE_INFINITY;
    const tail = Math.min(count, Math.max(TAIL_LEAST, Math.ceil(count * TAIL_SHARE)));
    const at = count === 0 ? 0 : (this.#sorted[count - tail] ?? 0);
    let over = excess * excessWeight;
    for (let index = count - tail; index < count; index++) over += bent((this.#sorted[index] ?? 0) - at, at, bend);
    const beyond = (tail + weight * this.#prior.beyond(at)) / (count + weight);
    this.#threshold = { at, beyond, bend, excess: Math.max(over / (tail + excessWeight), Number.MIN_VALUE) };
    return this.#threshold;
  }

  #share(value: number): number {
    const count = this.count;
    const larger = count - this.#place(value, count);
    return Math.min(1, (larger + this.#prior.weight * this.#prior.beyond(value)) / (count + this.#prior.weight));
  }

  /** How many of the sorted are smaller. */
  #place(value: number, length: number): number {
    let [low, high] = [0, length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** What lies `over` the threshold, on a scale that runs from linear to logarithmic; infinitely late, it stays linear. */
function bent(over: number, threshold: number, bend: number): number {
  return bend === Number.POSITIVE_INFINITY ? over : bend * Math.log1p(over / (bend + threshold));
}

function unbent(over: number, threshold: number, bend: number): number {
  return bend === Number.POSITIVE_INFINITY ? over : (bend + threshold) * Math.expm1(over / bend);
}
