import { typedRows } from '#lib/destinations/local-files.ts';
import { identifier } from '#lib/sql-text.ts';
import { BLANKS, type Dialect } from '../dialect.ts';

/** DuckDB over files on this machine: Parquet, or what the destination wrote instead. Times without a zone are UTC: the session sets it. */
export const duckdbDialect: Dialect = {
  name: 'duckdb',
  quote: identifier,
  source(relation) {
    if (relation.kind !== 'parquet') throw new Error(`DuckDB can't read ${relation.kind}`);
    return typedRows(relation.files, relation.columns);
  },
  trim: (text) => `trim(${text}, ${BLANKS})`,
  matches: (text, pattern) => `regexp_matches(${text}, ${pattern})`,
  // With its zone: text with an offset would lose that as a plain timestamp.
  epoch: (column) => `epoch(${column}::timestamptz)`,
  records: (select) => `select to_json(r)::varchar as record from (${select}) as r`,
  aggregates: {
    rows: (_column, filter) => `count(*)${filter}`,
    filled: (column, filter) => `count(${column})${filter}`,
    distinct: (column, filter) => `count(distinct ${column})${filter}`,
    sum: (column, filter) => `sum(${column})${filter}`,
    mean: (column, filter) => `avg(${column})${filter}`,
    quantile: (column, filter, fraction) => `quantile_cont(${column}, ${fraction})${filter}`,
    stddev: (column, filter) => `stddev_samp(${column})${filter}`,
    // A plus sign takes numbers alone: text has another order, and text of digits would read as a number.
    min: (column, filter) => `min(+${column})${filter}`,
    max: (column, filter) => `max(+${column})${filter}`,
    newest: (column, filter) => `epoch(max(${column}::timestamptz)${filter})`,
    shortest: (column, filter) => `min(length(${column}::varchar))${filter}`,
    longest: (column, filter) => `max(length(${column}::varchar))${filter}`,
  },
};
