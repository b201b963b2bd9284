import type { Season } from './season.ts';
import { clamp, median, Recent } from './statistics.ts';

/** Rounds of a season that are remembered, and how many values of one phase at most. */
const ROUNDS = 7;
const MOST_OF_PHASE = 28;
/** The longest window of a level. */
const MOST_LEVEL = 3_000;
/** A residual moves level and scale as if it were at most so many scales. */
const CLIP = 3.5;
/** How many of the last residuals the next is guessed from. */
const LAGS = 3;
const FORGETTING = 0.998;
/** How much the guess is held back while little was seen. */
const RIDGE = 8;
/** The scale follows the last so many residuals. */
const SCALE_MEMORY = 200;
/** From the mean absolute to the standard deviation of a normal distribution. */
const TO_DEVIATION = Math.sqrt(Math.PI / 2);
/** Scales of phases are told apart in so many groups, each held to the common one by so many values. */
const SCALE_GROUPS = 24;
const GROUP_PRIOR = 6;

export interface Forecast {
  /** From level and season alone, and corrected by how far the last values were off. */
  readonly slow: number;
  readonly fast: number;
  readonly slowScale: number;
  readonly fastScale: number;
}

/**
 * One way to expect the next value, in the unit of its lens: a level over a window, what its phase of the season adds
 * (the median of the last rounds), and a recursive least squares fit (exponential forgetting, ridge) of the last
 * residuals, which follows what drifts or persists. Learns one value at a time; a value said to be anomalous moves nothing.
 */
export class Model {
  readonly season: Season | null;
  readonly #level: Recent;
  readonly #levelIsMedian: boolean;
  readonly #phases: Recent[] = [];
  readonly #first: { phase: number; y: number }[] = [];
  readonly #residuals = new Float64Array(LAGS);
  readonly #fit = new Fit(LAGS + 1);
  readonly #slowScale = new Scale();
  readonly #fastScale: Scale;
  readonly #groups: Recent[] = [];
  #learned = 0;

  constructor(season: Season | null, window: number) {
    this.season = season;
    const size = season ? season.perPeriod * Math.max(1, Math.round(window / season.perPeriod)) : window;
    this.#level = new Recent(clamp(size, 2, MOST_LEVEL));
    this.#levelIsMedian = season === null;
    this.#fastScale = new Scale();
    if (season) {
      const perPhase = clamp(Math.round((ROUNDS * season.perPeriod) / season.phases), 3, MOST_OF_PHASE);
      this.#phases = Array.from({ length: season.phases }, () => new Recent(perPhase));
      this.#groups = Array.from({ length: Math.min(season.phases, SCALE_GROUPS) }, () => new Recent(60));
    }
  }

