import type { JsonObject } from '#lib/json.ts';
import type { Column, Refusal } from '#lib/records/index.ts';
import type { TargetStream } from '../../destination.ts';
import type { FileFormat, OutputColumn } from '../formats/format.ts';

/** What a checkpoint and a commit remember of one table of a stream. */
export interface SavedTable {
  /** Which of the stream's tables: empty for its own, else where its rows come from. */
  readonly path: string;
  readonly columns: readonly Column[];
  /** Number columns that met a value which a double can't hold. */
  readonly exact: readonly string[];
}

/** One of a stream's tables among the staged lines, and what its files hold. */
export interface StagedTable {
  /** Its number in the lines. */
  readonly id: number;
  /** As paths name it: `customers`, `_airbyte_raw_customers`, `customers_addresses`. */
  readonly name: string;
  readonly columns: readonly Column[];
  readonly exact: ReadonlySet<string>;
  /** Members of the lines beside the columns; text like those. */
  readonly extra: readonly string[];
  /** The columns of a file in their order, as SQL over the lines; `values` are those of `columns`. */
  select(format: FileFormat, values: readonly OutputColumn[], facts: FileFacts): readonly OutputColumn[];
}

export interface FileFacts {
  /** SQL of the instant at which a row came: that of the sync, or of the lines where each has its own. */
  readonly emittedAt: string;
  readonly generation: number;
  readonly normalizedAt: string;
  /** SQL of the rows' `_airbyte_meta` as JSON text: that of the lines, or one for all rows. */
  readonly meta: string;
}

export interface LaidLines {
  readonly lines: readonly string[];
  readonly refusals: readonly Refusal[];
  /** New fields that the stream's rule keeps out. */
  readonly leftOut?: ReadonlySet<string>;
}

export type PlaceOf = (record: JsonObject, row: number) => string;

/** Lays records out as lines: for each the members of one JSON object, from the first comma on. */
export interface LayoutWriter {
  /** `place` is put into every line; rows count from 1. A record that can't be written has none, and is refused. */
  lines(records: readonly JsonObject[], place: PlaceOf): LaidLines;
  /** The stream's tables; `main` is the one that checks look at. */
  tables(): { readonly main: StagedTable; readonly all: readonly StagedTable[] };
  saved(): readonly SavedTable[];
  /** Where the records themselves are among the lines. */
  records(): RecordLines;
  /** The column of a field, where rows may go into the stream's table as they are; null where they may not. */
  readonly columnOf: ((field: string) => Column | undefined) | null;
}

/** The lines that hold whole records. */
export interface RecordLines {
  readonly table: StagedTable;
  /** The column of every table, in lines and files, that names the record. */
  readonly id: string;
  /** The record of such a line as JSON; `text` gives the texts of the table's columns. */
  record(text: (column: string) => string | null): string;
}

/** A way of laying out records; `index.ts` lists them. */
export type Layout = (target: TargetStream, saved: readonly SavedTable[], syncId: number) => LayoutWriter;

/** Member of a line: when its record came, where that is not the sync's instant. */
export const CAME = '_weir_came';

/** A member of a line. */
export function member(name: string, text: string): string {
  return `,${JSON.stringify(name)}:${JSON.stringify(text)}`;
}

/** The fields that the connection keeps; the record itself where it keeps all. */
export function selectedPart(
  record: JsonObject,
  { selectedFields, primaryKey, cursorField }: TargetStream,
): JsonObject {
  if (!selectedFields) return record;
  const kept = new Set([...selectedFields, ...primaryKey.map(([field]) => field), cursorField[0]]);
  return Object.fromEntries(Object.entries(record).filter(([field]) => kept.has(field)));
}
