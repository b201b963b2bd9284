/** Rows and time after which the end of a slice becomes a checkpoint. */
const CHECKPOINT_ROWS = 10_000;
const CHECKPOINT_MS = 5_000;
/** States may be long, as of very many files: what takes long to save comes again after so many times that at the earliest. */
const TIMES_AS_LONG = 4;
/** What has been read since is read again where a sync breaks off. */
const MOST_MS_BETWEEN = 300_000;

export interface CheckpointTimer {
  /** Whether a checkpoint is due at the end of a slice, by the rows that are written so far. */
  isDue(rows: number): boolean;
  /** One was made, which took so long. */
  made(tookMs: number): void;
}

/** Tells when to save. */
export function checkpointTimer(clock: () => Date): CheckpointTimer {
  let rowsThen = 0;
  let then = clock().getTime();
  let leastMs = 0;
  return {
    isDue(rows) {
      const now = clock().getTime();
      const passed = now - then;
      if ((rows - rowsThen < CHECKPOINT_ROWS && passed < CHECKPOINT_MS) || passed < leastMs) return false;
      rowsThen = rows;
      then = now;
      return true;
    },
    made(tookMs) {
      leastMs = tookMs + Math.min(tookMs * TIMES_AS_LONG, MOST_MS_BETWEEN);
    },
  };
}
