import type { JsonObject, JsonValue } from '#lib/json.ts';
import { checkKind } from './checks/index.ts';
import type { Dialect } from './dialect.ts';
import type { Engine, Row } from './engine.ts';
import type { CheckResult } from './evaluate.ts';
import type { Metric } from './metric.ts';
import { conditionOf, orphansFrom, queryOver, type Sources } from './plan.ts';
import { testSql } from './row-test-sql.ts';
import type { NewResult } from './store.ts';
import type { Check, SampleRules } from './suite.ts';

const VALUE_LENGTH = 200;
const MOST_COLUMNS = 100;
const MASK = '••••';
const MOST_DEPTH = 30;
const OWN = /^_(airbyte|weir)_/;
/** Names that mostly hold what belongs to a person. */
const PERSONAL =
  /(^|_)(e?mail|phone|phone_?number|tel|telephone|mobile|fax|first_?name|last_?name|full_?name|surname|address|street|zip|postal_?code|birth\w*|dob|ssn|iban|card|passport|tax_?id|ip|ip_?address|password|token|secret)($|_)/i;

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
    return (await engine.rows(statement)).map((row) => shown(row, rules));
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

function shown(row: Row, { personal, plain }: SampleRules): JsonObject {
  const columns = Object.entries(row)
    .filter(([name]) => !OWN.test(name))
    .slice(0, MOST_COLUMNS);
  const lower = (names: readonly string[]) => new Set(names.map((name) => name.toLowerCase()));
  const [hidden, open] = [lower(personal), lower(plain)];
  const isHidden: IsHidden = (name) =>
    hidden.has(name.toLowerCase()) || (PERSONAL.test(inSnakeCase(name)) && !open.has(name.toLowerCase()));
  return Object.fromEntries(columns.map(([name, value]) => [name, shortened(masked(name, value, isHidden))]));
}

type IsHidden = (name: string) => boolean;

/** Of JSON, also what lies deeper. */
function masked(name: string, value: unknown, isHidden: IsHidden): unknown {
  if (value === null || value === undefined) return null;
  if (isHidden(name)) return MASK;
  if (typeof value === 'string') return /^\s*[[{]/.test(value) ? maskedText(value, isHidden) : value;
  return typeof value === 'object' && !(value instanceof Date) ? maskedInside(value, isHidden) : value;
}

/** Text that only looks like JSON stays as it is; nested deeper than anybody looks it is not shown. */
function maskedText(text: string, isHidden: IsHidden): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text;
  }
  return JSON.stringify(maskedInside(value, isHidden));
}

function maskedInside(value: unknown, isHidden: IsHidden, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MOST_DEPTH) return MASK;
  if (Array.isArray(value)) return value.map((each) => maskedInside(each, isHidden, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      inner !== null && isHidden(name) ? MASK : maskedInside(inner, isHidden, depth + 1),
    ]),
  );
}

/** `userEmail` and `E-Mail` are `user_email` and `e_mail`. */
function inSnakeCase(name: string): string {
  return name.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').replaceAll(/[^A-Za-z0-9]+/g, '_');
}

function shortened(value: unknown): JsonValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  const text =
    value instanceof Date ? value.toISOString() : typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  const clean = text.toWellFormed().replaceAll('\0', '\ufffd');
  return clean.length > VALUE_LENGTH ? `${clean.slice(0, VALUE_LENGTH)}…` : clean;
}
