import type { JsonObject } from '#lib/json.ts';

/** A file stream as its manifest declares it, with the templates rendered. */
export interface FileStreamOptions {
  readonly name: string;
  readonly provider: ProviderOptions;
  /** A file's path, several, or a glob (`2024-*.csv`; not for https). */
  readonly path: string | readonly string[];
  readonly format: FormatOptions;
  /** Of a zip archive with several files: which to read, as a name or glob. */
  readonly member?: string;
  /** JSON schema of a record; found by looking at the first file when absent. */
  readonly schema?: JsonObject;
}

export type ProviderOptions =
  | { readonly type: 'https'; readonly base_url?: string; readonly headers?: Readonly<Record<string, string>> }
  | {
      readonly type: 's3';
      readonly bucket: string;
      /** AWS itself when absent; MinIO, R2 or Ceph by their address. */
      readonly endpoint?: string;
      readonly region?: string;
      readonly access_key_id?: string;
      readonly secret_access_key?: string;
      readonly force_path_style?: boolean;
    }
  /** A folder on the machine of the workers, inside one that the operator allows. */
  | { readonly type: 'folder'; readonly folder: string }
  /** A file uploaded in the browser; `path` is its id. */
  | { readonly type: 'upload' };

export type FormatOptions = CsvOptions | JsonLinesOptions | JsonOptions | ParquetOptions | ExcelOptions;

/** Any of these may be left out; `formats/csv-options.ts` knows the other names that they may have. */
export interface CsvOptions {
  /** `tsv` has tabs between its fields. */
  readonly type: 'csv' | 'tsv';
  /** Found in the first line when absent: comma, semicolon, tab or bar. */
  readonly delimiter?: string;
  /** Default `"`. */
  readonly quote?: string;
  /** Default: the quote, doubled. */
  readonly escape?: string;
  /** Whether the first line names the columns; default true. */
  readonly header?: boolean;
  /** Names of the columns where no header gives them. */
  readonly columns?: readonly string[];
  /** Found by the first bytes when absent. */
  readonly encoding?: string;
  /** Words that mean null, beside the empty field without quotes. */
  readonly null_values?: readonly string[];
  readonly true_values?: readonly string[];
  readonly false_values?: readonly string[];
  /** Lines before the header that are left out. */
  readonly skip_rows?: number;
  /** How dates are written, by column: `{ ordered_on: DD.MM.YYYY }`; found when absent, if only one way fits. */
  readonly date_formats?: Readonly<Record<string, string>>;
  /** What becomes of rows that don't fit: `fail` (default) stops at the first, `skip` leaves them out and says so. */
  readonly bad_rows?: 'fail' | 'skip';
  /** The same options by pandas' names, as an object or as JSON text. */
  readonly reader_options?: string | JsonObject;
}
export interface JsonLinesOptions {
  readonly type: 'jsonl';
  /** What becomes of lines that are no JSON object: `fail` (default) stops at the first, `skip` leaves them out and says so. */
  readonly bad_rows?: 'fail' | 'skip';
}
export interface JsonOptions {
  readonly type: 'json';
  /** Where the list of records is; the document itself when absent. */
  readonly record_path?: readonly string[];
}
export interface ParquetOptions {
  readonly type: 'parquet';
}
export interface ExcelOptions {
  readonly type: 'excel';
  /** Its name, or its number from 1; the first that is not hidden when absent. */
  readonly sheet?: string | number;
  readonly header?: boolean;
  /** Rows before the header that are left out. */
  readonly skip_rows?: number;
}
