/** A share of nothing is taken as so much, so that a bin that was or became empty has a finite part in the index. */
const LEAST_SHARE = 1e-4;

/**
 * Population stability index of two lists of counts over the same bins: the sum of (q − p) · ln(q / p). 0.1 is usually called
 * small and 0.25 large (N. Siddiqi, Credit Risk Scorecards, 2006).
 */
export function stabilityIndex(before: readonly number[], after: readonly number[]): number {
  const [p, q] = [shares(before), shares(after)];
  return p.reduce((sum, share, bin) => {
    const other = q[bin] ?? LEAST_SHARE;
    return sum + (other - share) * Math.log(other / share);
  }, 0);
}

function shares(counts: readonly number[]): number[] {
  const total = sumOf(counts);
  return counts.map((count) => Math.max(LEAST_SHARE, total === 0 ? 0 : count / total));
}

export interface ChiSquare {
  readonly statistic: number;
  readonly degrees: number;
  readonly p: number;
  /** Effect size, 0 to 1: unlike p it does not grow with the number of rows. */
  readonly cramersV: number;
}

/** Pearson's chi-square test of whether two lists of counts come from the same distribution, without Yates' correction. */
export function chiSquare(before: readonly number[], after: readonly number[]): ChiSquare {
  const bins = before.map((count, bin) => [count, after[bin] ?? 0] as const).filter(([a, b]) => a + b > 0);
  const [n, m] = [sumOf(before), sumOf(after)];
  const total = n + m;
  const degrees = Math.max(0, bins.length - 1);
  if (n === 0 || m === 0 || degrees === 0) return { statistic: 0, degrees, p: 1, cramersV: 0 };
  const statistic = bins.reduce((sum, [a, b]) => {
    const [expectedA, expectedB] = [((a + b) * n) / total, ((a + b) * m) / total];
    return sum + (a - expectedA) ** 2 / expectedA + (b - expectedB) ** 2 / expectedB;
  }, 0);
  return { statistic, degrees, p: chiSquareTail(statistic, degrees), cramersV: Math.sqrt(statistic / total) };
}

/** The chance of a chi-square value of at least `x`. */
export function chiSquareTail(x: number, degrees: number): number {
  return x <= 0 ? 1 : upperGamma(degrees / 2, x / 2);
}

const STEPS = 10_000;
const PRECISION = 1e-15;

/** Regularized upper incomplete gamma function Q(a, x): by its series below a + 1, by its continued fraction above (Lentz). */
function upperGamma(a: number, x: number): number {
  return x < a + 1 ? 1 - lowerSeries(a, x) : upperFraction(a, x);
}

function lowerSeries(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let step = 1; step < STEPS && Math.abs(term) > Math.abs(sum) * PRECISION; step++) {
    term *= x / (a + step);
    sum += term;
  }
  return sum * Math.exp(a * Math.log(x) - x - logGamma(a));
}

function upperFraction(a: number, x: number): number {
  const tiny = 1e-300;
  let b = x + 1 - a;
  let c = 1 / tiny;
  let d = 1 / b;
  let h = d;
  for (let step = 1; step < STEPS; step++) {
    const factor = -step * (step - a);
    b += 2;
    d = 1 / nonZero(factor * d + b, tiny);
    c = nonZero(b + factor / c, tiny);
    const change = d * c;
    h *= change;
    if (Math.abs(change - 1) < PRECISION) break;
  }
  return h * Math.exp(a * Math.log(x) - x - logGamma(a));
}

function nonZero(value: number, tiny: number): number {
  return Math.abs(value) < tiny ? tiny : value;
}

const LANCZOS = [
  676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
  -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** Lanczos' approximation with g = 7, for positive arguments. */
function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const y = x - 1;
  const t = y + 7.5;
  const sum = LANCZOS.reduce((total, factor, index) => total + factor / (y + index + 1), 0.99999999999980993);
  return 0.5 * Math.log(2 * Math.PI) + (y + 0.5) * Math.log(t) - t + Math.log(sum);
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
