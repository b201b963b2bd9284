import { expect, test } from 'vitest';
import { checkpointTimer } from './checkpoint-timer.ts';

function timed() {
  let now = 0;
  const timer = checkpointTimer(() => new Date(now));
  return {
    timer,
    pass(ms: number) {
      now += ms;
    },
  };
}

test('a checkpoint is due by rows, or by time', () => {
  const { timer, pass } = timed();
  expect(timer.isDue(9_999)).toBe(false);
  expect(timer.isDue(10_000)).toBe(true);
  timer.made(0);
  pass(4_999);
  expect(timer.isDue(10_001)).toBe(false);
  pass(1);
  expect(timer.isDue(10_001)).toBe(true);
});

test('what takes long to save is saved less often', () => {
  const { timer, pass } = timed();
  expect(timer.isDue(10_000)).toBe(true);
  pass(2_000);
  timer.made(2_000);
  pass(7_999);
  expect(timer.isDue(100_000)).toBe(false);
  pass(1);
  expect(timer.isDue(100_000)).toBe(true);
  timer.made(0);
  expect(timer.isDue(110_000)).toBe(true);
});

test('one that waited long, as for somebody’s lock, puts the next off for some minutes alone', () => {
  const { timer, pass } = timed();
  expect(timer.isDue(10_000)).toBe(true);
  pass(3_600_000);
  timer.made(3_600_000);
  pass(299_999);
  expect(timer.isDue(100_000)).toBe(false);
  pass(1);
  expect(timer.isDue(100_000)).toBe(true);
});
