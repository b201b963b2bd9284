import { type Choice, chooseModels } from './choose-model.ts';
import type { View } from './lenses.ts';
import type { Forecast, Model } from './model.ts';
import type { Judgement, Point } from './series.ts';
import { median } from './statistics.ts';
import { type Prior, Tail } from './tail.ts';

/** Nothing is said before so many values. */
const LEAST_HISTORY = 6;
/** Models are chosen again when the history has grown by this factor, and at the latest after so many points. */
const GROWTH = 1.25;
const GROWTH_LATE = 1.5;
const LATE = 400;
const CHOOSE_EVERY = 4_000;
/** The history that models are chosen from. */
const MEMORY = 6_000;
/** What stays away from its forecast for so many points is the rule now. */
const ACCEPT_AFTER = 14;
/** A change below this share of the level is never surprising, and none is below the rounding of numbers. */
const FLOOR = 1e-3;
/** A residual counts for the tail as at most so many times what would have been an alarm. */
const WINSOR = 1.5;

const RESIDUALS: Prior = {
  weight: 20,
  beyond: (z) => 2 / (1 + Math.exp(1.6 * z)),
  excess: 0.7,
  excessWeight: 4,
};
const SURPRISES: Prior = { weight: 20, beyond: (s) => Math.min(1, 2.5 * Math.exp(-s)), excess: 1, excessWeight: 6 };

export interface Options {
  /** The surprise (minus the natural logarithm of a probability) that is just tolerated. */
  readonly tolerated: number;
  readonly offsetAt?: (at: number) => number;
}

export interface Detector {
  step(point: Point): Judgement;
}

interface Live {
  readonly view: View;
  readonly model: Model;
  readonly slow: Tail;
  readonly fast: Tail;
}

const SILENT: Judgement = { score: 0, isAnomaly: false, band: null, season: null, lens: 'linear' };

/** Judges a series point by point. */
export function createDetector(options: Options): Detector {
  const history: { times: number[]; values: number[] } = { times: [], values: [] };
  let [line, chooseAt] = [null as Line | null, LEAST_HISTORY];
  return {
    step({ at, value }) {
      if (value === null || !Number.isFinite(value)) return SILENT;
      const judgement = line?.step(at, value) ?? SILENT;
      history.times.push(at);
      history.values.push(value);
      const count = history.values.length;
      if (count > MEMORY * 1.5) {
        history.times.splice(0, count - MEMORY);
        history.values.splice(0, count - MEMORY);
        chooseAt -= count - MEMORY;
      }
      if (history.values.length >= chooseAt) {
        const now = history.values.length;
        chooseAt = Math.min(Math.max(now + 1, Math.floor(now * (now < LATE ? GROWTH : GROWTH_LATE))), now + CHOOSE_EVERY);
        line = new Line(chooseModels(history, options.offsetAt ?? (() => 0)), options);
        for (const [index, each] of history.values.entries()) line.step(history.times[index] ?? 0, each);
      }
      return judgement;
    },
  };
}

interface Seen {
  readonly live: Live;
  readonly y: number;
  readonly forecast: Forecast;
  readonly slow: number;
  readonly fast: number;
}

/** The chosen models and what is known of their errors. */
class Line {
  readonly #lives: Live[];
  readonly #options: Options;
  readonly #total = new Tail(SURPRISES);
  #row: Seen[][] = [];
  #index = 0;
  #before: number | null = null;

  constructor(choices: readonly Choice[], options: Options) {
    this.#options = options;
    this.#lives = choices.map(({ view, create }) => ({ view, model: create(), slow: new Tail(RESIDUALS), fast: new Tail(RESIDUALS) }));
  }

  step(at: number, value: number): Judgement {
    const before = this.#before ?? value;
    const seen = this.#lives.map((live) => look(live, at, this.#index, value, before));
    const most = Math.max(...seen.map(({ live, slow, fast }) => Math.max(live.slow.surprise(slow), live.fast.surprise(fast))));
    const surprise = this.#total.surprise(most);
    const score = this.#index < LEAST_HISTORY ? 0 : surprise / (surprise + this.#options.tolerated);
    const isAnomaly = score >= 0.5;
    this.#learn(at, seen, most, isAnomaly);
    this.#before = value;
    this.#index++;
    return { score, isAnomaly, band: null, season: seen[0]?.live.model.season?.name ?? null, lens: seen[0]?.live.view.lens ?? 'linear' };
  }

  #learn(at: number, seen: Seen[], most: number, isAnomaly: boolean): void {
    const excluded = isAnomaly && this.#row.length < ACCEPT_AFTER;
    if (isAnomaly && !excluded) {
      for (const [which, { live }] of seen.entries()) live.model.moveLevel(median(this.#row.map((row) => (row[which]?.y ?? 0) - (row[which]?.forecast.slow ?? 0))));
      this.#row = [];
    } else if (isAnomaly) this.#row.push(seen);
    else this.#row = [];
    const total = this.#total;
    const alarm = total.valueAt(this.#options.tolerated) * WINSOR;
    for (const { live, y, forecast, slow, fast } of seen) {
      live.model.learn(at, this.#index, y, forecast, excluded);
      if (this.#index < 4 || this.#row.length > 1) continue;
      live.slow.add(Math.min(slow, live.slow.valueAt(alarm)));
      live.fast.add(Math.min(fast, live.fast.valueAt(alarm)));
    }
    if (this.#index >= 4 && this.#row.length <= 1) total.add(Math.min(most, alarm));
  }
}

function look(live: Live, at: number, index: number, value: number, before: number): Seen {
  const y = live.view.to(value, before);
  const forecast = live.model.forecast(at, index);
  const floor = live.view.lens === 'log' ? FLOOR : Math.max(Math.abs(live.view.from(forecast.slow, before)) * FLOOR, 1e-12);
  const slow = Math.abs(y - forecast.slow) / (forecast.slowScale + floor);
  const fast = Math.abs(y - forecast.fast) / (forecast.fastScale + floor);
  return { live, y, forecast, slow, fast };
}
