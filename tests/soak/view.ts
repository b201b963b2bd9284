import type { JsonObject } from '#lib/json.ts';
import type { Held } from './expected.ts';
import type { PublishedState } from './given.ts';
import type { NamedColumn } from './stands-for.ts';

/** A row that was put aside, as its destination shows it. */
export interface KeptAside {
  readonly sync: number;
  readonly code: string;
  readonly record: JsonObject;
}

/** A stream at its destination, as readers and people see it at a moment. */
export interface View {
  readonly state: PublishedState | null;
  readonly counts: Readonly<Record<string, number>>;
  readonly columns: readonly NamedColumn[];
  /** Throws unless what is published is what must be; `finished`: and nothing is left beside it. */
  assertPublished(held: Held, finished: boolean): Promise<void>;
  aside(): Promise<KeptAside[]>;
  close(): void;
}
