import { quote, quoteTable } from '#lib/destinations/postgres/identifier.ts';
import { BLANKS, type Dialect } from '../dialect.ts';

/** Postgres 12 and later. Times without a zone are read as UTC: the session sets it. */
export const postgresDialect: Dialect = {
  name: 'postgres',
  quote,
  source(relation) {
    if (relation.kind === 'query') return `(${relation.sql}) as measured`;
    if (relation.kind === 'postgres') return quoteTable(relation);
    throw new Error(`Postgres can't read ${relation.kind}`);
  },
  trim: (text) => `btrim(${text}, ${BLANKS})`,
  matches: (text, pattern) => `(${text} ~ ${pattern})`,
  epoch: (column) => `extract(epoch from ${column}::timestamptz)`,
  records: (select) => `select to_jsonb(r)::text as record from (${select}) as r`,
  aggregates: {
    rows: (_column, filter) => `count(*)${filter}`,
    filled: (column, filter) => `count(${column})${filter}`,
    distinct: (column, filter) => `count(distinct ${column})${filter}`,
    sum: (column, filter) => `sum(${column})${filter}`,
    mean: (column, filter) => `avg(${column})${filter}`,
    quantile: (column, filter, fraction) => `percentile_cont(${fraction}) within group (order by ${column})${filter}`,
    stddev: (column, filter) => `stddev_samp(${column})${filter}`,
    // A plus sign takes numbers alone: text has another order, and text of digits would read as a number.
    min: (column, filter) => `min(+${column})${filter}`,
    max: (column, filter) => `max(+${column})${filter}`,
    newest: (column, filter) => `extract(epoch from max(${column}::timestamptz)${filter})`,
    shortest: (column, filter) => `min(length(${column}::text))${filter}`,
    longest: (column, filter) => `max(length(${column}::text))${filter}`,
  },
};
