import type { Dialect } from './dialect.ts';
import type { Hint } from './engine.ts';
import type {
  AggregateMetric,
  GapsMetric,
  Metric,
  OrphansMetric,
  Period,
  PeriodsMetric,
  RepeatedMetric,
  SketchMetric,
} from './metric.ts';
import { metricKey } from './metric.ts';
import { testSql } from './row-test-sql.ts';
import { MOST_PERIODS, SKETCH } from './tallies.ts';

/** A metric, and the column by whose values it is broken down too; null for none. */
export interface Wanted {
  readonly metric: Metric;
  readonly per: string | null;
}

/** Where things are, as they stand after FROM. */
export interface Sources {
  readonly table: string;
  /** Of tables that metrics refer to, by the name that they use. */
  readonly references: ReadonlyMap<string, string>;
}

/**
 * One SELECT. Column `m0` holds the first metric, `m1` the second, and so on; with `per`, one row for the whole
 * (`whole` = 1) and one per `segment`. Counts give rows of `value` and `n`; records give rows of `record`.
 */
export interface Statement {
  readonly sql: string;
  readonly metrics: readonly Metric[];
  readonly per: string | null;
  /** It groups by a key that hardly repeats. */
  readonly hint?: Hint;
}

/** Postgres takes 1,664 columns in a select list; long statements also take long to plan. */
const MAX_METRICS = 400;
const MAX_SQL_LENGTH = 60_000;
/** Segments of one column, the largest ones. */
export const MAX_SEGMENTS = 1_000;

/**
 * The statements that measure what is wanted of one table: one aggregated scan for all (several only when it would grow
 * too long, and one more per column that checks are broken down by), and one statement for each metric that groups or
 * joins. Equal metrics are measured once.
 */
export function plan(wanted: readonly Wanted[], sources: Sources, dialect: Dialect): Statement[] {
  const byColumn = Map.groupBy(distinct(wanted), ({ per }) => per);
  return [...byColumn].flatMap(([per, these]) => {
    const metrics = these.map(({ metric }) => metric);
    const aggregates = metrics.filter((metric) => metric.type === 'aggregate');
    const others = metrics.filter((metric) => metric.type !== 'aggregate');
    return [
      ...batches(aggregates, dialect).map((batch) => scan(batch, per, sources, dialect)),
      ...others.map((metric) => alone(metric, per, sources, dialect)),
    ];
  });
}

/** The same statement, one metric each: what is run when a bundle fails, so that only the guilty check errs. */
export function singleStatements({ metrics, per }: Statement, sources: Sources, dialect: Dialect): Statement[] {
  return metrics.map((metric) => alone(metric, per, sources, dialect));
}

function distinct(wanted: readonly Wanted[]): Wanted[] {
  return [...new Map(wanted.map((each) => [`${each.per ?? ''} ${metricKey(each.metric)}`, each])).values()];
}

