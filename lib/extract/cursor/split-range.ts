import { WeirError } from '#lib/errors.ts';
import type { DateTime } from '#lib/manifest/datetime/date-time.ts';
import type { Duration } from '#lib/manifest/datetime/duration.ts';
import type { Interval } from './intervals.ts';

/** A step so small that one sync has this many slices is a mistake. */
const MOST_SLICES = 100_000;

/** How a stretch of time is cut into slices. */
export interface Cutting {
  readonly start: DateTime;
  readonly end: DateTime;
  /** Null, or of no length, for one slice. */
  readonly step: Duration | null;
  readonly granularity: Duration | null;
  readonly lookback: Duration | null;
  /** Leave out a slice whose ends are equal. */
  readonly strict: boolean;
  readonly clamp: (value: DateTime) => DateTime;
}

export type Range = readonly [start: DateTime, end: DateTime];

/** What is left to read beside the merged intervals, oldest first: the gaps between them, then from the last one (less the look-back) to the end. */
export function* rangesLeft(done: readonly Interval<DateTime>[], cutting: Cutting): Generator<Range> {
  const [first] = done;
  const last = done.at(-1);
  if (!first || !last) return;
  if (isBefore(cutting.start, first.start)) yield* cut(cutting.start, first.start, false, cutting);
  for (const [index, interval] of done.slice(0, -1).entries()) {
    const next = done[index + 1] ?? interval;
    yield* cut(cutting.granularity ? interval.end.plus(cutting.granularity) : interval.end, next.start, false, cutting);
  }
  const from = cutting.lookback ? last.end.plus(cutting.lookback, -1) : last.end;
  yield* cut(from, cutting.end, true, cutting);
}

/**
 * Every slice but the last ends a granularity before the next begins; the last one ends exactly at the end of what is
 * read, or a granularity before a part that was read already.
 */
function* cut(from: DateTime, upper: DateTime, isEnd: boolean, cutting: Cutting): Generator<Range> {
  const { granularity, step, clamp } = cutting;
  if (isBefore(upper, from) || (isSame(from, upper) && !granularity) || isBefore(upper, cutting.start)) return;
  const lower = clamp(isBefore(from, cutting.start) ? cutting.start : from);
  if (isBefore(upper, lower) || (isSame(lower, upper) && (cutting.strict || !isEnd))) return;
  const before = (value: DateTime) => (granularity ? value.plus(granularity, -1) : value);
  if (step?.isZero || !isBefore(stepped(lower, cutting), upper)) {
    const end = isEnd && granularity ? upper : clamp(upper);
    yield [lower, isEnd ? end : before(end)];
    return;
  }
  let current = lower;
  for (let count = 1; ; count++) {
    if (count > MOST_SLICES) throw tooMany();
    const next = earlier(stepped(current, cutting), upper);
    const end = isSame(next, upper) ? next : clamp(next);
    const start = clamp(current);
    const last = isSame(next, upper) || isSame(end, upper);
    // Both ends on one boundary: the clamping has nothing more to give.
    if (!isBefore(start, end)) return;
    yield [start, isEnd && last ? end : before(end)];
    if (last) return;
    current = end;
  }
}

/** No step, and one beyond the year 9999, reach the end. */
function stepped(from: DateTime, { step, end }: Cutting): DateTime {
  try {
    return step ? from.plus(step) : end;
  } catch (error) {
    if (error instanceof RangeError) return end;
    throw error;
  }
}

function earlier(a: DateTime, b: DateTime): DateTime {
  return isBefore(a, b) ? a : b;
}

function isBefore(a: DateTime, b: DateTime): boolean {
  return a.micros < b.micros;
}

function isSame(a: DateTime, b: DateTime): boolean {
  return a.micros === b.micros;
}

function tooMany(): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'too_many_slices',
    message: `The step makes more than ${MOST_SLICES} slices.`,
    hint: 'Make step longer, or start_datetime later.',
  });
}
