import type { DelimitedFile } from '#lib/delimited-file.ts';
import type { JsonObject } from '#lib/json.ts';

/** How a file is written. One of these per kind; `index.ts` lists them. */
export interface FileFormat {
  /** JSON schema of its records, by looking at the first thousands. */
  schema(file: OpenFile): Promise<JsonObject>;
  /** Its records in their order. */
  read(file: OpenFile, schema: JsonObject): AsyncGenerator<Portion>;
  /** What stands before a broken row is whole: somebody may just be adding to the file. */
  readonly growsByRows?: true;
  /**
   * Where the last whole row ends of a file that somebody is adding to; null where a row is open that may never end. Absent where rows
   * can't be added. @throws WeirError `file_changed` where it is not looked for, as in UTF-16
   */
  wholeRowsEnd?(file: OpenFile): Promise<number | null>;
  /** The file as one that can be loaded from its bytes; null if it has to be read. */
  straight?(file: OpenFile, schema: JsonObject): Promise<DelimitedFile | null>;
}

/** A file, and the name to show. */
export interface OpenFile {
  readonly name: string;
  readonly path: string;
  /** Names that begin so are free for what is made of it. */
  readonly beside: string;
}

export interface Portion {
  readonly records: JsonObject[];
  /** Rows left out because they don't fit, where the manifest asks for that. */
  readonly skipped?: number;
  readonly notice?: string;
  /** About how many bytes of the file it took; absent where that is not known. */
  readonly bytes?: number;
}

/** Rows that are looked at to find the schema. */
export const SAMPLE_ROWS = 20_000;
export const PORTION_ROWS = 2_000;
