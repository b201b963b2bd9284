/** What one line of the table of figures says. Times are seconds, medians of the runs. */
export interface Figure {
  readonly name: string;
  readonly work: string;
  readonly ours: number | null;
  readonly peer: number | null;
  readonly unit: string;
  /** How ours stands to the peer, in the direction that the bar means. Null where there is no peer. */
  readonly ratio: number | null;
  /** The goal, in words. */
  readonly bar: string;
  readonly ok: boolean;
  /** What was measured against: names with versions. */
  readonly versions: Readonly<Record<string, string>>;
  readonly note?: string;
}

/** One piece of work, measured. A new one is a file, and a line in `rows.ts`. */
export interface BenchRow {
  readonly name: string;
  run(bench: Bench): Promise<readonly Figure[]>;
}

/** What a row is given to work with. */
export interface Bench {
  /** How often each side runs; the medians count. */
  readonly runs: number;
  readonly say: (line: string) => void;
  /** A folder that goes when the bench ends. */
  readonly folder: string;
  /** Address of an empty database on the bench's own Postgres. */
  database(): Promise<string>;
  /** Python of a virtual environment outside the tree that holds these packages, and their versions. */
  python(packages: readonly string[]): { readonly python: string; readonly versions: Record<string, string> };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? Number.NaN) + upper) / 2 : upper;
}

/** Two lines: the figures, and what was measured against what. */
export function sayFigure(
  { name, work, ours, peer, unit, ratio, bar, ok, versions, note }: Figure,
  say: (line: string) => void,
): void {
  const number = (value: number | null) => (value === null ? '—' : Number(value.toPrecision(4)).toLocaleString('en'));
  const against = Object.entries(versions).map(([peerName, version]) => `${peerName} ${version}`);
  say(
    `${ok ? 'ok  ' : 'MISS'} ${name}: ours ${number(ours)}, peer ${number(peer)} ${unit}; ratio ${number(ratio)} (${bar})`,
  );
  say(`       ${[work, ...against, note].filter(Boolean).join(' · ')}`);
}
