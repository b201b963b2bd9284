import type { JsonObject } from '#lib/json.ts';
import { checkKind } from './checks/index.ts';
import type { Dialect } from './dialect.ts';
import type { Engine } from './engine.ts';
import type { CheckResult } from './evaluate.ts';
import type { Metric } from './metric.ts';
import { conditionOf, orphansFrom, queryOver, type Sources } from './plan.ts';
import type { NewResult } from './result-store.ts';
import { testSql } from './row-test-sql.ts';
import { shownRow } from './shown-row.ts';
import type { Check, SampleRules } from './suite.ts';

/** Some of the rows that fail a check, masked; none where no row alone is at fault, or where looking failed. */
export async function failingRows(
  engine: Engine,
  sources: Sources,
  check: Check,
  rules: SampleRules,
): Promise<JsonObject[]> {
  const statement = rules.rows > 0 ? failingSql(check, sources, engine.dialect, rules.rows) : null;
  if (statement === null) return [];
  try {
    return (await engine.rows(statement)).map((row) => shownRow(row, rules));
  } catch {
    // The verdict stands without them.
    return [];
  }
}

/** None are kept. */
export const NO_SAMPLES: SampleRules = { rows: 0, days: 1, personal: [], plain: [] };
const DAY_MS = 86_400_000;

/** Adds some of the rows that fail. */
export async function withSamples(
  engine: Engine,
  sources: Sources | null,
  check: Check,
  result: CheckResult,
  { samples, now }: { samples: SampleRules; now: Date },
): Promise<NewResult> {
  if (sources === null || (result.outcome !== 'fail' && result.outcome !== 'warn')) return result;
  const rows = await failingRows(engine, sources, check, samples);
  return rows.length === 0
    ? result
    : { ...result, samples: rows, samplesUntil: new Date(now.getTime() + samples.days * DAY_MS) };
}

/** The SELECT that shows the rows, for people to copy too. */
export function failingSql(
  { kind, params, where }: Check,
  sources: Sources,
  dialect: Dialect,
  limit: number,
): string | null {
  const { test, failing } = checkKind(kind);
  if (test) {
    return `select * from ${sources.table}${conditionOf([testSql(test(params), dialect)], where)} limit ${limit}`;
  }
  return failing ? rowsOf(failing(params, where), sources, dialect, limit) : null;
}

function rowsOf(metric: Metric, sources: Sources, dialect: Dialect, limit: number): string | null {
  const { table } = sources;
  switch (metric.type) {
    case 'aggregate':
      return metric.test
        ? `select * from ${table}${conditionOf([testSql(metric.test, dialect)], metric.where)} limit ${limit}`
        : null;
    case 'repeated': {
      const names = metric.columns.map(dialect.quote);
      const condition = conditionOf(
        names.map((name) => `${name} is not null`),
        metric.where,
      );
      const keys = names.join(', ');
      const repeated = `select ${keys} from ${table}${condition} group by ${keys} having count(*) > 1 limit ${limit}`;
      return `select * from ${table}${conditionOf([`(${keys}) in (${repeated})`], metric.where)} order by ${keys} limit ${limit}`;
    }
    case 'orphans':
      return `select t.* ${orphansFrom(metric, sources, dialect)} limit ${limit}`;
    case 'query':
      return metric.gives === 'rows' ? `select * from (${queryOver(metric.sql, table)}) as q limit ${limit}` : null;
    default:
      return null;
  }
}
