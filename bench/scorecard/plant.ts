import type { Point } from '#quality/anomaly/series.ts';

const DAY = 86_400_000;
/** A Monday. */
const START = Date.UTC(2026, 0, 5);

/** Random numbers that are the same in every run. */
export function createRandom(seed: number) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 4_294_967_296;
  };
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal };
}
export type Random = ReturnType<typeof createRandom>;

export interface Shape {
  readonly days: number;
  /** Deviation from day to day, as a share. */
  readonly variation: number;
  /** Saturdays and Sundays, as a share of other days. */
  readonly weekend?: number;
  /** Growth a week, as a share. */
  readonly growth?: number;
}

/** Rows a day of a table that is loaded daily. */
export function dailyRows({ days, variation, weekend = 1, growth = 0 }: Shape, random: Random): Point[] {
  return Array.from({ length: days }, (_, day) => {
    const usual = 10_000 * (day % 7 >= 5 ? weekend : 1) * (1 + growth) ** (day / 7);
    return { at: START + day * DAY, value: Math.max(0, Math.round(usual * (1 + variation * random.normal()))) };
  });
}

/** What can go wrong from the point `at` on; how many points it lasts. */
export interface Trouble {
  readonly name: string;
  readonly length: number;
  change(value: number, place: number, before: number): number;
}

export const troubles: readonly Trouble[] = [
  { name: 'outage', length: 2, change: () => 0 },
  { name: 'halving', length: 2, change: (value) => value / 2 },
  { name: 'doubling', length: 2, change: (value) => value * 2 },
  { name: 'level shift −40 %', length: 7, change: (value) => value * 0.6 },
  { name: 'level shift +60 %', length: 7, change: (value) => value * 1.6 },
  // The day's rows come with the next day's.
  { name: 'late load', length: 2, change: (value, place, before) => (place === 0 ? 0 : value + before) },
];

/** The series with its trouble planted; a copy. */
export function plant(points: readonly Point[], at: number, { length, change }: Trouble): Point[] {
  return points.map((point, index) => {
    const place = index - at;
    if (place < 0 || place >= length || point.value === null) return point;
    return { ...point, value: change(point.value, place, points[index - 1]?.value ?? 0) };
  });
}
