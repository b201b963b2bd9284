import { median } from '#quality/anomaly/statistics.ts';

/** Says for each value whether it is an anomaly, from it and those before it alone. */
export type Detect = (values: readonly number[]) => boolean[];

/** What is commonly done, over the last `window` values. */
export function baselines(window: number): Readonly<Record<string, Detect>> {
  return {
    'z, point inside': each(window, (value, before) => isFar(value, [...before, value], 3)),
    'z, point outside': each(window, (value, before) => isFar(value, before, 3)),
    'median and MAD': each(window, (value, before) => {
      const middle = median(before);
      const spread = 1.4826 * median(before.map((other) => Math.abs(other - middle)));
      return Math.abs(value - middle) > 3.5 * spread;
    }),
  };
}

function each(window: number, judge: (value: number, before: readonly number[]) => boolean): Detect {
  return (values) =>
    values.map((value, index) => {
      const before = values.slice(Math.max(0, index - window), index);
      return before.length >= 7 && judge(value, before);
    });
}

/** No deviation counts as no alarm, as tools that divide by it do. */
function isFar(value: number, values: readonly number[], most: number): boolean {
  const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (values.length - 1));
  return deviation > 0 && Math.abs(value - mean) / deviation > most;
}
