import { expect, onTestFinished, test, vi } from 'vitest';
import { tellPauses } from './cpu-pauses.ts';

function given(cpuCores: number | null = 0.5, isHeld = true) {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const lines: string[] = [];
  let paused = 0;
  const end = tellPauses(
    { log: (_level, message) => void lines.push(message) },
    { cpuCores, isHeld, pausedMs: () => paused },
  );
  return {
    lines,
    end,
    /** So much time, half of it paused. */
    pass(ms: number) {
      for (let at = 0; at < ms; at += 500) {
        paused += 250;
        vi.advanceTimersByTime(500);
      }
    },
  };
}

test('a sync that is held up says so after a second, when it is ten times as much, and at its end', () => {
  const { lines, pass, end } = given();
  pass(60_000);
  expect(lines).toEqual([
    'Its CPU limit of 0.5 cores paused it for 1.0 of 2.0 s.',
    'Its CPU limit of 0.5 cores paused it for 10.0 of 20.0 s.',
  ]);
  end();
  pass(600_000);
  expect(lines.slice(2)).toEqual(['Its CPU limit of 0.5 cores paused it for 30.0 of 60.0 s.']);
});

test('one that is not has nothing to say', () => {
  const { lines, pass, end } = given();
  pass(500);
  end();
  expect(lines).toEqual([]);
});

test('where no process can be held to it, that is said', () => {
  const said = 'Its CPU limit of 1 core holds on Linux only: here it runs without one.';
  expect(given(1, false).lines).toEqual([said]);
  expect(given(null, false).lines).toEqual([]);
});
