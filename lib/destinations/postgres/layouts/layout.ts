import type { JsonObject } from '#lib/json.ts';
import type { Column } from '#lib/records/index.ts';
import type { TargetStream } from '../../destination.ts';

/** A column of Airbyte's own, and where the stage has what fills it. */
export interface MetaColumn {
  readonly name: string;
  /** As a column definition. */
  readonly type: string;
  /** SQL over a row of the stage. */
  readonly from: string;
}

/** What the tables of one kind have beside the data. */
export interface TableKind {
  readonly meta: readonly MetaColumn[];
  /** Columns of the indexes that help readers. */
  readonly indexes: readonly string[];
  /** The column that says which record a row came from. */
  readonly recordId: string;
  /** Its columns beside the data are those of a stage. */
  readonly sameAsStage: boolean;
}

/** A table that is filled beside the stream's own, from the same records. */
export interface SidePlan {
  /** Tells the stream's tables apart; empty for none of them. */
  readonly path: string;
  /** By which it is known in `_weir.relation`. */
  readonly relation: string;
  /** What it is called if the name is free. */
  readonly wanted: string;
  readonly columns: readonly Column[];
  readonly schema: JsonObject;
  readonly kind: TableKind;
  /** Holds every record that ever came, whatever becomes of the stream's own rows. */
  readonly keepsAll: boolean;
}

/** A record laid out: the row of the stream's own table, and the rows of the tables beside it. */
export interface LaidRecord {
  readonly main: JsonObject;
  readonly sides: readonly { readonly path: string; readonly record: JsonObject }[];
}

/** How a stream becomes tables. A kind is one file, and one line in `index.ts`. */
export interface Layout {
  readonly name: string;
  readonly title: string;
  /** By which the stream's own table is known in `_weir.relation`. */
  relation(stream: string): string;
  /** What the stream's own table is called if the name is free. */
  wanted(stream: string): string;
  readonly kind: TableKind;
  /** The stream as its own table sees it: fields, key and mode. */
  target(target: TargetStream): TargetStream;
  /** Columns that its own table has whatever comes. */
  ownColumns(table: string): readonly Column[];
  /** The tables beside it that are known before the first record. */
  sides(target: TargetStream, table: string): readonly SidePlan[];
  /** A table beside it that the records ask for. */
  side(target: TargetStream, table: string, path: string, known: readonly string[]): SidePlan;
  /** Null where records are rows as they are. */
  readonly lay: ((target: TargetStream, record: JsonObject) => LaidRecord) | null;
  /** A value that does not fit leaves the row out, because nothing else of it would be left. */
  readonly refusesMisfits: boolean;
  /** Rows can be found again, and those that vanish be marked. */
  readonly marksVanished: boolean;
}

/** The record with the selected fields, its key and its cursor; the same one when all are. */
export function selected({ selectedFields, primaryKey, cursorField }: TargetStream, record: JsonObject): JsonObject {
  if (!selectedFields) return record;
  const kept = new Set([...selectedFields, ...primaryKey.map(([field]) => field), cursorField[0]]);
  return Object.fromEntries(Object.entries(record).filter(([field]) => kept.has(field)));
}

/** Told from names of streams by a character that no name holds. */
export function sideRelation(stream: string, path: string): string {
  return `${stream}\u0001${path.replaceAll('\u0000', '\u0001')}`;
}
