import type { Issue } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import { identifier, literal } from '#lib/sql-text.ts';
import { type FormatKind, plainSelect } from './format.ts';
import { PARQUET_TYPES } from './parquet-types.ts';

const CODECS = ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'ZSTD', 'BROTLI', 'LZ4'] as const;
/** Of a column and row group. Beyond so many different texts a dictionary costs more than it saves. */
const MAX_DICTIONARY = 8192;
/** Of columns of ids, numbers and short texts, DuckDB's own level 3 makes no smaller pages, and takes up to two thirds longer; only prose is 7 % larger. */
const ZSTD_LEVEL = 2;
const DEFAULT_BLOCK_SIZE_MB = 128;
const MAX_BLOCK_SIZE_MB = 1024;

export const parquet: FormatKind = {
  type: 'Parquet',
  spec: {
    title: 'Parquet',
    required: ['format_type'],
    properties: {
      format_type: { type: 'string', const: 'Parquet', default: 'Parquet' },
      compression_codec: { title: 'Compression', type: 'string', enum: [...CODECS], default: 'SNAPPY', order: 1 },
      block_size_mb: {
        title: 'Size of a row group in MB',
        description: 'Before compression. Readers skip whole row groups; writing holds one in memory.',
        type: 'integer',
        default: DEFAULT_BLOCK_SIZE_MB,
        minimum: 1,
        maximum: MAX_BLOCK_SIZE_MB,
        order: 2,
      },
    },
  },
  read(options, issues) {
    const codec = readCodec(options, issues);
    const blockSizeMb = readBlockSize(options, issues);
    return {
      extension: 'parquet',
      flattens: true,
      // Its facts about all before stand at the end.
      growsAtEnd: true,
      readAs: (type) => PARQUET_TYPES[type],
      value: (text, type, exact) => `cast(${text} as ${type === 'number' && exact ? 'varchar' : PARQUET_TYPES[type]})`,
      saysTypes: true,
      instantType: 'timestamptz',
      instant: (at) => at,
      json: (text, structure) =>
        structure === undefined ? `cast(${text} as json)` : `from_json(${text}, ${literal(structure)})`,
      copy(columns, from, partition) {
        const { query, options } = plainSelect(columns, from, partition);
        const own = [
          'format parquet',
          `codec ${literal(codec)}`,
          ...(codec === 'ZSTD' ? [`compression_level ${ZSTD_LEVEL}`] : []),
          `row_group_size_bytes '${blockSizeMb}MB'`,
          `dictionary_size_limit ${MAX_DICTIONARY}`,
        ];
        return { query, options: [...own, ...options] };
      },
      rowsOf: (file) => `read_parquet(${literal(file)}, hive_partitioning = false)`,
      textOf: (column) => `${identifier(column)}::varchar`,
    };
  },
};

function readCodec(options: JsonObject, issues: Issue[]): string {
  const given = options.compression_codec ?? 'SNAPPY';
  const codec = CODECS.find((one) => one === given);
  if (!codec)
    issues.push({ path: 'format.compression_codec', message: `compression_codec is none of ${CODECS.join(', ')}.` });
  return codec ?? 'SNAPPY';
}

function readBlockSize(options: JsonObject, issues: Issue[]): number {
  const size = Number(options.block_size_mb ?? DEFAULT_BLOCK_SIZE_MB);
  if (Number.isInteger(size) && size >= 1 && size <= MAX_BLOCK_SIZE_MB) return size;
  issues.push({
    path: 'format.block_size_mb',
    message: `block_size_mb takes a whole number from 1 to ${MAX_BLOCK_SIZE_MB}.`,
  });
  return DEFAULT_BLOCK_SIZE_MB;
}
