import { quote, quoteTable } from '#lib/destinations/postgres/identifier.ts';
import type { Dialect } from '../dialect.ts';

/** Postgres 12 and later. Times without a zone are read as UTC: the session sets it. */
export const postgresDialect: Dialect = {
  name: 'postgres',
  quote,
  source(relation) {
    if (relation.kind !== 'postgres') throw new Error(`Postgres can't read ${relation.kind}`);
    return quoteTable(relation);
  },
  notBlank: (column) => `btrim(${column}::text) <> ''`,
  aggregates: {
    rows: (_column, filter) => `count(*)${filter}`,
    filled: (column, filter) => `count(${column})${filter}`,
    not_empty: (column, filter) => `count(${column})${filter}`,
    mean: (column, filter) => `avg(${column})${filter}`,
    median: (column, filter) => `percentile_cont(0.5) within group (order by ${column})${filter}`,
    stddev: (column, filter) => `stddev_samp(${column})${filter}`,
    min: (column, filter) => `min(${column})${filter}`,
    max: (column, filter) => `max(${column})${filter}`,
    newest: (column, filter) => `extract(epoch from max(${column}::timestamptz)${filter})`,
  },
};
