import { onTestFinished, vi } from 'vitest';

/** Until the test ends no time passes for whoever asks for it, however long the test takes; timers go on. */
export function stopTime(): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  onTestFinished(() => void vi.useRealTimers());
}
