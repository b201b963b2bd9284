/** Spread of a normal distribution, from the median absolute deviation. */
const MAD_TO_SIGMA = 1.4826;
const LEAST_POINTS = 5;
const SIGMAS = 3;

/** What is usual for a series: median ± 3 robust deviations, never below zero. Null with fewer than five points. */
export function usualBand(values: readonly (number | null)[]): { low: number; high: number } | null {
  const known = values.filter((value) => value !== null);
  if (known.length < LEAST_POINTS) return null;
  const middle = median(known) ?? 0;
  const deviation = median(known.map((value) => Math.abs(value - middle))) ?? 0;
  // Where all days are alike, a tenth of the value is still no surprise.
  const width = Math.max(SIGMAS * MAD_TO_SIGMA * deviation, Math.abs(middle) / 10);
  return { low: Math.max(0, middle - width), high: middle + width };
}

export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? 0) + upper) / 2;
}
