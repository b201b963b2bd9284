import type { Dialect } from '../dialect.ts';

/** DuckDB over Parquet files on this machine. */
export const duckdbDialect: Dialect = {
  name: 'duckdb',
  quote: (name) => `"${name.replaceAll('"', '""')}"`,
  source(relation) {
    if (relation.kind !== 'parquet') throw new Error(`DuckDB can't read ${relation.kind}`);
    return `read_parquet([${relation.files.map(literal).join(', ')}], union_by_name = true)`;
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

export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
