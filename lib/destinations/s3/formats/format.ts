import type { Issue } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import type { ColumnType } from '#lib/records/index.ts';
import { identifier } from '#lib/sql-text.ts';
import type { ReadColumn } from '../../local-files.ts';

/** One of the ways in which files are written. A new one is a file here and a line in `index.ts`. */
export interface FormatKind {
  readonly type: string;
  /** Its part of the destination's JSON schema: one of the alternatives of `format`. */
  readonly spec: JsonObject;
  /** Reads its options; what is wrong goes into `issues`. */
  read(options: JsonObject, issues: Issue[]): FileFormat;
}

/** How rows become files: SQL of DuckDB. Columns come as text in the form that `lib/records` gives them. */
export interface FileFormat {
  /** Without a dot in front: `csv.gz`. */
  readonly extension: string;
  /** Whether the root's fields become columns, or the record stays whole in `_airbyte_data`. */
  readonly flattens: boolean;
  /** What stands in a file that DuckDB is writing stays as it is. */
  readonly growsAtEnd: boolean;
  /** DuckDB's type in which a plain spelling of a value is read from a delimited file; `value` takes it as it takes the text. */
  readAs(type: ColumnType): string;
  /** Whether a file says its columns' types itself. */
  readonly saysTypes: boolean;
  /** DuckDB's type of an `instant`. */
  readonly instantType: string;
  /** A typed value from its text; `exact` when a double might lose digits of it. */
  value(text: string, type: ColumnType, exact: boolean): string;
  /** An instant, given as SQL, as the format's readers know it from Airbyte. */
  instant(at: string): string;
  /** JSON text as the format holds nested values; `structure` is its DuckDB structure where one is known. */
  json(text: string, structure?: string): string;
  /** The query and the options of COPY; `partition` becomes a folder. */
  copy(
    columns: readonly Omit<OutputColumn, 'type'>[],
    from: string,
    partition: OutputColumn | null,
  ): { readonly query: string; readonly options: readonly string[] };
  /** Relation of a file's rows as they lie there, to count them or to copy some. */
  rowsOf(file: string): string;
  /** The text of a column of such a row, as SQL. */
  textOf(column: string): string;
}

/** A column of a file, the SQL of its value, and DuckDB's type for who reads it. */
export interface OutputColumn extends ReadColumn {
  readonly sql: string;
}

/** Columns as they are, the partition's last, and COPY's option for it. */
export function plainSelect(
  columns: readonly Omit<OutputColumn, 'type'>[],
  from: string,
  partition: OutputColumn | null,
): { query: string; options: string[] } {
  const all = partition === null ? columns : [...columns, partition];
  const list = all.map(({ name, sql }) => `${sql} as ${identifier(name)}`).join(', ');
  return {
    query: `select ${list} from ${from}`,
    options: partition === null ? [] : [`partition_by (${identifier(partition.name)})`],
  };
}

export interface Compression {
  readonly duckdb: 'none' | 'gzip' | 'zstd';
  readonly suffix: '' | '.gz' | '.zst';
}

const COMPRESSIONS: Readonly<Record<string, Compression>> = {
  'No Compression': { duckdb: 'none', suffix: '' },
  GZIP: { duckdb: 'gzip', suffix: '.gz' },
  ZSTD: { duckdb: 'zstd', suffix: '.zst' },
};

/** Airbyte's `compression: { compression_type }`, with zstd added. */
export const compressionSpec: JsonObject = {
  title: 'Compression',
  type: 'object',
  order: 2,
  default: { compression_type: 'GZIP' },
  oneOf: Object.keys(COMPRESSIONS).map((name) => ({
    title: name === 'No Compression' ? 'None' : name,
    required: ['compression_type'],
    properties: { compression_type: { type: 'string', const: name, default: name } },
  })),
};

export function readCompression(options: JsonObject, issues: Issue[]): Compression {
  const given = options.compression as JsonObject | string | undefined | null;
  const name = typeof given === 'object' && given !== null ? given.compression_type : (given ?? 'GZIP');
  const found = COMPRESSIONS[String(name)];
  if (!found)
    issues.push({
      path: 'format.compression.compression_type',
      message: `compression_type is none of ${Object.keys(COMPRESSIONS).join(', ')}.`,
    });
  return found ?? { duckdb: 'gzip', suffix: '.gz' };
}

const FLATTENINGS = ['Root level flattening', 'No flattening'] as const;

export const flatteningSpec: JsonObject = {
  title: 'Columns',
  description: 'Root level flattening: a column for each field. No flattening: the record as JSON in _airbyte_data.',
  type: 'string',
  enum: [...FLATTENINGS],
  default: FLATTENINGS[0],
  order: 1,
};

export function readFlattening(options: JsonObject, issues: Issue[]): boolean {
  const given = options.flattening ?? FLATTENINGS[0];
  if (!FLATTENINGS.some((one) => one === given))
    issues.push({ path: 'format.flattening', message: `flattening is none of ${FLATTENINGS.join(', ')}.` });
  return given !== 'No flattening';
}
