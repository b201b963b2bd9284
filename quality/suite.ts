import type { Schedule } from '#lib/db/schema.ts';
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
  /** What is measured before publishing: the load alone, or the table as it would be. */
  readonly scope: 'load' | 'table';
  /** An SQL condition; rows that do not meet it are left out. */
  readonly where?: string;
  /** The kind's own parameters. */
  readonly params: JsonObject;
  /** Tighter limits whose breach only warns: a second level on the same measurement. */
  readonly warn?: JsonObject;
  /** The limits hold for the rows of each value of this column. */
  readonly per?: string;
  /** With fewer rows nothing is judged. */
  readonly minimumRows?: number;
  /** When its incident opens and closes, where that is not at the first breach and the first pass. */
  readonly alert?: AlertRule;
  readonly owner?: string;
  readonly tags: readonly string[];
}

/** An incident opens after `breaches` among the last `of` measurements, and closes after `passes` in a row. */
export interface AlertRule {
  readonly breaches: number;
  readonly of: number;
  readonly passes: number;
}

export interface Suite {
  /** The table of all checks that name no other. */
  readonly dataset: string | null;
  /** When it runs by itself, besides after syncs. */
  readonly schedule: Schedule;
  readonly samples: SampleRules;
  /** How the past of a new check is found; null where nobody wants it. */
  readonly history: HistoryRules | null;
  readonly checks: readonly Check[];
}

/** What is kept of failing rows. */
export interface SampleRules {
  readonly rows: number;
  readonly days: number;
  /** Columns whose values are masked, besides those whose names say that they are personal. */
  readonly personal: readonly string[];
  /** Columns that are shown although their names look personal. */
  readonly plain: readonly string[];
}

export interface HistoryRules {
  /** Of times: since when a row was there. Null: the one whose name says so, see `history-column.ts`. */
  readonly column: string | null;
  readonly every: 'hour' | 'day' | 'week';
  readonly periods: number;
  /** It was declared: then a bucket is read for it too. */
  readonly isAsked: boolean;
}
