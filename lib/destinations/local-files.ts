import { literal } from '#lib/sql-text.ts';

/** A line may be as long as a row that is taken from a file, with what is added to it; DuckDB's own limit is 2 MB. */
const MAX_LINE_BYTES = 20 * 1024 * 1024;

/** For `read_csv`, which also reads JSON lines as they lie. */
export const LONG_LINES = `max_line_size = ${MAX_LINE_BYTES}, buffer_size = ${2 * MAX_LINE_BYTES}`;

/**
 * Files of a stream on this machine, typed, as they stand after FROM in DuckDB: Parquet, or what the destination wrote instead. They are
 * all of one kind; their names say which.
 */
export function typedRows(files: readonly string[]): string {
  const [first = ''] = files;
  const list = `[${files.map(literal).join(', ')}]`;
  const compression = /\.gz$/.test(first)
    ? ", compression = 'gzip'"
    : /\.zst$/.test(first)
      ? ", compression = 'zstd'"
      : '';
  if (/\.jsonl(\.\w+)?$/.test(first))
    return `read_json(${list}, format = 'newline_delimited', union_by_name = true${compression})`;
  if (/\.csv(\.\w+)?$/.test(first))
    return `read_csv(${list}, header = true, union_by_name = true, ${LONG_LINES}${compression})`;
  return `read_parquet(${list}, union_by_name = true)`;
}
