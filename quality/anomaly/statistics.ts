/** Median of a list; NaN for none. Leaves the list as it is. */
export function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort();
  return quantileOf(sorted, 0.5);
}

/** Quantile of an ascending list, between its neighbours. */
export function quantileOf(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  const place = (sorted.length - 1) * share;
  const below = Math.floor(place);
  const low = sorted[below] ?? Number.NaN;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? low;
  return low + (high - low) * (place - below);
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

/** The last `size` numbers, and their mean, kept by adding and taking away. */
export class Recent {
  readonly #ring: Float64Array;
  #count = 0;
  #sum = 0;

  constructor(size: number) {
    this.#ring = new Float64Array(size);
  }

  get count(): number {
    return Math.min(this.#count, this.#ring.length);
  }

  /** Zero for none. */
  get mean(): number {
    return this.count === 0 ? 0 : this.#sum / this.count;
  }

  add(value: number): void {
    const at = this.#count % this.#ring.length;
    if (this.#count >= this.#ring.length) this.#sum -= this.#ring[at] ?? 0;
    this.#ring[at] = value;
    this.#sum += value;
    this.#count++;
    // Rounding would pile up over long series.
    if (at === 0) this.#sum = this.values().reduce((sum, each) => sum + each, 0);
  }

  /** Adds the same to every number. */
  shift(by: number): void {
    for (let at = 0; at < this.count; at++) this.#ring[at] = (this.#ring[at] ?? 0) + by;
    this.#sum += by * this.count;
  }

  /** In no order. */
  values(): Float64Array {
    return this.#ring.subarray(0, this.count);
  }
}
