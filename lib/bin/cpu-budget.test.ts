import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CpuBudget } from './cpu-budget.ts';

/** A process that takes `threads` cores whenever it may, looked at every 50 ms; gives the CPU it used and its longest pause. */
function run({ cores, threads, looks }: { cores: number; threads: number; looks: readonly number[] }) {
  const budget = new CpuBudget(cores, 0, 0);
  let [at, used, pause, longest] = [0, 0, 0, 0];
  let isPaused = false;
  for (const ms of looks) {
    at += ms;
    if (!isPaused) used += ms * threads;
    pause = isPaused ? pause + ms : 0;
    longest = Math.max(longest, pause);
    isPaused = budget.isSpent(at, used);
  }
  return { used, at, longest };
}

test('a busy process takes what it may and no more', () => {
  const looks = Array.from({ length: 20 * 60 }, () => 50);
  const { used, at } = run({ cores: 0.5, threads: 2, looks });
  expect(used / at).toBeLessThan(0.5 + 0.02);
  expect(used / at).toBeGreaterThan(0.5 - 0.02);
});

test('whatever it does and however seldom it is looked at, it takes no more than its cores, a second of them, and what it took unseen', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.1, max: 8, noNaN: true }),
      fc.integer({ min: 1, max: 8 }),
      fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 300 }),
      (cores, threads, looks) => {
        const { used, at, longest } = run({ cores, threads, looks });
        const unseen = Math.max(...looks);
        // More than five seconds are not made up for: they would take several looks without one.
        if (unseen * threads <= 5_000 * cores)
          expect(used).toBeLessThanOrEqual((at + 1_000) * cores + unseen * threads + 1e-6);
        expect(longest).toBeLessThanOrEqual(5_000 + 2 * unseen);
      },
    ),
  );
});

test('short work after a rest is not held up', () => {
  const budget = new CpuBudget(0.5, 0, 0);
  expect(budget.isSpent(500, 490)).toBe(false);
  expect(budget.isSpent(10_000, 800)).toBe(false);
  expect(budget.isSpent(10_500, 1_280)).toBe(false);
  expect(budget.isSpent(10_600, 1_900)).toBe(true);
});
