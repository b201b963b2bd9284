import { stat } from 'node:fs/promises';
import type { DuckDBValue } from '@duckdb/node-api';
import { type JsonObject, type JsonValue, parseJson } from '#lib/json.ts';
import { identifier, literal } from '#lib/sql-text.ts';
import { type FileReader, openFileReader } from '../duckdb.ts';
import { fileError } from '../file-errors.ts';
import type { FileFormat, OpenFile } from './format.ts';

/** Of a number that DuckDB holds exactly. */
const MOST_DIGITS = 38;

interface Column {
  readonly name: string;
  readonly as: ParquetType;
}

/** How a column comes out of DuckDB so that nothing of it is lost, and what it is in JSON schema. */
interface ParquetType {
  readonly schema: JsonObject;
  readonly sql: (column: string) => string;
  readonly value: (value: Exclude<DuckDBValue, null>) => JsonValue;
}

/** Parquet, with its own types. */
export function parquetFormat(): FileFormat {
  return {
    async schema(file) {
      const reader = await openFileReader(file.path);
      try {
        const columns = await columnsOf(reader, file);
        return {
          $schema: 'http://json-schema.org/draft-07/schema#',
          type: 'object',
          properties: Object.fromEntries(columns.map(({ name, as }) => [name, nullable(as.schema)])),
        };
      } finally {
        reader.close();
      }
    },
    async *read(file) {
      const reader = await openFileReader(file.path);
      try {
        const columns = await columnsOf(reader, file);
        const notices = await tooManyDigits(reader, file);
        if (notices.length > 0) yield { records: [], notice: notices.join(' ') };
        const finer = finerThanMicros(columns);
        const list = columns.map(({ name, as }) => as.sql(identifier(name))).join(', ');
        const { size } = await stat(file.path);
        // Its footer says how many.
        const [[total = 0n] = []] = await reader.all(`select count(*) from read_parquet(${literal(file.path)})`);
        for await (const rows of reader.rows(`select ${list} from read_parquet(${literal(file.path)})`)) {
          const bytes = Math.round((size * rows.length) / Number(total));
          finer.count(rows);
          yield { records: rows.map((row) => toRecord(row, columns)), bytes };
        }
        const notice = finer.notice(file.name);
        if (notice !== null) yield { records: [], notice };
      } catch (error) {
        throw parquetError(error, file);
      } finally {
        reader.close();
      }
    },
  };
}

/** DuckDB reads decimals of more than 38 digits as floating point. */
async function tooManyDigits(reader: FileReader, { name, path }: OpenFile): Promise<string[]> {
  const found = await reader.all(
    `select name, max(precision) from parquet_schema(${literal(path)}) where precision > ${MOST_DIGITS} group by name order by name`,
  );
  return found.map(
    ([column, digits]) =>
      `${name}: ${column} is written with up to ${digits} digits. More than ${MOST_DIGITS} can’t be read exactly: its numbers are rounded to about 16.`,
  );
}

/** How many rows count below the microsecond, by column. */
function finerThanMicros(columns: readonly Column[]) {
  const watched = columns.flatMap(({ name, as }, at) => (as === NANOSECONDS ? [{ name, at, rows: 0 }] : []));
  return {
    count(rows: readonly DuckDBValue[][]) {
      for (const column of watched)
        for (const row of rows) if (FINER.test(String(row[column.at] ?? ''))) column.rows += 1;
    },
    notice(file: string): string | null {
      const some = watched.filter(({ rows }) => rows > 0);
      if (some.length === 0) return null;
      const counts = some.map(
        ({ name, rows }) => `${name} counts nanoseconds in ${rows} ${rows === 1 ? 'row' : 'rows'}`,
      );
      return `${file}: ${counts.join(', ')}. A column of times holds microseconds: what is below is cut off there.`;
    },
  };
}

/** As `NANOSECONDS` is read: nine digits, the last three of which are not all zero. */
const FINER = /\.\d{6}(?!000$)\d{3}$/;

async function columnsOf(reader: FileReader, file: OpenFile): Promise<Column[]> {
  try {
    const rows = await reader.all(`describe select * from read_parquet(${literal(file.path)})`);
    return rows.map(([name, type]) => ({ name: String(name), as: typeNamed(String(type)) }));
  } catch (error) {
    throw parquetError(error, file);
  }
}

function toRecord(row: DuckDBValue[], columns: readonly Column[]): JsonObject {
  return Object.fromEntries(
    columns.map(({ name, as }, at) => {
      const value = row[at] ?? null;
      return [name, value === null ? null : as.value(value)];
    }),
  );
}

