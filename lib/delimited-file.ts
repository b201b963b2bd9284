import type { JsonObject } from './json.ts';

/** What the texts of a column are taken for. */
export type TextType = 'integer' | 'number' | 'boolean' | 'string';

/**
 * A file of delimited rows whose bytes a destination may take as they are: UTF-8, fields in quotes where needed, quotes doubled
 * inside, an empty field without quotes for null.
 */
export interface DelimitedFile {
  readonly path: string;
  readonly bytes: number;
  /** Where the first row begins, behind a byte order mark and the header. */
  readonly start: number;
  /** Whether the first record names the columns. */
  readonly hasHeader: boolean;
  /** Each one ASCII character. */
  readonly delimiter: string;
  readonly quote: string;
  readonly columns: readonly { readonly field: string; readonly type: TextType }[];
  /** Rejects if somebody wrote to it since it was opened: what was read counts only once this resolves. Missing for a private copy. */
  readonly assertUnchanged?: () => Promise<void>;
  /** A row's bytes, without the line end, as the record that a page would hold. */
  record(row: Buffer): JsonObject;
}
