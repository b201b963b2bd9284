import type { Choice } from './choose-model.ts';
import type { View } from './lenses.ts';
import type { Forecast, Model } from './model.ts';
import { Novelty } from './novelty.ts';
import { stepOf } from './season.ts';
import type { Band, Judgement, Options, Point } from './series.ts';
import { SpecialDays } from './special-days.ts';
import { clamp, median, Recent } from './statistics.ts';
import { Strain } from './strain.ts';
import { type Prior, Tail } from './tail.ts';

/** Nothing is said before so many values, and errors of the first few are not kept. */
export const LEAST_HISTORY = 6;
const UNSTEADY = 4;
/** Before so many, deviations are so uncertain that surprises say nothing of later ones. */
const STEADY = LEAST_HISTORY + 2;
/** The tolerance where none is set, in nats: what is as rare as e⁻⁸. */
const TOLERATED = 8;
/** Beyond this, in nats, one rarity is as good as another. */
const RAREST = 1e6;
/** What goes so far beyond the tolerance is not learned from, unless it is beyond the other limit anyway. */
const GATE_MARGIN = 3;
/** Without a tolerance set, surprise counts half after so many points: what an early one means is not known yet. */
const DOUBT = 50;
/** A surprise counts for the next limits as at most this many limits. */
const WINSOR = 1.5;
/** The share of the false alarms asked for that is aimed at: the errors ahead are a little larger than those behind. */
const AIM = 0.75;
/** What stays away from its forecast for so many points is the rule now. */
const ACCEPT_AFTER = 14;
/** Where more than this share of the last points was far off, that is how the series is, and is learned from. */
const OFTEN = 0.3;
const OFTEN_OF = 48;
/** A deviation below this share of the level is as good as none. */
const FLOOR = 1e-3;
const ROUNDING = 1e-12;
const DAY = 86_400_000;
const MONTH = 30 * DAY;
/** What is unusual again within so many days, or points if they lie further apart, is the same trouble. */
const REPEAT = 1.25;
/** Rows that came late arrive with the next load: so near must the sum come to what was missing. */
const CATCH_UP = 0.25;

/** Few errors look like a normal day's; many show how heavy their tail really is, and spiky series are heavy. */
const BEND_LEAST = 4;
const BEND_FIRST = 40;
const BEND_HALF = 40;
const bendOf = (count: number) => Math.max(BEND_LEAST, (BEND_FIRST * BEND_HALF) / (BEND_HALF + count));
const RESIDUALS: Prior = {
  weight: 20,
  beyond: (z) => 2 / (1 + Math.exp(1.6 * z)),
  excess: 0.45,
  excessWeight: 4,
  bend: bendOf,
};
const SURPRISES: Prior = {
  weight: 20,
  beyond: (s) => Math.min(1, 2.5 * Math.exp(-s)),
  excess: 1,
  excessWeight: 6,
  isCounted: true,
};

type Known = Point & { readonly value: number };

export interface Line {
  step(point: Known): Judgement;
}

/** One model behind its lens, and how large its errors have been. */
interface Live {
  readonly view: View;
  readonly model: Model;
  readonly slow: Tail;
  readonly fast: Tail;
}

/** What one model says of one point; `slow` and `fast` are deviations without a sign. */
interface Look {
  readonly live: Live;
  readonly y: number;
  readonly forecast: Forecast;
  /** What an ordinary day would have been. */
  readonly usual: Forecast;
  readonly slow: number;
  readonly fast: number;
  readonly slowScale: number;
  readonly fastScale: number;
}

/** How far off a point was, as it will count. */
interface Errors {
  readonly looks: readonly Look[];
  readonly surprise: number;
  readonly gate: number;
}

/** The chosen models, living through a series. */
export function createLine(choices: readonly Choice[], times: readonly number[], options: Options): Line {
  return new ChosenLine(choices, times, options);
}

class ChosenLine implements Line {
  readonly #lives: Live[];
  readonly #options: Options;
  readonly #offsetAt: (at: number) => number;
  /** Minus the logarithm of the share of points that may be false alarms. */
  readonly #tolerated: number;
  readonly #total = new Tail(SURPRISES);
  readonly #strain = new Strain(() => new Tail(RESIDUALS));
  readonly #novelty = new Novelty(() => new Tail(RESIDUALS));
  readonly #days: SpecialDays;
  /** The anomalies in a row up to now. */
  #row: (readonly Look[])[] = [];
  readonly #far = new Recent(OFTEN_OF);
  readonly #repeatMs: number;
  #held: Errors | null = null;
  #missing = 0;
  #anomalyAt = Number.NEGATIVE_INFINITY;
  #index = 0;
  #before: number | null = null;

