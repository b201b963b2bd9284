import type { JsonObject } from '#lib/json.ts';

/** A file stream as its manifest declares it, with the templates rendered. */
export interface FileStreamOptions {
  readonly name: string;
  readonly provider: ProviderOptions;
  /** A file's path, several, or a glob (`2024-*.csv`; not for https). */
  readonly path: string | readonly string[];
  readonly format: FormatOptions;
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

export type FormatOptions = CsvOptions | JsonLinesOptions | JsonOptions | ParquetOptions;

export interface CsvOptions {
  readonly type: 'csv';
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
  readonly encoding?: 'utf-8' | 'utf-16' | 'latin-1';
  /** Words that mean null; default only the empty field without quotes. */
  readonly null_values?: readonly string[];
  /** What becomes of rows that don't fit: `fail` (default) stops at the first, `skip` leaves them out and says so. */
  readonly bad_rows?: 'fail' | 'skip';
}
export interface JsonLinesOptions {
  readonly type: 'jsonl';
}
export interface JsonOptions {
  readonly type: 'json';
  /** Where the list of records is; the document itself when absent. */
  readonly record_path?: readonly string[];
}
export interface ParquetOptions {
  readonly type: 'parquet';
}
