/** One measurement. A null was not measured: it is skipped, neither judged nor learned from. */
export interface Point {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly value: number | null;
  /**
   * What people know of it: `excluded` belongs to an open or confirmed incident and is never learned from; `expected` was
   * called normal, and the models move to it at once.
   */
  readonly feedback?: 'excluded' | 'expected';
}

/** How values are compared: as they stand, as ratios, or by what each adds to the one before. */
export type Lens = 'linear' | 'log' | 'steps';

/** What a point was held against, in the series' own unit: within low and high nothing would have been said. */
export interface Band {
  readonly expected: number;
  readonly low: number;
  readonly high: number;
}

/** What is said of one point, from it and those before it alone. */
export interface Judgement {
  /** 0 to 1: 0.5 is just at the tolerance. */
  readonly score: number;
  readonly isAnomaly: boolean;
  /** An anomaly with none in the day before it, or at the point before where those lie further apart: repeats are not told again. */
  readonly isNew: boolean;
  /** Why an unusual value is no anomaly. */
  readonly excuse: 'catch-up' | 'holiday' | null;
  /** Null while there is too little history to say anything. */
  readonly band: Band | null;
  /** The season in use, in words: `weekday`, `hour of day`, `every 52`; null for none. */
  readonly season: string | null;
  readonly lens: Lens;
}

export interface Options {
  /** At most so many false alarms in 30 days. Without it the tolerance is one surprise of e⁻⁸ per point, whatever the spacing. */
  readonly falseAlarmsPerMonth?: number;
  /** Local time minus UTC in milliseconds; UTC without it. */
  readonly offsetAt?: (at: number) => number;
  /** Days on which a value may look like a Sunday's, or like the last holiday's. */
  readonly isHoliday?: (at: number) => boolean;
  /** Which changes matter; `both` without it. */
  readonly direction?: 'both' | 'drop' | 'spike';
}
