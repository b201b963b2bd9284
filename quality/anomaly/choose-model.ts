import { linearView, logView, stepsView, type View } from './lenses.ts';
import { Model } from './model.ts';
import { candidateSeasons, type Season } from './season.ts';
import { median, Recent } from './statistics.ts';

/** The levels that are tried: over so many points, or over a round of the season. */
const WINDOWS = [7, 28, 120];
/** What has more parts must be better by this much. */
const LEAST_GAIN = 0.97;
/** Beside a model without a season, one with a season lives when it leaves less than this share of what a level leaves. */
const SEASONAL_GAIN = 0.8;
/** Totals that grow are seen as steps when that halves the error. */
const STEPS_GAIN = 0.5;
/** The share of the history that models only learn from before they are compared. */
const HELD_BACK_FROM = 0.3;
/** While models are compared, a residual beyond so many scales is not learned from, but for so many points in a row. */
const GATE = 6;
const GATE_ROW = 12;
/** And not for more than this many of the last points: then it is how the series is. */
const GATE_OFTEN = 14;
const GATE_OFTEN_OF = 48;

export interface History {
  readonly times: readonly number[];
  readonly values: readonly number[];
}

/** A lens and the model that expects best through it. */
export interface Choice {
  readonly view: View;
  create(): Model;
}

/**
 * The models for a history, chosen by their one-step errors on its later part, each forecast made before its value was
 * seen: one for values (or steps) and, where nothing is negative, one for ratios.
 */
export function chooseModels(history: History, offsetAt: (at: number) => number): Choice[] {
  const seasons = candidateSeasons(history.times, history.values, offsetAt);
  const linear = best(history, linearView, seasons);
  const steps = best(history, stepsView, seasons);
  const plain = steps.error < linear.error * STEPS_GAIN ? steps : linear;
  const ratios = logView(history.values);
  const found = [plain, ...(ratios && plain.choice.view.lens === 'linear' ? [best(history, ratios, seasons)] : [])];
  return found.flatMap(({ choice, seasonal }) => (seasonal ? [choice, seasonal] : [choice]));
}

function best(
  history: History,
  view: View,
  seasons: readonly Season[],
): { choice: Choice; seasonal: Choice | null; error: number } {
  const candidates = [
    ...WINDOWS.map((window) => ({ season: null, window })),
    ...seasons.flatMap((season) =>
      [1, 4]
        .map((rounds) => ({ season, window: rounds * season.perPeriod }))
        .filter(({ window }) => window <= 200 || window === season.perPeriod),
    ),
  ];
  let winner = { season: null as Season | null, window: 28, ratio: 1, error: Number.POSITIVE_INFINITY };
  const plain = new Map<number, number[]>();
  let slowPlain: number[] = [];
  let seasonal = { season: null as Season | null, window: 0, ratio: SEASONAL_GAIN };
  for (const candidate of candidates) {
    const { fast: errors, slow } = oneStepErrors(history, view, new Model(candidate.season, candidate.window));
    const from = Math.max(Math.ceil(errors.length * HELD_BACK_FROM), (candidate.season?.perPeriod ?? 0) + 1, 4);
    if (candidate.season === null) {
      slowPlain = slow;
      plain.set(candidate.window, errors);
      const error = meanOf(errors, from);
      if (error < winner.error) winner = { ...candidate, ratio: 1, error };
      continue;
    }
    const slowRatio = meanOf(slow, from) / Math.max(meanOf(slowPlain, from), Number.MIN_VALUE);
    if (slowRatio < seasonal.ratio * LEAST_GAIN)
      seasonal = { season: candidate.season, window: candidate.window, ratio: slowRatio };
    // Held against the best without a season, over the same points.
    const without = plain.get(winner.season === null ? winner.window : 28) ?? errors;
    const ratio = meanOf(errors, from) / Math.max(meanOf(without, from), Number.MIN_VALUE);
    if (ratio < winner.ratio * LEAST_GAIN) winner = { ...candidate, ratio, error: winner.error };
  }
  const { season, window, error, ratio } = winner;
  const extra =
    season === null && seasonal.season !== null
      ? { view, create: () => new Model(seasonal.season, seasonal.window) }
      : null;
  return { seasonal: extra, choice: { view, create: () => new Model(season, window) }, error: error * ratio };
}

/** Single large misses should not decide: roots of the errors are averaged. */
function meanOf(errors: readonly number[], from: number): number {
  const later = errors.slice(from).filter((error) => !Number.isNaN(error));
  if (later.length === 0) return Number.POSITIVE_INFINITY;
  const root = later.reduce((sum, error) => sum + Math.sqrt(error), 0) / later.length;
  return root * root;
}

function oneStepErrors({ times, values }: History, view: View, model: Model) {
  const errors: number[] = [];
  const slow: number[] = [];
  const row: number[] = [];
  const far = new Recent(GATE_OFTEN_OF);
  let before = values[0] ?? 0;
  for (const [index, value] of values.entries()) {
    const at = times[index] ?? 0;
    const y = view.to(value, before);
    const forecast = model.forecast(at, index);
    const isFar =
      Math.abs(y - forecast.slow) > GATE * forecast.slowScale &&
      Math.abs(y - forecast.fast) > GATE * forecast.fastScale;
    far.add(isFar ? 1 : 0);
    const isGated = isFar && index > 8 && row.length < GATE_ROW && far.mean * far.count <= GATE_OFTEN;
    // A trouble counts once, or what follows it fastest would win.
    errors.push(isGated && row.length > 0 ? Number.NaN : Math.abs(y - forecast.fast));
    slow.push(isGated && row.length > 0 ? Number.NaN : Math.abs(y - forecast.slow));
    if (isGated) row.push(y - forecast.slow);
    else {
      if (isFar && row.length > 0) model.moveLevel(median(row));
      row.length = 0;
    }
    model.learn(at, index, y, forecast, isGated);
    before = value;
  }
  return { fast: errors, slow };
}
