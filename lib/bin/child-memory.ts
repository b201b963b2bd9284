/** What V8 may use beyond its old space: young space, code, buffers. */
const HEAP_SHARE = 0.75;
const YOUNG_MB = 16;
/** Of memory that was given back to the C library, what each arena keeps for the next who asks. */
const KEPT_FREE_BYTES = 128 * 1024;

/** How the process of a child is started, so that it holds little more than it uses. */
export interface ChildMemory {
  readonly execArgv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The limits of a child's heap: a larger young space saves little time, and shows in the memory of every sync. And of what lies beside it,
 * where the C library is glibc: by itself it has an arena for each of a dozen threads, and each keeps the most that its thread has ever
 * needed, which for one that compiles is some MB. So a sync of hours would grow by each function that some other thread compiles anew.
 */
export function childMemory(memoryMb: number): ChildMemory {
  return {
    execArgv: [`--max-old-space-size=${Math.round(memoryMb * HEAP_SHARE)}`, `--max-semi-space-size=${YOUNG_MB}`],
    env: { MALLOC_ARENA_MAX: '2', MALLOC_TRIM_THRESHOLD_: String(KEPT_FREE_BYTES) },
  };
}
