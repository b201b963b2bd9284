/** One measurement. A null was not measured: it is skipped, and neither judged nor learned from. */
export interface Point {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly value: number | null;
}

/** How two values may be compared: as they stand, as ratios, or by what they add to the value before. */
export type Lens = 'linear' | 'log' | 'steps';

/** What a point was held against, in the series' own unit. */
export interface Band {
  readonly expected: number;
  /** The nearest values that would have been at the tolerance. */
  readonly low: number;
  readonly high: number;
}

/** What is said of one point, from it and those before it alone. */
export interface Judgement {
  /** 0 to 1: 0.5 is just at the tolerance. */
  readonly score: number;
  readonly isAnomaly: boolean;
  /** Null while there is too little history to say anything. */
  readonly band: Band | null;
  /** The season in use, in words: `weekday`, `hour of day`, `every 52`; null for none. */
  readonly season: string | null;
  readonly lens: Lens;
}
