/** What was read from `start` to `end`, and the newest cursor value found there; null where no record had one. */
export interface Interval<T> {
  readonly start: T;
  readonly end: T;
  readonly newest: T | null;
}

/** How values of a cursor stand to each other; `next` is the smallest step between two neighbours. */
export interface Order<T> {
  compare(a: T, b: T): number;
  next(value: T): T;
}

/** Intervals that touch or overlap become one, in order. */
export function mergeIntervals<T>(intervals: readonly Interval<T>[], order: Order<T>): Interval<T>[] {
  const sorted = intervals.toSorted((a, b) => order.compare(a.start, b.start) || order.compare(a.end, b.end));
  const merged: Interval<T>[] = [];
  for (const interval of sorted) {
    const last = merged.at(-1);
    if (last && order.compare(order.next(last.end), interval.start) >= 0)
      merged[merged.length - 1] = joined(last, interval, order);
    else merged.push(interval);
  }
  return merged;
}

function joined<T>(a: Interval<T>, b: Interval<T>, order: Order<T>): Interval<T> {
  const newest = a.newest === null || b.newest === null ? (a.newest ?? b.newest) : later(a.newest, b.newest, order);
  return { start: a.start, end: later(a.end, b.end, order), newest };
}

export function later<T>(a: T, b: T, { compare }: Pick<Order<T>, 'compare'>): T {
  return compare(a, b) >= 0 ? a : b;
}
