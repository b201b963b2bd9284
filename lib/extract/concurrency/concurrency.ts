import type { Build } from '#lib/manifest/kind.ts';
import { DEFAULT_CONCURRENCY } from './concurrency-level.ts';
import { Gate } from './gate.ts';

/** How much runs at once, over all streams of a source and their parents. */
export interface Concurrency {
  /** Slices of one stream that are read at once. */
  readonly width: number;
  /** Requests under way at once. */
  readonly gate: Gate;
}

export function concurrencyOf(build: Build): Concurrency {
  const level = build.manifest?.concurrencyLevel;
  return build.shared('concurrency', () => {
    const width = level ? build.create<number>(level) : DEFAULT_CONCURRENCY;
    return { width, gate: new Gate(width) };
  });
}
