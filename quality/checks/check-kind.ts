import type { JsonObject } from '#lib/json.ts';
import type { Metric } from '../metric.ts';

/** One kind of check: everything that the engine, the editor and the docs know about it. */
export interface CheckKind {
  readonly name: string;
  /** For the docs and the editor's hover. */
  readonly docs: string;
  readonly example: string;
  /** Whether it makes sense of a load alone (`load`), or only of the whole table (`table`). */
  readonly scope: 'load' | 'table';
  /** JSON schema of the kind's own parameters; common ones are added to it. */
  readonly properties: JsonObject;
  readonly required: readonly string[];
  /** Parameters of which one at least must be there. */
  readonly anyOf?: readonly string[];
  /** Which parameters are limits, and so may stand under `warn`. */
  readonly limits: readonly string[];
  /** What else is wrong with parameters that fit the schema. */
  problems?(params: JsonObject): { readonly path: string; readonly message: string }[];
  /** One check per thing measured, where the parameters name several. */
  split?(params: JsonObject): JsonObject[];
  /** What is measured, in words that stay when limits change: part of the key, and of the title. */
  subject(params: JsonObject): string;
  columns(params: JsonObject): string[];
  metrics(params: JsonObject, where: string | undefined): Metric[];
  /** Pure. @param value gives the measured value of a metric; throws its failure, which the caller keeps. */
  evaluate(
    params: JsonObject,
    where: string | undefined,
    value: (metric: Metric) => number | null,
    facts: Facts,
  ): Verdict;
}

/** What is known without looking at the table. */
export interface Facts {
  readonly now: Date;
  /** When the connection's last sync was published. */
  readonly lastPublishedAt: Date | null;
  /** Rows of the load published before the one under test, or null if there was none. */
  readonly previousRows: number | null;
}

/** What one limit says of one measurement. */
export interface Verdict {
  readonly ok: boolean;
  readonly value: number | null;
  readonly valueText: string;
  readonly limitText: string;
  readonly low: number | null;
  readonly high: number | null;
  /** One clause that names the subject: `email is 61.4% filled, limit 95%`. */
  readonly message: string;
}
