import { stat } from 'node:fs/promises';
import type { Column, ColumnType } from '#lib/records/index.ts';
import type { Codec } from './config.ts';

const MEMORY_LIMIT = '512MB';
const MIN_LINE_BYTES = 16 * 1024 * 1024;

export interface ParquetRequest {
  readonly rowsFile: string;
  readonly parquetFile: string;
  readonly columns: readonly Column[];
  readonly exact: ReadonlySet<string>;
  readonly leaveOut: readonly number[];
  readonly longestLine: number;
  readonly extractedAt: Date;
  readonly generation: number;
  readonly codec: Codec;
  readonly blockSizeMb: number;
}

/** Turns staged lines into one Parquet file; gives its rows and bytes. DuckDB is loaded here and not before. */
export async function writeParquet(request: ParquetRequest): Promise<{ rows: number; bytes: number }> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: MEMORY_LIMIT, threads: '2' });
  const connection = await instance.connect();
  try {
    await connection.run(
      `set preserve_insertion_order = false; set temp_directory = ${literal(`${request.parquetFile}.tmp`)}`,
    );
    const result = await connection.runAndReadAll(copyStatement(request));
    const rows = Number(result.getRows()[0]?.[0] ?? 0);
    return { rows, bytes: (await stat(request.parquetFile)).size };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Each column's type in Parquet. Nested values are JSON text. */
const PARQUET_TYPES: Readonly<Record<ColumnType, string>> = {
  boolean: 'boolean',
  integer: 'bigint',
  number: 'double',
  string: 'varchar',
  date: 'date',
  timestamp_with_timezone: 'timestamptz',
  timestamp_without_timezone: 'timestamp',
  time_with_timezone: 'varchar',
  time_without_timezone: 'time',
  object: 'json',
  array: 'json',
  json: 'json',
};

const META_TYPE = '{"sync_id":"BIGINT","changes":[{"field":"VARCHAR","change":"VARCHAR","reason":"VARCHAR"}]}';

/** Every value is text in the staged line, and cast here: no type is guessed. */
export function copyStatement(request: ParquetRequest): string {
  const { columns, exact, leaveOut, longestLine } = request;
  const staged = [...columns.map((column) => column.name), '_airbyte_raw_id', '_airbyte_meta', '_weir_slice'];
  const types = staged.map((name) => `${literal(name)}: 'VARCHAR'`).join(', ');
  const values = columns.map(({ name, type }) => {
    const sqlType = type === 'number' && exact.has(name) ? 'varchar' : PARQUET_TYPES[type];
    return `cast(${identifier(name)} as ${sqlType}) as ${identifier(name)}`;
  });
  const meta = [
    '_airbyte_raw_id',
    `timestamptz ${literal(request.extractedAt.toISOString())} as _airbyte_extracted_at`,
    `${Math.trunc(request.generation)}::bigint as _airbyte_generation_id`,
    `from_json(_airbyte_meta, ${literal(META_TYPE)}) as _airbyte_meta`,
  ];
  const left =
    leaveOut.length > 0 ? `where _weir_slice not in (${leaveOut.map((id) => `'${Math.trunc(id)}'`).join(', ')})` : '';
  return `copy (
    select ${[...meta, ...values].join(', ')}
    from read_json(${literal(request.rowsFile)}, format = 'newline_delimited', columns = {${types}},
      maximum_object_size = ${Math.max(MIN_LINE_BYTES, longestLine * 2)})
    ${left}
  ) to ${literal(request.parquetFile)} (format parquet, codec ${literal(request.codec)}, row_group_size_bytes '${Math.trunc(request.blockSizeMb)}MB')`;
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