  forecast(at: number, index: number): Forecast {
    const phase = this.season?.phaseOf(at, index) ?? 0;
    const slow = this.#levelNow() + this.#ofPhase(phase);
    const scale = this.#slowScale.value;
    const fast = slow + (scale > 0 ? scale * this.#fit.predict(this.#features(scale)) : 0);
    const wide = this.#groupFactor(phase);
    return { slow, fast, slowScale: scale * wide, fastScale: this.#fastScale.value * wide };
  }

  learn(at: number, index: number, y: number, forecast: Forecast, isAnomaly: boolean): void {
    const phase = this.season?.phaseOf(at, index) ?? 0;
    const scale = this.#slowScale.value;
    const residual = isAnomaly ? forecast.fast - forecast.slow : y - forecast.slow;
    if (!isAnomaly) {
      const clipped =
        scale > 0 && this.#learned > 4
          ? forecast.slow + clamp(y - forecast.slow, -CLIP * 2 * scale, CLIP * 2 * scale)
          : y;
      if (scale > 0) this.#fit.learn(this.#features(scale), clamp(residual / scale, -CLIP, CLIP));
      this.#learnPhase(phase, clipped);
      this.#level.add(clipped);
      const wide = this.#groupFactor(phase);
      this.#slowScale.add(Math.abs(y - forecast.slow) / wide);
      this.#fastScale.add(Math.abs(y - forecast.fast) / wide);
      if (this.#fastScale.value > 0)
        this.#group(phase)?.add(Math.min(Math.abs(y - forecast.fast) / this.#fastScale.value, CLIP * 2));
      this.#learned++;
    }
    this.#residuals.copyWithin(1, 0, LAGS - 1);
    this.#residuals[0] = residual;
  }

  /** A change of level is accepted at once: what was anomalous is the rule now. */
  moveLevel(by: number): void {
    this.#level.shift(by);
    for (const first of this.#first) first.y += by;
    this.#residuals.fill(0);
  }

  #levelNow(): number {
    return this.#levelIsMedian ? (this.#level.count === 0 ? 0 : median(this.#level.values())) : this.#level.mean;
  }

  #ofPhase(phase: number): number {
    const values = this.#phases[phase]?.values();
    return values && values.length > 0 ? median(values) : 0;
  }

  /** The first round has no level of a whole round before it: it is held against its own, once it is complete. */
  #learnPhase(phase: number, y: number): void {
    if (!this.season) return;
    if (this.#learned >= this.season.perPeriod) return void this.#phases[phase]?.add(y - this.#level.mean);
    this.#first.push({ phase, y });
    if (this.#first.length < this.season.perPeriod) return;
    const mean = this.#first.reduce((sum, first) => sum + first.y, 0) / this.#first.length;
    for (const first of this.#first) this.#phases[first.phase]?.add(first.y - mean);
    this.#first.length = 0;
  }

  #features(scale: number): Float64Array {
    const features = new Float64Array(LAGS + 1);
    features[0] = 1;
    for (let lag = 0; lag < LAGS; lag++)
      features[lag + 1] = clamp((this.#residuals[lag] ?? 0) / scale, -2 * CLIP, 2 * CLIP);
    return features;
  }

  #group(phase: number): Recent | undefined {
    return this.#groups[Math.floor((phase * this.#groups.length) / (this.season?.phases ?? 1))];
  }

  #groupFactor(phase: number): number {
    const group = this.#group(phase);
    if (!group || group.count === 0) return 1;
    return Math.max(0.3, (group.mean * TO_DEVIATION * group.count + GROUP_PRIOR) / (group.count + GROUP_PRIOR));
  }
}

/** A deviation that follows slowly and is not impressed by single residuals. */
class Scale {
  #mean = 0;
  #count = 0;

  get value(): number {
    return this.#mean * TO_DEVIATION;
  }

  add(size: number): void {
    this.#count++;
    const most = this.#count > 8 && this.#mean > 0 ? CLIP * TO_DEVIATION * this.#mean : Number.POSITIVE_INFINITY;
    this.#mean += (Math.min(size, most) - this.#mean) / Math.min(this.#count, SCALE_MEMORY);
  }
}

/** Recursive least squares with forgetting. */
class Fit {
  readonly #size: number;
  readonly #weights: Float64Array;
  readonly #spread: Float64Array;

  constructor(size: number) {
    this.#size = size;
    this.#weights = new Float64Array(size);
    this.#spread = new Float64Array(size * size);
    for (let at = 0; at < size; at++) this.#spread[at * size + at] = 1 / RIDGE;
  }

  predict(features: Float64Array): number {
    let sum = 0;
    for (let at = 0; at < this.#size; at++) sum += (this.#weights[at] ?? 0) * (features[at] ?? 0);
    return sum;
  }

  learn(features: Float64Array, target: number): void {
    const size = this.#size;
    const gain = new Float64Array(size);
    let total = FORGETTING;
    for (let row = 0; row < size; row++) {
      let sum = 0;
      for (let column = 0; column < size; column++)
        sum += (this.#spread[row * size + column] ?? 0) * (features[column] ?? 0);
      gain[row] = sum;
      total += sum * (features[row] ?? 0);
    }
    const miss = target - this.predict(features);
    for (let row = 0; row < size; row++)
      this.#weights[row] = (this.#weights[row] ?? 0) + ((gain[row] ?? 0) / total) * miss;
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        const at = row * size + column;
        const next = ((this.#spread[at] ?? 0) - ((gain[row] ?? 0) * (gain[column] ?? 0)) / total) / FORGETTING;
        this.#spread[at] = row === column ? Math.min(next, 1) : next;
      }
    }
  }
}
