import type { Dialect } from '../dialect.ts';

/** DuckDB over files on this machine: Parquet, or what the destination wrote instead. */
export const duckdbDialect: Dialect = {
  name: 'duckdb',
  quote: (name) => `"${name.replaceAll('"', '""')}"`,
  source(relation) {
    if (relation.kind !== 'parquet') throw new Error(`DuckDB can't read ${relation.kind}`);
    const [first = ''] = relation.files;
    return readerOf(first)(`[${relation.files.map(literal).join(', ')}]`);
  },
  notBlank: (column) => `trim(${column}::varchar) <> ''`,
  aggregates: {
    rows: (_column, filter) => `count(*)${filter}`,
    filled: (column, filter) => `count(${column})${filter}`,
    not_empty: (column, filter) => `count(${column})${filter}`,
    mean: (column, filter) => `avg(${column})${filter}`,
    median: (column, filter) => `quantile_cont(${column}, 0.5)${filter}`,
    stddev: (column, filter) => `stddev_samp(${column})${filter}`,
    min: (column, filter) => `min(${column})${filter}`,
    max: (column, filter) => `max(${column})${filter}`,
    newest: (column, filter) => `epoch(max(${column})${filter})`,
  },
};

/** The files of one destination are all of one kind; their names say which. */
function readerOf(file: string): (files: string) => string {
  const compression = /\.gz$/.test(file) ? 'gzip' : /\.zst$/.test(file) ? 'zstd' : 'none';
  if (/\.jsonl(\.\w+)?$/.test(file))
    return (files) =>
      `read_json(${files}, format = 'newline_delimited', union_by_name = true, compression = '${compression}')`;
  if (/\.csv(\.\w+)?$/.test(file))
    return (files) => `read_csv(${files}, header = true, union_by_name = true, compression = '${compression}')`;
  return (files) => `read_parquet(${files}, union_by_name = true)`;
}

export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
