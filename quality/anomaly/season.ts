import { median } from './statistics.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A season is looked for when the history holds it so many times. */
const LEAST_PERIODS = 2;
/** Times of day are told apart by no less. */
const DAY_SLOT = 10 * MINUTE;
const WEEK_SLOT = 15 * MINUTE;
/** The longest history and lag of which the self-similarity is computed, and how many periods are tried. */
const LAG_HISTORY = 3_000;
const MAX_LAG = 1_000;
const MAX_PERIODS = 2;
const LEAST_CORRELATION = 0.25;

/** What repeats: points of the same phase are alike. */
export interface Season {
  readonly name: string;
  readonly phases: number;
  /** How many points make one round. */
  readonly perPeriod: number;
  phaseOf(at: number, index: number): number;
}

/** The usual time from one point to the next. */
export function stepOf(times: readonly number[]): number {
  const gaps = times.slice(1, 2_001).map((at, index) => at - (times[index] ?? at));
  const usual = median(gaps.filter((gap) => gap > 0));
  return Number.isFinite(usual) ? usual : DAY;
}

/** The seasons that a history is long enough for: those of the calendar, and those it shows by itself. */
export function candidateSeasons(
  times: readonly number[],
  values: readonly number[],
  offsetAt: (at: number) => number,
): Season[] {
  const step = stepOf(times);
  const span = (times.at(-1) ?? 0) - (times[0] ?? 0) + step;
  const calendar = calendarSeasons(step, offsetAt)
    .map(({ period, ...season }) => ({
      ...season,
      perPeriod: Math.max(2, Math.round((times.length * period) / span)),
      period,
    }))
    .filter(({ period }) => span >= period * LEAST_PERIODS - step / 2);
  const found = repeats(values).map(every);
  const known = new Set(calendar.map(({ perPeriod }) => perPeriod));
  return [...calendar, ...found.filter(({ perPeriod }) => !known.has(perPeriod))];
}

function calendarSeasons(step: number, offsetAt: (at: number) => number) {
  const local = (at: number) => at + offsetAt(at);
  const weekday = (at: number) => Math.floor(local(at) / DAY + 3) % 7;
  const week = { name: 'weekday', phases: 7, period: 7 * DAY, phaseOf: weekday };
  if (step > 5 * DAY) return step < 45 * DAY ? [yearly(local)] : [];
  if (step > DAY / 2) return [week];
  const slot = Math.max(step, DAY_SLOT);
  const slots = Math.max(2, Math.round(DAY / slot));
  const timeOfDay = (at: number) => Math.floor((((local(at) % DAY) + DAY) % DAY) / (DAY / slots));
  const wide = Math.max(step, WEEK_SLOT);
  const wides = Math.max(2, Math.round(DAY / wide));
  const wideOf = (at: number) => Math.floor((((local(at) % DAY) + DAY) % DAY) / (DAY / wides));
  return [
    { name: 'hour of day', phases: slots, period: DAY, phaseOf: timeOfDay },
    {
      name: 'hour of day, weekends apart',
      phases: 2 * slots,
      period: 7 * DAY,
      phaseOf: (at: number) => timeOfDay(at) + (weekday(at) >= 5 ? slots : 0),
    },
    {
      name: 'hour of week',
      phases: 7 * wides,
      period: 7 * DAY,
      phaseOf: (at: number) => weekday(at) * wides + wideOf(at),
    },
  ];
}

function yearly(local: (at: number) => number) {
  const month = (at: number) => new Date(local(at)).getUTCMonth();
  return { name: 'month', phases: 12, period: 365.25 * DAY, phaseOf: month };
}

function every(period: number): Season {
  return { name: `every ${period}`, phases: period, perPeriod: period, phaseOf: (_at, index) => index % period };
}

/** Lags at which the steps of the series are most like themselves. */
function repeats(all: readonly number[]): number[] {
  const values = all.slice(-LAG_HISTORY);
  const steps = clipped(values.slice(1).map((value, index) => value - (values[index] ?? value)));
  const most = Math.min(MAX_LAG, Math.floor(values.length / LEAST_PERIODS) - 1);
  if (most < 4) return [];
  const energy = steps.reduce((sum, step) => sum + step * step, 0);
  if (energy === 0) return [];
  const alike = Array.from({ length: most + 1 }, (_, lag) => (lag < 2 ? 0 : similarity(steps, lag) / energy));
  const peaks = alike.flatMap((height, lag) =>
    lag >= 3 && height > LEAST_CORRELATION && height >= (alike[lag - 1] ?? 0) && height >= (alike[lag + 1] ?? 0)
      ? [{ lag, height }]
      : [],
  );
  const best = peaks.toSorted((a, b) => b.height - a.height)[0];
  if (!best) return [];
  // The shortest that is nearly as good, and the best itself: a multiple of a period repeats as well.
  const shortest = peaks.find(({ height }) => height > 0.85 * best.height) ?? best;
  return [...new Set([shortest.lag, best.lag])].slice(0, MAX_PERIODS);
}

function similarity(steps: Float64Array, lag: number): number {
  let sum = 0;
  for (let at = lag; at < steps.length; at++) sum += (steps[at] ?? 0) * (steps[at - lag] ?? 0);
  return (sum * steps.length) / (steps.length - lag);
}

/** Large steps would drown the others. */
function clipped(steps: readonly number[]): Float64Array {
  const sizes = steps.map(Math.abs).filter((size) => size > 0);
  const most = 5 * median(sizes);
  return Float64Array.from(steps, (step) => (Number.isFinite(most) ? Math.min(Math.max(step, -most), most) : 0));
}
