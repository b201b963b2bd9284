import { linearView, logView, stepsView, type View } from './lenses.ts';
import { Model } from './model.ts';
import { candidateSeasons, type Season } from './season.ts';
import { median, Recent } from './statistics.ts';

/** The levels that are tried: over so many points, or over a round of the season. */
const WINDOWS = [7, 28, 120];
const USUAL_WINDOW = 28;
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
 * seen: one for values (or steps) and, where nothing is negative, one for ratios; each with one that knows a season
 * beside it, where what follows the last values expects best but a season explains much.
 */
export function chooseModels(history: History, offsetAt: (at: number) => number): Choice[] {
  const seasons = candidateSeasons(history.times, history.values, offsetAt);
  const linear = best(history, linearView, seasons);
  const steps = best(history, stepsView, seasons);
  const plain = steps.error < linear.error * STEPS_GAIN ? steps : linear;
  const ratios = logView(history.values);
  const isCompared = ratios !== null && plain === linear;
  return [...plain.choices, ...(isCompared ? best(history, ratios, seasons).choices : [])];
}

/** A model that was tried, and its errors in one step: with and without following its last ones. */
interface Tried {
  readonly season: Season | null;
  readonly window: number;
  readonly fast: readonly number[];
  readonly slow: readonly number[];
}

function best(history: History, view: View, seasons: readonly Season[]): { choices: Choice[]; error: number } {
  const tried = [
    ...WINDOWS.map((window) => ({ season: null, window })),
    ...seasons.flatMap((season) =>
      [1, 4]
        .map((rounds) => ({ season, window: rounds * season.perPeriod }))
        .filter(({ window }) => window <= 200 || window === season.perPeriod),
    ),
  ].map(({ season, window }) => ({ season, window, ...oneStepErrors(history, view, new Model(season, window)) }));
  const levels = tried.filter(({ season }) => season === null);
  const level = least(levels, ({ fast }) => meanOf(fast, comparedFrom(history, null)));
  let [winner, ratio] = [level, 1];
  for (const each of tried.filter(({ season }) => season !== null)) {
    const without = winner === level ? level : levels.find(({ window }) => window === USUAL_WINDOW);
    const itsRatio = ratioOf(history, each, each.fast, (without ?? each).fast);
    if (itsRatio < ratio * LEAST_GAIN) [winner, ratio] = [each, itsRatio];
  }
  const beside = winner === level ? bestSeason(history, tried) : null;
  const choices = [winner, ...(beside ? [beside] : [])].map(({ season, window }) => ({
    view,
    create: () => new Model(season, window),
  }));
  return { choices, error: meanOf(level.fast, comparedFrom(history, null)) * ratio };
}

/** The season that explains most of what lies between the values and a long level; null where none explains much. */
function bestSeason(history: History, tried: readonly Tried[]): Tried | null {
  const long = tried.findLast(({ season }) => season === null);
  const seasonal = tried.filter(({ season }) => season !== null);
  if (!long || seasonal.length === 0) return null;
  const ratio = (each: Tried) => ratioOf(history, each, each.slow, long.slow);
  const found = least(seasonal, ratio);
  return ratio(found) < SEASONAL_GAIN ? found : null;
}

/** Errors beside those of another model, over the same points. */
function ratioOf(history: History, { season }: Tried, errors: readonly number[], others: readonly number[]): number {
  const from = comparedFrom(history, season);
  return meanOf(errors, from) / Math.max(meanOf(others, from), Number.MIN_VALUE);
}

function comparedFrom({ values }: History, season: Season | null): number {
  return Math.max(Math.ceil(values.length * HELD_BACK_FROM), (season?.perPeriod ?? 0) + 1, 4);
}

function least(tried: readonly Tried[], error: (each: Tried) => number): Tried {
  return tried.reduce((found, each) => (error(each) < error(found) ? each : found));
}

/** Single large misses should not decide: roots of the errors are averaged. */
function meanOf(errors: readonly number[], from: number): number {
  const later = errors.slice(from).filter((error) => !Number.isNaN(error));
  if (later.length === 0) return Number.POSITIVE_INFINITY;
  const root = later.reduce((sum, error) => sum + Math.sqrt(error), 0) / later.length;
  return root * root;
}

function oneStepErrors({ times, values }: History, view: View, model: Model) {
  const fast: number[] = [];
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
    fast.push(isGated && row.length > 0 ? Number.NaN : Math.abs(y - forecast.fast));
    slow.push(isGated && row.length > 0 ? Number.NaN : Math.abs(y - forecast.slow));
    if (isGated) row.push(y - forecast.slow);
    else {
      if (isFar && row.length > 0) model.moveLevel(median(row));
      row.length = 0;
    }
    model.learn(at, index, y, forecast, isGated);
    before = value;
  }
  return { fast, slow };
}
