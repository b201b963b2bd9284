import fc from 'fast-check';
import { expect, test } from 'vitest';
import { median, usualBand } from './series.ts';

test('the middle', () => {
  expect(median([])).toBeNull();
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
});

test('one wild day does not widen what is usual', () => {
  const calm = [100, 102, 98, 101, 99, 100, 103];
  expect(usualBand([...calm, 90_000])?.high).toBeLessThan(150);
  expect(usualBand([1, 2, null, 3])).toBeNull();
  expect(usualBand([5, 5, 5, 5, 5])).toEqual({ low: 4.5, high: 5.5 });
});

test('the band holds the middle and is never below zero', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1e9), { minLength: 5 }), (values) => {
      const band = usualBand(values);
      const middle = median(values) ?? 0;
      expect(band?.low).toBeGreaterThanOrEqual(0);
      expect(band?.low).toBeLessThanOrEqual(middle);
      expect(band?.high).toBeGreaterThanOrEqual(middle);
    }),
  );
});
