import type { ColumnType } from '#lib/records/index.ts';
import { literal } from '#lib/sql-text.ts';
import { LONG_LINES } from '../../local-files.ts';
import {
  compressionSpec,
  type FormatKind,
  flatteningSpec,
  plainSelect,
  readCompression,
  readFlattening,
} from './format.ts';

/** Text as it is; everything else is JSON already, with every digit. */
const TEXT: ReadonlySet<ColumnType> = new Set([
  'string',
  'date',
  'timestamp_with_timezone',
  'timestamp_without_timezone',
  'time_with_timezone',
  'time_without_timezone',
]);

/** What is JSON already stays as it is written: DuckDB would read its numbers as doubles, and lose digits. */
function jsonText(sql: string): string {
  const text = `case when typeof(${sql}) = 'JSON' then cast(${sql} as varchar) else cast(to_json(${sql}) as varchar) end`;
  return `coalesce(${text}, 'null')`;
}

/** `+5`, `007`, `.5` and `5.` are numbers, but no JSON. */
const SPELLINGS = [
  ['^[+]', ''],
  ['^(-?)0+([0-9])', '\\1\\2'],
  ['^(-?)[.]', '\\10.'],
  ['[.]($|[eE])', '\\1'],
] as const;

function asJsonNumber(text: string): string {
  return SPELLINGS.reduce((sql, [from, to]) => `regexp_replace(${sql}, ${literal(from)}, ${literal(to)})`, text);
}

export const jsonLines: FormatKind = {
  type: 'JSONL',
  spec: {
    title: 'JSON lines',
    required: ['format_type'],
    properties: {
      format_type: { type: 'string', const: 'JSONL', default: 'JSONL' },
      flattening: flatteningSpec,
      compression: compressionSpec,
    },
  },
  read(options, issues) {
    const { duckdb, suffix } = readCompression(options, issues);
    return {
      extension: `jsonl${suffix}`,
      flattens: readFlattening(options, issues),
      growsAtEnd: false,
      readAs: () => 'varchar',
      value(text, type) {
        if (TEXT.has(type)) return text;
        return type === 'number'
          ? `coalesce(try_cast(${text} as json), cast(${asJsonNumber(text)} as json))`
          : `cast(${text} as json)`;
      },
      saysTypes: false,
      instantType: 'bigint',
      instant: (at) => `epoch_ms(${at})`,
      json: (text) => `cast(${text} as json)`,
      // As CSV of one column without quotes: DuckDB's JSON writer knows no partitions.
      copy(columns, from, partition) {
        const members = columns.map(({ name, sql }) => `${literal(`${JSON.stringify(name)}:`)} || ${jsonText(sql)}`);
        const line = { name: 'line', sql: `'{' || ${members.join(` || ',' || `)} || '}'` };
        const { query, options } = plainSelect([line], from, partition);
        const plain = ['header false', "quote ''", "escape ''", "delimiter '\u0001'"];
        return { query, options: ['format csv', ...plain, `compression ${duckdb}`, ...options] };
      },
      rowsOf: (file) =>
        `read_csv(${literal(file)}, auto_detect = false, header = false, quote = '', escape = '', delim = '\u0001', hive_partitioning = false, ${LONG_LINES}, compression = '${duckdb}', columns = {'line': 'VARCHAR'})`,
      textOf: (column) =>
        `json_extract_string(line, ${literal(`/${column.replaceAll('~', '~0').replaceAll('/', '~1')}`)})`,
    };
  },
};
