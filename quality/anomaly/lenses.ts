import type { Lens } from './series.ts';
import { median } from './statistics.ts';

/** What the logarithm adds to a value, as a share of the usual one: keeps zero at a finite distance. */
const LOG_OFFSET = 0.05;

/** Values as a model sees them, and back. `before` is the value before. */
export interface View {
  readonly lens: Lens;
  to(value: number, before: number): number;
  from(y: number, before: number): number;
}

/** Values as they stand. */
export const linearView: View = { lens: 'linear', to: (value) => value, from: (y) => y };

/** What each value adds to the one before: for totals that grow. */
export const stepsView: View = {
  lens: 'steps',
  to: (value, before) => value - before,
  from: (y, before) => before + y,
};

/** Ratios, for values that are never negative; null where there is nothing to compare with. */
export function logView(values: readonly number[]): View | null {
  if (values.some((value) => value < 0)) return null;
  const usual = median(values.filter((value) => value > 0));
  if (!Number.isFinite(usual)) return null;
  return {
    lens: 'log',
    to: (value) => Math.log(Math.max(value, 0) / usual + LOG_OFFSET),
    from: (y) => Math.max(0, (Math.exp(y) - LOG_OFFSET) * usual),
  };
}
