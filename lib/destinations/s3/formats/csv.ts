import { identifier, literal } from '#lib/sql-text.ts';
import { LONG_LINES } from '../../local-files.ts';
import {
  compressionSpec,
  type FormatKind,
  flatteningSpec,
  plainSelect,
  readCompression,
  readFlattening,
} from './format.ts';

export const csv: FormatKind = {
  type: 'CSV',
  spec: {
    title: 'CSV',
    required: ['format_type'],
    properties: {
      format_type: { type: 'string', const: 'CSV', default: 'CSV' },
      flattening: flatteningSpec,
      compression: compressionSpec,
    },
  },
  read(options, issues) {
    const { duckdb, suffix } = readCompression(options, issues);
    return {
      extension: `csv${suffix}`,
      flattens: readFlattening(options, issues),
      growsAtEnd: false,
      readAs: () => 'varchar',
      value: (text) => text,
      saysTypes: false,
      instantType: 'bigint',
      instant: (at) => `epoch_ms(${at})`,
      json: (text) => text,
      copy(columns, from, partition) {
        const { query, options } = plainSelect(columns, from, partition);
        return { query, options: ['format csv', 'header true', `compression ${duckdb}`, ...options] };
      },
      rowsOf: (file) =>
        `read_csv(${literal(file)}, header = true, all_varchar = true, allow_quoted_nulls = false, hive_partitioning = false, ${LONG_LINES}, compression = '${duckdb}')`,
      textOf: identifier,
    };
  },
};
