const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const SHORT = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 6 });

/** `12,345` or `42.1873`. */
export function numberText(value: number): string {
  return Number.isInteger(value) ? WHOLE.format(value) : SHORT.format(value);
}

/** `61.4%`. Never rounds up to 100% or down to 0%: 9,999,999 of 10,000,000 is not all. */
export function percentText(percent: number): string {
  for (let digits = 1; digits <= 6; digits++) {
    const text = percent.toFixed(digits);
    const rounded = Number(text);
    if ((rounded !== 100 && rounded !== 0) || rounded === percent) return `${rounded}%`;
  }
  return percent > 50 ? '>99.999999%' : '<0.000001%';
}

/** `8h 22m`, `3d 4h`, `12m`. */
export function durationText(hours: number): string {
  const minutes = Math.round(Math.abs(hours) * 60);
  const [d, h, m] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60];
  if (d > 0) return h > 0 ? `${d}d ${h}h` : `${d}d`;
  if (h > 0) return m > 0 ? `${h}h ${m}m` : `${h}h`;
  return `${m}m`;
}

/** `25 to 45`, `at least 25`, `at most 45`. */
export function rangeText(low: number | null, high: number | null): string {
  if (low !== null && high !== null) return `${numberText(low)} to ${numberText(high)}`;
  if (low !== null) return `at least ${numberText(low)}`;
  return high !== null ? `at most ${numberText(high)}` : 'no limit';
}

export function rowsText(rows: number): string {
  return `${numberText(rows)} ${rows === 1 ? 'row' : 'rows'}`;
}
