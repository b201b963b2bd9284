import type { Forecast } from './model.ts';
import { median, Recent } from './statistics.ts';

const DAY = 86_400_000;
/** How many earlier days of a kind are remembered, and how many are needed to expect the same again. */
const REMEMBERED = 12;
const LEAST_MONTH_ENDS = 2;
/** The last days of months matter when they were usually so many deviations off. */
const NOTABLE = 1.5;

type Kind = 'holiday' | 'month end' | 'month start';

/** Days that are not like others of their weekday: holidays as they are given, ends and starts of months as they turn out. */
export class SpecialDays {
  readonly #given: (at: number) => boolean;
  readonly #offsetAt: (at: number) => number;
  readonly #isUsed: boolean;
  /** By model and kind of day: how far off earlier ones were. */
  readonly #off = new Map<object, Map<Kind, Recent>>();

  constructor(isHoliday: (at: number) => boolean, offsetAt: (at: number) => number, step: number) {
    this.#given = isHoliday;
    this.#offsetAt = offsetAt;
    this.#isUsed = step <= 1.5 * DAY && step >= DAY / 2;
  }

  /** Of the forecasts that a day allows, the one nearest to its value. */
  nearest(model: object, at: number, y: number, usual: Forecast, forecastAt: (at: number) => Forecast): Forecast {
    const kind = this.#kindOf(at);
    if (kind === null) return usual;
    const others = this.#shifted(model, kind, usual);
    if (kind === 'holiday') others.push(forecastAt(nextSunday(at, this.#offsetAt)));
    return others.reduce((best, each) => (Math.abs(y - each.slow) < Math.abs(y - best.slow) ? each : best), usual);
  }

  /** Ordinary days are not to learn from a holiday, and it is allowed to be unlike anything but an outage. */
  isHoliday(at: number): boolean {
    return this.#kindOf(at) === 'holiday';
  }

  /** What a day of this kind brings is kept for the next one; `usual` is what an ordinary day would have been. */
  learn(model: object, at: number, y: number, usual: Forecast): void {
    const kind = this.#kindOf(at);
    if (kind === null) return;
    const kinds = this.#off.get(model) ?? new Map<Kind, Recent>();
    this.#off.set(model, kinds);
    const off = kinds.get(kind) ?? new Recent(REMEMBERED);
    kinds.set(kind, off);
    off.add(y - usual.slow);
  }

  #shifted(model: object, kind: Kind, usual: Forecast): Forecast[] {
    const off = this.#off.get(model)?.get(kind);
    if (!off || off.count < LEAST_MONTH_ENDS) return [];
    const by = median(off.values());
    return Math.abs(by) < NOTABLE * usual.slowScale ? [] : [{ ...usual, slow: usual.slow + by, fast: usual.fast + by }];
  }

  #kindOf(at: number): Kind | null {
    if (!this.#isUsed) return null;
    if (this.#given(at)) return 'holiday';
    const local = new Date(at + this.#offsetAt(at));
    if (local.getUTCDate() === 1) return 'month start';
    return new Date(local.getTime() + DAY).getUTCDate() === 1 ? 'month end' : null;
  }
}

function nextSunday(at: number, offsetAt: (at: number) => number): number {
  const weekday = new Date(at + offsetAt(at)).getUTCDay();
  return at + ((7 - weekday) % 7) * DAY;
}