function nullable(schema: JsonObject): JsonObject {
  return { ...schema, type: ['null', schema.type as string] };
}

function typeNamed(type: string): ParquetType {
  const known = TYPES.find(([pattern]) => pattern.test(type));
  return known?.[1] ?? TEXT;
}

const asIs = (column: string) => column;
const asText = (column: string) => `cast(${column} as varchar)`;
const text = (value: DuckDBValue) => String(value);
const isoFormat = "'%Y-%m-%dT%H:%M:%S.%f'";

const TEXT: ParquetType = { schema: { type: 'string' }, sql: asText, value: text };
const NESTED: ParquetType = {
  schema: { type: 'object' },
  sql: (column) => `cast(to_json(${column}) as varchar)`,
  value: (value) => nested(String(value)),
};

const NANOSECONDS: ParquetType = {
  schema: { type: 'string', format: 'date-time', airbyte_type: 'timestamp_without_timezone' },
  sql: (column) => `strftime(${column}, '%Y-%m-%dT%H:%M:%S.%n')`,
  value: (value) => trimmed(String(value).replace(/(\.\d{6})000$/, '$1')),
};

const TYPES: readonly (readonly [RegExp, ParquetType])[] = [
  [/\]$/, { ...NESTED, schema: { type: 'array' } }],
  [/^(STRUCT|MAP|UNION)\b/, NESTED],
  [/^BOOLEAN$/, { schema: { type: 'boolean' }, sql: asIs, value: (value) => value === true }],
  [/^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$/, { schema: { type: 'integer' }, sql: asIs, value: integer }],
  [/^DECIMAL/, { schema: { type: 'number' }, sql: asText, value: number }],
  // Through text, so that a 4-byte 0.1 stays 0.1.
  [/^(FLOAT|DOUBLE)$/, { schema: { type: 'number' }, sql: asText, value: number }],
  [/^DATE$/, { schema: { type: 'string', format: 'date' }, sql: asText, value: text }],
  [
    /^TIMESTAMP WITH TIME ZONE$/,
    {
      schema: { type: 'string', format: 'date-time', airbyte_type: 'timestamp_with_timezone' },
      sql: (column) => `strftime(make_timestamp(epoch_us(${column})), ${isoFormat})`,
      value: (value) => `${trimmed(String(value))}Z`,
    },
  ],
  [/^TIMESTAMP_NS$/, NANOSECONDS],
  [
    /^TIMESTAMP/,
    {
      schema: { type: 'string', format: 'date-time', airbyte_type: 'timestamp_without_timezone' },
      sql: (column) => `strftime(cast(${column} as timestamp), ${isoFormat})`,
      value: (value) => trimmed(String(value)),
    },
  ],
  [
    /^BLOB$/,
    { schema: { type: 'string', contentEncoding: 'base64' }, sql: (column) => `base64(${column})`, value: text },
  ],
];

function integer(value: DuckDBValue): JsonValue {
  if (typeof value !== 'bigint') return Number(value);
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

/** DuckDB writes NaN and infinity into its JSON as they are; as text, they keep nobody from reading the rest. */
function nested(json: string): JsonValue {
  if (!/NaN|Infinity/.test(json)) return parseJson(json);
  return parseJson(
    json.replace(/"(?:[^"\\]|\\.)*"|-?(?:NaN|Infinity)/g, (part) => (part.startsWith('"') ? part : `"${part}"`)),
  );
}

/** NaN and infinity are no JSON numbers: they stay text, which the destination's types then judge. */
function number(value: DuckDBValue): JsonValue {
  const digits = String(value);
  return /^-?\d/.test(digits) ? parseJson(digits) : digits;
}

/** Without digits that nobody measured: to the second or the millisecond where that says all. */
function trimmed(timestamp: string): string {
  return timestamp.replace(/(\.\d{3})000$/, '$1').replace(/\.000$/, '');
}

function parquetError(error: unknown, { name, path }: OpenFile): Error {
  if (!(error instanceof Error) || error.name === 'WeirError') return error as Error;
  const first = (error.message.split('\n')[0] ?? '').replaceAll(path, name);
  if (/ is encrypted\b|encryption_config/.test(error.message)) {
    const hint = 'Weir has no keys for Parquet: have it written without encryption.';
    return fileError('config', 'file_broken', { file: name }, 'is encrypted.', hint, error);
  }
  const hint = 'Check that the file is Parquet and was written to its end.';
  return fileError('config', 'file_broken', { file: name }, `can't be read as Parquet: ${first}`, hint, error);
}
