import type { Db } from '#lib/db/connect.ts';
import { WeirError } from '#lib/errors.ts';
import type { Dialect } from './dialect.ts';
import { duckdbDialect } from './duckdb/dialect.ts';
import { failingSql } from './failing-rows.ts';
import { publishedFiles } from './load-store.ts';
import { metricsOf } from './measure.ts';
import { parseSuite } from './parse-suite.ts';
import { plan, type Sources } from './plan.ts';
import { postgresDialect } from './postgres/dialect.ts';
import { invalidSuite, suiteNotFound } from './refusals.ts';
import type { Check } from './suite.ts';

const MOST_ROWS = 100;

/** What measures a check, for people to run where they like. */
export interface CheckSql {
  /** `postgres`, or `duckdb` for files in a bucket. */
  readonly dialect: string;
  /** Runs alone what is part of one scan otherwise. */
  readonly measures: readonly string[];
  /** The rows that fail; null where no row alone is at fault. */
  readonly failingRows: string | null;
}

/** @throws WeirError `not_found` */
export async function checkSql(
  { db }: { db: Db },
  workspaceId: string,
  suiteId: string,
  key: string,
): Promise<CheckSql> {
  const row = await db
    .selectFrom('suite')
    .innerJoin('destination', 'destination.id', 'suite.destination_id')
    .select(['suite.text', 'suite.connection_id as connectionId'])
    .select(['destination.id as destinationId', 'destination.type', 'destination.config'])
    .where('suite.workspace_id', '=', workspaceId)
    .where('suite.id', '=', suiteId)
    .executeTakeFirst();
  if (!row) throw suiteNotFound();
  const { suite, issues } = parseSuite(row.text);
  if (!suite) throw invalidSuite(issues);
  const check = suite.checks.find((each) => each.key === key);
  if (!check) throw noSuchCheck(key);
  if (row.type === 'postgres') {
    const schema = typeof row.config.schema === 'string' ? row.config.schema : 'public';
    return sqlOf(check, postgresDialect, (table) => postgresDialect.source(tableOf(table, schema)));
  }
  const published = await publishedFiles(db, row.destinationId, row.connectionId);
  return sqlOf(check, duckdbDialect, (table) => {
    const { files = [], columns } = published.find(({ prefix, name }) => [prefix + name, name].includes(table)) ?? {};
    return duckdbDialect.source({ kind: 'parquet', files, ...(columns && { columns }) });
  });
}

function sqlOf(check: Check, dialect: Dialect, sourceOf: (table: string) => string): CheckSql {
  const metrics = metricsOf(check, null);
  const named = metrics.flatMap((metric) => ('reference' in metric ? [metric.reference.table] : []));
  const sources: Sources = {
    table: sourceOf(check.table),
    references: new Map(named.map((table) => [table, sourceOf(table)])),
  };
  const wanted = metrics.map((metric) => ({ metric, per: check.per ?? null }));
  return {
    dialect: dialect.name,
    measures: plan(wanted, sources, dialect).map(({ sql }) => sql),
    failingRows: failingSql(check, sources, dialect, MOST_ROWS),
  };
}

function tableOf(name: string, defaultSchema: string) {
  const dot = name.indexOf('.');
  return dot > 0
    ? { kind: 'postgres' as const, schema: name.slice(0, dot), table: name.slice(dot + 1) }
    : { kind: 'postgres' as const, schema: defaultSchema, table: name };
}

function noSuchCheck(key: string): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'not_found',
    message: `The suite has no check ${key.slice(0, 200)}.`,
    hint: 'Name it by its key, as the results give it.',
  });
}
