import type { JsonObject, JsonValue } from '#lib/json.ts';
import type { TableColumn } from '../engine.ts';
import type { Counts, Metric } from '../metric.ts';
import type { RowTest } from '../row-test.ts';

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
  /** It can be broken down by the values of another column. */
  readonly segments?: boolean;
  /** It looks at the columns themselves. */
  readonly readsColumns?: boolean;
  /** What else is wrong with parameters that fit the schema. */
  problems?(params: JsonObject, beside: Beside): KindProblem[];
  /** One check per thing measured, where the parameters name several. */
  split?(params: JsonObject): JsonObject[];
  /** What is measured, in words that stay when limits change: part of the key, and of the title. */
  subject(params: JsonObject): string;
  columns(params: JsonObject): string[];
  /** Which single rows fail, for kinds that look at one row at a time: they can be shown, and put aside. */
  test?(params: JsonObject): RowTest;
  /** A metric whose rows are those that fail, for kinds that need several rows to tell. */
  failing?(params: JsonObject, where: string | undefined): Metric;
  /** @param memory what the check kept of the load before */
  metrics(params: JsonObject, where: string | undefined, memory: JsonValue): Metric[];
  /** Pure. @param read throws the failure of a metric that could not be measured, which the caller keeps */
  evaluate(params: JsonObject, where: string | undefined, read: Reading, facts: Facts): Verdict;
}

/** What stands beside the kind's own parameters. */
export interface Beside {
  readonly per?: JsonValue | undefined;
  readonly where?: JsonValue | undefined;
}

export interface KindProblem {
  readonly path: string;
  readonly message: string;
}

/** What was measured. */
export interface Reading {
  number(metric: Metric): number | null;
  counts(metric: Metric): Counts;
  /** The table's columns, in their order. */
  readonly columns: readonly TableColumn[];
}

/** What is known without looking at the table. */
export interface Facts {
  readonly now: Date;
  /** When the table's last load was published, or the connection's where the table is none that it loads. */
  readonly lastPublishedAt: Date | null;
  /** What the check measured on earlier loads, oldest first. */
  readonly history: readonly Point[];
  /** Rows of the load published before, where the destination counted them and the check has no history yet. */
  readonly previousRows: number | null;
  /** What the check kept of the load before; null at first. */
  readonly memory: JsonValue;
  /** What the load under test read of its source, and how much of it was accepted. */
  readonly load: { readonly read: number; readonly accepted: number } | null;
}

export interface Point {
  readonly at: Date;
  readonly value: number;
  /** Called normal by people, or part of an incident: not to be learned from. */
  readonly feedback?: 'expected' | 'excluded';
}

/** What one limit says of one measurement. */
export interface Verdict {
  readonly ok: boolean;
  readonly value: number | null;
  readonly valueText: string;
  readonly limitText: string;
  readonly low: number | null;
  readonly high: number | null;
  /** What its history led one to expect, for kinds that predict. */
  readonly expected?: number;
  /** One clause that names the subject: `email is 61.4% filled, limit 95%`. */
  readonly message: string;
  /** What the next load is to be compared with. */
  readonly memory?: JsonValue;
}
