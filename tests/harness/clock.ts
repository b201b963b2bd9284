export interface TestClock {
  /** What is handed to the code under test. */
  readonly clock: () => Date;
  /** A `sleep` that takes no time: it moves the clock, and keeps how long it was asked to wait. */
  readonly sleep: (ms: number) => Promise<void>;
  /** Every wait asked of `sleep`, in ms. */
  readonly waits: readonly number[];
  set(time: string | Date): void;
  /** Moves on, or back when negative, as clocks do. */
  move(ms: number): void;
}

/** A clock that stands still until it is moved. */
export function testClock(start: string | Date = '2026-01-01T00:00:00Z'): TestClock {
  let now = new Date(start).getTime();
  const waits: number[] = [];
  return {
    clock: () => new Date(now),
    sleep: async (ms) => {
      waits.push(ms);
      now += ms;
    },
    waits,
    set: (time) => {
      now = new Date(time).getTime();
    },
    move: (ms) => {
      now += ms;
    },
  };
}
