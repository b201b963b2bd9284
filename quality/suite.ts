import type { JsonObject } from '#lib/json.ts';

/**
 * What a failure means: `warn` is told, `error` alerts, `block` holds the load back before it is published, `quarantine`
 * puts the failing rows aside and publishes the others.
 */
export type Level = 'warn' | 'error' | 'block' | 'quarantine';

/** One check as it was declared, frozen. */
export interface Check {
  /** Stays the same while only limits change, so that the history goes on. */
  readonly key: string;
  /** Name of the kind, see `checks/`. */
  readonly kind: string;
  readonly title: string;
  /** `table` or `schema.table`. */
  readonly table: string;
  readonly level: Level;
  /** An SQL condition; rows that do not meet it are left out. */
  readonly where?: string;
  /** The kind's own parameters. */
  readonly params: JsonObject;
  /** Tighter limits whose breach only warns: a second level on the same measurement. */
  readonly warn?: JsonObject;
}

export interface Suite {
  /** The table of all checks that name no other. */
  readonly dataset: string | null;
  readonly checks: readonly Check[];
}
