/** Rows and time after which the end of a slice becomes a checkpoint. */
const CHECKPOINT_ROWS = 10_000;
const CHECKPOINT_MS = 5_000;

/** Tells, at the end of a slice and by the rows that are written so far, whether a checkpoint is due. */
export function checkpointTimer(clock: () => Date): (rows: number) => boolean {
  let rowsThen = 0;
  let then = clock().getTime();
  return (rows) => {
    const now = clock().getTime();
    if (rows - rowsThen < CHECKPOINT_ROWS && now - then < CHECKPOINT_MS) return false;
    rowsThen = rows;
    then = now;
    return true;
  };
}