function batches(metrics: readonly AggregateMetric[], dialect: Dialect): AggregateMetric[][] {
  const done: AggregateMetric[][] = [];
  let length = 0;
  for (const metric of metrics) {
    const more = aggregateSql(metric, dialect).length;
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

function scan(
  metrics: readonly AggregateMetric[],
  per: string | null,
  { table }: Sources,
  dialect: Dialect,
): Statement {
  const columns = metrics.map((metric, index) => `${aggregateSql(metric, dialect)} as m${index}`);
  if (per === null) return { sql: `select ${columns.join(', ')} from ${table}`, metrics, per };
  const segment = dialect.quote(per);
  const sql = `select grouping(${segment}) as whole, ${segment}::text as segment, ${columns.join(', ')} from ${table} group by grouping sets ((), (${segment})) order by 1 desc, count(*) desc limit ${MAX_SEGMENTS + 1}`;
  return { sql, metrics, per };
}

/** One aggregate as it stands in a select list. */
export function aggregateSql({ name, column, fraction = 0.5, test, where }: AggregateMetric, dialect: Dialect): string {
  const conditions = [where ? `(${where})` : '', test ? testSql(test, dialect) : ''].filter(Boolean);
  const filter = conditions.length > 0 ? ` filter (where ${conditions.join(' and ')})` : '';
  return dialect.aggregates[name](column === undefined ? '*' : dialect.quote(column), filter, fraction);
}

function alone(metric: Metric, per: string | null, sources: Sources, dialect: Dialect): Statement {
  const { table } = sources;
  const statement = (sql: string): Statement => ({ sql, metrics: [metric], per });
  switch (metric.type) {
    case 'aggregate':
      return scan([metric], per, sources, dialect);
    case 'repeated':
      return { ...statement(repeatedRows(metric, per, table, dialect)), hint: 'sort' };
    case 'orphans':
      return statement(orphanRows(metric, per, sources, dialect));
    case 'counts': {
      const column = dialect.quote(metric.column);
      const where = conditionOf([`${column} is not null`], metric.where);
      return statement(
        `select ${column}::text as value, count(*) as n from ${table}${where} group by ${column} order by 2 desc, 1 limit ${metric.limit}`,
      );
    }
    case 'sketch':
      return statement(sketch(metric, table, dialect));
    case 'gaps':
      return statement(gaps(metric, table, dialect));
    case 'periods':
      return statement(periods(metric, table, dialect));
    case 'query': {
      const query = queryOver(metric.sql, table);
      return statement(
        metric.gives === 'rows'
          ? `select count(*) as m0 from (${query}) as q`
          : `select q.* from (${query}) as q limit 1`,
      );
    }
    case 'table_rows':
      return statement(
        `select count(*) as m0 from ${referenceOf(sources, metric.reference.table)}${conditionOf([], metric.where)}`,
      );
    case 'records':
      return statement(dialect.records(`select * from ${table}${conditionOf([], metric.where)} limit ${metric.limit}`));
  }
}

function sketch({ column, where }: SketchMetric, table: string, dialect: Dialect): string {
  const condition = conditionOf([`${dialect.quote(column)} is not null`], where);
  return `select ${bucketSql(column, dialect)} as value, count(*) as n from ${table}${condition} group by 1`;
}

/** The number of a value's bucket has the value's sign, and zero has one of its own. */
export function bucketSql(column: string, dialect: Dialect): string {
  const value = `cast(${dialect.quote(column)} as double precision)`;
  return `case when ${value} = 0 then 0 else sign(${value}) * (ceil(ln(abs(${value})) / ${SKETCH.logGrowth}) + ${SKETCH.offset}) end`;
}

/** GROUP BY … HAVING sorts or hashes once; an IN with a subquery may run it for every row. */
function repeatedRows({ columns, where }: RepeatedMetric, per: string | null, table: string, dialect: Dialect): string {
  const names = columns.map(dialect.quote);
  const condition = conditionOf(
    names.map((name) => `${name} is not null`),
    where,
  );
  const groups = (segment: string, by: readonly string[]) =>
    `select ${segment}count(*) as n from ${table}${condition} group by ${by.join(', ')} having count(*) > 1`;
  if (per === null) return `select coalesce(sum(n - 1), 0) as m0 from (${groups('', names)}) as repeated`;
  const segment = dialect.quote(per);
  return `select grouping(segment) as whole, segment::text as segment, coalesce(sum(n - 1), 0) as m0 from (${groups(`${segment} as segment, `, [segment, ...names])}) as repeated group by grouping sets ((), (segment)) order by 1 desc limit ${MAX_SEGMENTS + 1}`;
}

function orphanRows(metric: OrphansMetric, per: string | null, sources: Sources, dialect: Dialect): string {
  const from = orphansFrom(metric, sources, dialect);
  if (per === null) return `select count(*) as m0 ${from}`;
  const segment = `t.${dialect.quote(per)}`;
  return `select grouping(${segment}) as whole, ${segment}::text as segment, count(*) as m0 ${from} group by grouping sets ((), (${segment})) order by 1 desc limit ${MAX_SEGMENTS + 1}`;
}

/** `from … where …` of the rows that name nothing. */
export function orphansFrom({ columns, reference, where }: OrphansMetric, sources: Sources, dialect: Dialect): string {
  const table = where
    ? `(select * from ${sources.table} where (${where}))`
    : sources.table.replace(/ as measured$/, '');
  const same = columns.map(
    (column, at) => `r.${dialect.quote(reference.columns[at] ?? column)} = t.${dialect.quote(column)}`,
  );
  const filled = columns.map((column) => `t.${dialect.quote(column)} is not null`);
  const other = referenceOf(sources, reference.table).replace(/ as measured$/, '');
  return `from ${table} as t where ${filled.join(' and ')} and not exists (select 1 from ${other} as r where ${same.join(' and ')})`;
}

const SECONDS: Readonly<Record<Exclude<Period, 'month'>, number>> = {
  minute: 60,
  hour: 3600,
  day: 86_400,
  week: 604_800,
};

/** Periods are numbered; a week begins on a Monday, as the first of 1970's did on 29 December 1969. */
export function periodSql(column: string, every: Period, dialect: Dialect): string {
  if (every === 'month') return `extract(year from ${column}) * 12 + extract(month from ${column})`;
  const shift = every === 'week' ? ' + 259200' : '';
  return `floor((${dialect.epoch(column)}${shift}) / ${SECONDS[every]})`;
}

function gaps({ column, every, where }: GapsMetric, table: string, dialect: Dialect): string {
  const name = dialect.quote(column);
  const periods = `select distinct ${periodSql(name, every, dialect)} as p from ${table}${conditionOf([`${name} is not null`], where)}`;
  return `select coalesce(sum(next - p - 1), 0) as m0 from (select p, lead(p) over (order by p) as next from (${periods}) as periods) as pairs where next is not null`;
}

function periods({ column, every, where }: PeriodsMetric, table: string, dialect: Dialect): string {
  const name = dialect.quote(column);
  const condition = conditionOf([`${name} is not null`], where);
  return `select ${periodSql(name, every, dialect)} as value, count(*) as n from ${table}${condition} group by 1 limit ${MOST_PERIODS + 1}`;
}

/** The user's SELECT, over what is measured. */
export function queryOver(sql: string, table: string): string {
  return sql
    .trim()
    .replace(/;$/, '')
    .replaceAll('{table}', () => table.replace(/ as measured$/, ''));
}

function referenceOf({ references }: Sources, table: string): string {
  const found = references.get(table);
  if (found === undefined) throw new Error(`${table} was not looked up`);
  return found;
}

/** ` where …` of our own conditions and the user's, or nothing. */
export function conditionOf(own: readonly string[], where?: string): string {
  const all = [...own, ...(where ? [`(${where})`] : [])];
  return all.length === 0 ? '' : ` where ${all.join(' and ')}`;
}
