import { identifier, literal } from '#lib/sql-text.ts';

/** A line may be as long as a row that is taken from a file, with what is added to it; DuckDB's own limit is 2 MB. */
const MAX_LINE_BYTES = 20 * 1024 * 1024;

/** For `read_csv`, which also reads JSON lines as they lie. */
export const LONG_LINES = `max_line_size = ${MAX_LINE_BYTES}, buffer_size = ${2 * MAX_LINE_BYTES}`;

/** A column of files whose format does not say what is in it, with DuckDB's type for its values. */
export interface ReadColumn {
  readonly name: string;
  readonly type: string;
}

/**
 * Files of a stream on this machine, typed, as they stand after FROM in DuckDB: Parquet, or what the destination wrote instead. They are
 * all of one kind; their names say which. Without `columns`, DuckDB guesses the types of text by its first rows: what comes later may not
 * fit, and of JSON it takes no objects whose keys differ in case alone.
 */
export function typedRows(files: readonly string[], columns?: readonly ReadColumn[]): string {
  const [first = ''] = files;
  const list = `[${files.map(literal).join(', ')}]`;
  const compression = /\.gz$/.test(first)
    ? ", compression = 'gzip'"
    : /\.zst$/.test(first)
      ? ", compression = 'zstd'"
      : '';
  const known = columns !== undefined && columns.length > 0 ? columns : null;
  if (/\.jsonl(\.\w+)?$/.test(first)) {
    const types = known ? `, columns = {${known.map(textColumn).join(', ')}}` : '';
    const rows = `read_json(${list}, format = 'newline_delimited', union_by_name = true${types}${compression})`;
    return known ? `(select * replace (${known.map(typed).join(', ')}) from ${rows})` : rows;
  }
  if (/\.csv(\.\w+)?$/.test(first)) {
    const asText = known ? ', all_varchar = true, allow_quoted_nulls = false' : '';
    const rows = `read_csv(${list}, header = true, union_by_name = true${asText}, ${LONG_LINES}${compression})`;
    return known ? `(select * replace (${known.map(typed).join(', ')}) from ${withAll(rows, known)})` : rows;
  }
  return `read_parquet(${list}, union_by_name = true)`;
}

/** Nested values stay as they are written, with all their keys. */
function textColumn({ name, type }: ReadColumn): string {
  return `${literal(name)}: ${literal(type === 'json' ? 'json' : 'varchar')}`;
}

/** Of text, what is no JSON was written before its column came to hold nested values too. */
function typed({ name, type }: ReadColumn): string {
  const text = identifier(name);
  const value = type === 'json' ? `coalesce(try_cast(${text} as json), to_json(${text}))` : `${text}::${type}`;
  return `${value} as ${text}`;
}

/** Rows of before a column came lack it. */
function withAll(rows: string, columns: readonly ReadColumn[]): string {
  const none = columns.map(({ name }) => `null::varchar as ${identifier(name)}`).join(', ');
  return `(select * from ${rows} union all by name select * from (select ${none}) where false)`;
}
