/**
 * Files of a stream on this machine, typed, as they stand after FROM in DuckDB: Parquet, or what the destination wrote instead. They are
 * all of one kind; their names say which.
 */
export function typedRows(files: readonly string[]): string {
  const [first = ''] = files;
  const list = `[${files.map((file) => `'${file.replaceAll("'", "''")}'`).join(', ')}]`;
  const compression = /\.gz$/.test(first)
    ? ", compression = 'gzip'"
    : /\.zst$/.test(first)
      ? ", compression = 'zstd'"
      : '';
  if (/\.jsonl(\.\w+)?$/.test(first))
    return `read_json(${list}, format = 'newline_delimited', union_by_name = true${compression})`;
  if (/\.csv(\.\w+)?$/.test(first)) return `read_csv(${list}, header = true, union_by_name = true${compression})`;
  return `read_parquet(${list}, union_by_name = true)`;
}
