import type { StreamState } from '#lib/catalog.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import type { DateTime } from '#lib/manifest/datetime/date-time.ts';
import { Duration } from '#lib/manifest/datetime/duration.ts';
import type { CursorTrack, Stretch } from '../families.ts';
import { type Interval, later, mergeIntervals, type Order } from './intervals.ts';
import { rangesLeft } from './split-range.ts';

/** Two intervals this near to each other are one, where the cursor has no granularity. */
const MILLISECOND = new Duration(0, 1000n);

/** What a track computes with, evaluated once for a read. */
export interface CursorTerms {
  readonly field: string;
  readonly start: DateTime;
  readonly step: Duration | null;
  readonly granularity: Duration | null;
  readonly lookback: Duration | null;
  readonly strict: boolean;
  readonly clamp: (value: DateTime) => DateTime;
  readonly names: { readonly start: string; readonly end: string };
  /** Where reading ends, by now. */
  end(): DateTime;
  /** Null for what fits none of the formats. */
  read(value: JsonValue | undefined): DateTime | null;
  write(value: DateTime): string;
  /** @throws WeirError `bad_state` */
  ofState(value: JsonValue | undefined): DateTime | null;
}

/**
 * Keeps what was read as intervals of time, as the CDK's concurrent cursor does. Its state is the newest value in the first
 * interval: before what comes after it was not read, no record is skipped.
 */
export class DatetimeTrack implements CursorTrack {
  readonly #terms: CursorTerms;
  readonly #order: Order<DateTime>;
  readonly #kept: JsonObject;
  /** Where reading began: the state, or the start. */
  readonly #from: DateTime;
  readonly #seen = new Map<Stretch, DateTime>();
  #intervals: Interval<DateTime>[];
  #newest: DateTime | null = null;
  #whole = false;

  constructor(terms: CursorTerms, state: StreamState | null) {
    this.#terms = terms;
    const unit = terms.granularity ?? MILLISECOND;
    this.#order = { compare: byTime, next: (value) => value.plus(unit) };
    const known = intervalsOf(state, terms);
    this.#kept = keptOf(state, terms.field);
    this.#intervals = mergeIntervals(known.intervals, this.#order);
    this.#from = known.from;
  }

  *stretches(): Generator<Stretch> {
    const { names, write } = this.#terms;
    const ranges = rangesLeft(this.#intervals, { ...this.#terms, end: this.#terms.end() });
    let next = ranges.next();
    while (!next.done) {
      const [start, end] = next.value;
      next = ranges.next();
      yield { cursor: { [names.start]: write(start), [names.end]: write(end) }, last: next.done === true };
    }
  }

  /** A record without a readable cursor is kept and says nothing about the state. */
  observe(record: JsonObject, stretch: Stretch): void {
    const at = this.#terms.read(record[this.#terms.field]);
    if (at === null) return;
    const known = this.#seen.get(stretch);
    if (known === undefined || known.micros < at.micros) this.#seen.set(stretch, at);
    if (this.#newest === null || this.#newest.micros < at.micros) this.#newest = at;
  }

  isOld(record: JsonObject): boolean {
    const at = this.#terms.read(record[this.#terms.field]);
    return at !== null && at.micros < this.#lowest().micros;
  }

  isNew(record: JsonObject): boolean {
    const at = this.#terms.read(record[this.#terms.field]);
    return at === null || (at.micros >= this.#lowest().micros && at.micros <= this.#terms.end().micros);
  }

  close(stretch: Stretch): void {
    const { names, ofState } = this.#terms;
    const start = ofState(stretch.cursor[names.start]);
    const end = ofState(stretch.cursor[names.end]);
    if (start === null || end === null) return;
    const newest = this.#seen.get(stretch) ?? null;
    this.#seen.delete(stretch);
    this.#intervals = mergeIntervals([...this.#intervals, { start, end, newest }], this.#order);
    if (stretch.last) this.#whole = true;
  }

  get state(): StreamState {
    const [first] = this.#intervals;
    if (!first) return this.#kept;
    const value = first.newest ?? first.start;
    // A record from beyond what is closed must not carry the state over what is still open.
    const safe = this.#whole || value.micros <= first.end.micros ? value : first.end;
    return { ...this.#kept, [this.#terms.field]: this.#terms.write(safe) };
  }

  get newest(): StreamState | null {
    return this.#newest && { [this.#terms.field]: this.#terms.write(this.#newest) };
  }

  /** The look-back is read again, but nothing before the start, unless the state itself is. */
  #lowest(): DateTime {
    const { lookback, start } = this.#terms;
    if (!lookback) return this.#from;
    const floor = byTime(this.#from, start) < 0 ? this.#from : start;
    return later(this.#from.plus(lookback, -1), floor, this.#order);
  }
}

export function byTime(a: DateTime, b: DateTime): number {
  return a.micros < b.micros ? -1 : Number(a.micros > b.micros);
}

/** The state's two forms: `{field: value}`, which means all from the start to there, and the slices of the concurrent form. */
function intervalsOf(
  state: StreamState | null,
  { field, start, ofState }: CursorTerms,
): { intervals: Interval<DateTime>[]; from: DateTime } {
  const slices = concurrentSlices(state).flatMap((slice) => {
    const [from, to] = [ofState(slice.start), ofState(slice.end)];
    return from && to ? [{ start: from, end: to, newest: ofState(slice.most_recent_cursor_value) }] : [];
  });
  const [first] = slices;
  if (first) return { intervals: slices, from: first.newest ?? first.end };
  const value = isConcurrent(state) ? null : ofState(state?.[field]);
  const from = value && byTime(value, start) >= 0 ? value : start;
  return { intervals: [{ start, end: from, newest: from }], from };
}

function concurrentSlices(state: StreamState | null): JsonObject[] {
  return isConcurrent(state) && Array.isArray(state?.slices) ? state.slices.filter(isJsonObject) : [];
}

function isConcurrent(state: StreamState | null): boolean {
  return state?.state_type === 'date-range';
}

/** What else an old state holds stays in it. */
function keptOf(state: StreamState | null, field: string): JsonObject {
  const { [field]: _value, ...rest } = ((isConcurrent(state) ? state?.legacy : state) ?? {}) as JsonObject;
  return rest;
}
