/** What can be left open. */
export interface Keepable {
  end(): Promise<unknown>;
}

/**
 * What a process leaves open between two pieces of work, by what it reaches: opening a connection costs more than
 * loading a few records. Each has one user at a time.
 */
export interface Kept {
  /** What was left under this key; it is the caller's until it is put back. */
  take(key: string): Keepable | undefined;
  /** Ends what lies there already, and the oldest where there are too many. */
  put(key: string, what: Keepable): Promise<void>;
  end(): Promise<void>;
}

/** Different servers, or rights, that are worth it. */
const MOST_KEPT = 4;

export function createKept(): Kept {
  const kept = new Map<string, Keepable>();
  const take = (key: string) => {
    const found = kept.get(key);
    kept.delete(key);
    return found;
  };
  return {
    take,
    async put(key, what) {
      const before = take(key);
      kept.set(key, what);
      const oldest = kept.size > MOST_KEPT ? take([...kept.keys()][0] ?? '') : undefined;
      await Promise.all([before?.end(), oldest?.end()]);
    },
    async end() {
      const all = [...kept.values()];
      kept.clear();
      await Promise.all(all.map((what) => what.end()));
    },
  };
}
