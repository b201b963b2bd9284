import { checkKind } from './checks/index.ts';
import type { Dialect } from './dialect.ts';
import { type AggregateMetric, type Metric, metricKey, type RepeatedMetric } from './metric.ts';
import type { Check } from './suite.ts';

/** One SELECT that gives one row: column `m0` holds the first metric, `m1` the second, and so on. */
export interface Statement {
  readonly sql: string;
  readonly metrics: readonly Metric[];
}

/** Postgres takes 1,664 columns in a select list; long statements also take long to plan. */
const MAX_METRICS = 400;
const MAX_SQL_LENGTH = 60_000;

/**
 * The statements that measure what the checks of one table need: one aggregated scan for all (several only when it
 * would grow too long), and one grouped statement per key for uniqueness. Equal metrics are measured once.
 */
export function plan(checks: readonly Check[], source: string, dialect: Dialect): Statement[] {
  const metrics = distinctMetrics(checks);
  const aggregates = metrics.filter((metric) => metric.type === 'aggregate');
  const repeated = metrics.filter((metric) => metric.type === 'repeated');
  return [
    ...batches(aggregates, dialect).map((batch) => scan(batch, source, dialect)),
    ...repeated.map((metric) => repeatedRows(metric, source, dialect)),
  ];
}

/** The same statement, one metric each: what is run when a bundle fails, so that only the guilty check errs. */
export function singleStatements({ metrics }: Statement, source: string, dialect: Dialect): Statement[] {
  return metrics.map((metric) =>
    metric.type === 'aggregate' ? scan([metric], source, dialect) : repeatedRows(metric, source, dialect),
  );
}

function distinctMetrics(checks: readonly Check[]): Metric[] {
  const all = checks.flatMap(({ kind, params, where }) => checkKind(kind).metrics(params, where));
  return [...new Map(all.map((metric) => [metricKey(metric), metric])).values()];
}

function batches(metrics: readonly AggregateMetric[], dialect: Dialect): AggregateMetric[][] {
  const done: AggregateMetric[][] = [];
  let length = 0;
  for (const metric of metrics) {
    const more = aggregate(metric, dialect).length;
    const last = done.at(-1);
    if (last && last.length < MAX_METRICS && length + more <= MAX_SQL_LENGTH) last.push(metric);
    else {
      done.push([metric]);
      length = 0;
    }
    length += more;
  }
  return done;
}

function scan(metrics: readonly AggregateMetric[], source: string, dialect: Dialect): Statement {
  const columns = metrics.map((metric, index) => `${aggregate(metric, dialect)} as m${index}`);
  return { sql: `select ${columns.join(', ')} from ${source}`, metrics };
}

function aggregate({ name, column, where }: AggregateMetric, dialect: Dialect): string {
  const quoted = column === undefined ? '*' : dialect.quote(column);
  const conditions = [name === 'not_empty' ? dialect.notBlank(quoted) : '', where ? `(${where})` : ''].filter(Boolean);
  const filter = conditions.length > 0 ? ` filter (where ${conditions.join(' and ')})` : '';
  return dialect.aggregates[name](quoted, filter);
}

/** GROUP BY … HAVING hashes or sorts once; an IN with a subquery may run it for every row. */
function repeatedRows(metric: RepeatedMetric, source: string, dialect: Dialect): Statement {
  const columns = metric.columns.map((column) => dialect.quote(column));
  const conditions = [
    ...columns.map((column) => `${column} is not null`),
    ...(metric.where ? [`(${metric.where})`] : []),
  ];
  const groups = `select count(*) as n from ${source} where ${conditions.join(' and ')} group by ${columns.join(', ')} having count(*) > 1`;
  return { sql: `select coalesce(sum(n - 1), 0) as m0 from (${groups}) as repeated`, metrics: [metric] };
}