  constructor(choices: readonly Choice[], times: readonly number[], options: Options) {
    this.#options = options;
    this.#offsetAt = options.offsetAt ?? (() => 0);
    const step = stepOf(times);
    const perMonth = MONTH / step;
    this.#repeatMs = REPEAT * Math.max(DAY, step);
    const { falseAlarmsPerMonth } = options;
    this.#tolerated =
      falseAlarmsPerMonth === undefined ? TOLERATED : Math.max(1, Math.log(perMonth / (AIM * falseAlarmsPerMonth)));
    this.#days = new SpecialDays(options.isHoliday ?? (() => false), this.#offsetAt, step);
    this.#lives = choices.map(({ view, create }) => ({
      view,
      model: create(),
      slow: new Tail(RESIDUALS),
      fast: new Tail(RESIDUALS),
    }));
  }

  step(point: Known): Judgement {
    const { at, value } = point;
    const before = this.#before ?? value;
    const looks = this.#lives.map((live) => this.#look(live, at, value, before));
    const surprise = this.#surprise(looks);
    const limit = this.#total.valueAt(this.#tolerated);
    const excuse = this.#excuse(point, looks, surprise >= limit);
    const isSilent = this.#index < LEAST_HISTORY || !this.#isWatched(looks);
    const raw = isSilent ? 0 : this.#scoreOf(this.#total.surprise(surprise));
    const score = excuse === null ? raw : Math.min(raw, 0.49);
    const isAnomaly = score >= 0.5;
    const band = this.#index < LEAST_HISTORY ? null : bandOf(looks, limit, before);
    const isNew = isAnomaly && at - this.#anomalyAt > this.#repeatMs;
    this.#learn(point, looks, surprise, limit, excuse !== null);
    this.#missing = isAnomaly && band && value < band.low ? this.#missing + band.expected - value : 0;
    if (isAnomaly) this.#anomalyAt = at;
    this.#before = value;
    this.#index++;
    const [first] = this.#lives;
    const season = first?.model.season?.name ?? null;
    return { score, isAnomaly, isNew, excuse, band, season, lens: first?.view.lens ?? 'linear' };
  }

  #look(live: Live, at: number, value: number, before: number): Look {
    const { view, model } = live;
    const y = view.to(value, before);
    const usual = model.forecast(at, this.#index);
    const forecast = this.#days.nearest(live, at, y, usual, (other) => model.forecast(other, this.#index));
    const level = view.lens === 'log' ? 1 : Math.abs(view.from(forecast.slow, before));
    const floor = Math.max(level * FLOOR, ROUNDING);
    const slowScale = forecast.slowScale + floor;
    const fastScale = forecast.fastScale + floor;
    const slow = Math.abs(y - forecast.slow) / slowScale;
    return { live, y, forecast, usual, slow, fast: Math.abs(y - forecast.fast) / fastScale, slowScale, fastScale };
  }

  /** The most surprised of all: each model with and without its last errors, the last errors together, and what knows no model. */
  #surprise(looks: readonly Look[]): number {
    const [first] = looks;
    if (!first) return 0;
    const single = looks.flatMap(({ live, slow, fast }) => [live.slow.surprise(slow), live.fast.surprise(fast)]);
    const together = this.#strain.surprise((first.y - first.forecast.slow) / first.slowScale, first.fast);
    return Math.max(...single, together, this.#novelty.surprise(first.y));
  }

  /** How rare a surprise is among those before: half at the tolerance, and never beyond one. */
  #scoreOf(rarity: number): number {
    const believed = Math.min(rarity, RAREST);
    const isDoubted = this.#options.falseAlarmsPerMonth === undefined;
    const doubted = isDoubted ? (believed * this.#index) / (this.#index + DOUBT) : believed;
    return doubted / (doubted + this.#tolerated);
  }

  #isWatched([first]: readonly Look[]): boolean {
    const { direction = 'both' } = this.#options;
    if (!first || direction === 'both') return true;
    return first.y < first.forecast.fast === (direction === 'drop');
  }

  #excuse({ at, value }: Known, looks: readonly Look[], isUnusual: boolean): Judgement['excuse'] {
    if (!isUnusual) return null;
    const expected = expectedOf(looks, this.#before ?? value);
    const whole = expected + this.#missing;
    if (this.#missing > 0 && Math.abs(value - whole) <= CATCH_UP * Math.abs(whole)) return 'catch-up';
    return this.#days.isHoliday(at) && (value !== 0 || expected === 0) ? 'holiday' : null;
  }

  #learn(point: Known, looks: readonly Look[], surprise: number, limit: number, isExcused: boolean): void {
    const { at, feedback } = point;
    const gate = Math.max(limit, Math.min(TOLERATED, limit + GATE_MARGIN));
    const isFar = surprise >= gate && this.#index >= LEAST_HISTORY;
    const isAccepted = feedback === 'expected' || (feedback !== 'excluded' && this.#row.length >= ACCEPT_AFTER);
    if (isFar && isAccepted) this.#accept(looks);
    this.#far.add(isFar ? 1 : 0);
    const isUsual = this.#far.mean * this.#far.count > OFTEN * OFTEN_OF;
    const isLeftOut = feedback === 'excluded' || isExcused || (isFar && !isAccepted && !isUsual);
    this.#row = isFar && isLeftOut && feedback !== 'excluded' ? [...this.#row, looks] : [];
    for (const { live, y, forecast, usual } of looks) {
      live.model.learn(at, this.#index, y, forecast, isLeftOut || this.#days.isHoliday(at));
      this.#days.learn(live, at, y, usual);
    }
    if (feedback !== 'excluded' && !isExcused)
      this.#note({ looks, surprise: Math.min(surprise, WINSOR * limit), gate });
    if (feedback !== 'excluded') this.#novelty.learn(looks[0]?.y ?? 0);
    if (feedback === 'expected') this.#novelty.moveTo(looks[0]?.y ?? 0);
    this.#strain.learn(this.#index >= STEADY);
  }

  /** Errors count for the next limits. Of anomalies in a row the first does, once the row is over: the second day is judged like the first. */
  #note(errors: Errors): void {
    if (this.#index < UNSTEADY) return;
    if (this.#row.length > 0) {
      this.#held ??= errors;
      return;
    }
    for (const { looks, surprise, gate } of this.#held ? [this.#held, errors] : [errors]) {
      for (const { live, slow, fast } of looks) {
        live.slow.add(Math.min(slow, live.slow.valueAt(gate)));
        live.fast.add(Math.min(fast, live.fast.valueAt(gate)));
      }
      if (this.#index >= STEADY) this.#total.add(surprise);
    }
    this.#held = null;
  }

  /** What was far off is the rule now: the levels move to it. */
  #accept(looks: readonly Look[]): void {
    const rows = [...this.#row, looks];
    for (const [which, { live }] of looks.entries()) {
      const off = rows.flatMap((row) => {
        const look = row[which];
        return look ? [look.y - look.forecast.slow] : [];
      });
      live.model.moveLevel(median(off));
    }
  }
}

/** Through the lens of ratios where there is one: it never expects less than nothing. */
function expectedOf(looks: readonly Look[], before: number): number {
  const look = looks.at(-1);
  return look ? look.live.view.from(look.forecast.fast, before) : Number.NaN;
}

/** Where all models would have been less surprised than the limit. */
function bandOf(looks: readonly Look[], limit: number, before: number): Band {
  let [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const { live, forecast, slowScale, fastScale } of looks) {
    const slow = live.slow.valueAt(limit) * slowScale;
    const fast = live.fast.valueAt(limit) * fastScale;
    low = Math.max(low, live.view.from(Math.max(forecast.slow - slow, forecast.fast - fast), before));
    high = Math.min(high, live.view.from(Math.min(forecast.slow + slow, forecast.fast + fast), before));
  }
  const expected = expectedOf(looks, before);
  // Slow and fast can disagree by more than both allow: then everything is unusual, and the band is a line.
  if (low > high) return { expected, low: expected, high: expected };
  return { expected: clamp(expected, low, high), low, high };
}
