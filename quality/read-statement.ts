import compile from 'jsonata';
import { type Failure, WeirError } from '#lib/errors.ts';
import { type JsonValue, parseJson } from '#lib/json.ts';
import type { Row } from './engine.ts';
import { type Measured, type Metric, metricKey, type RecordsMetric } from './metric.ts';
import { notANumber } from './not-numbers.ts';
import type { Statement } from './plan.ts';

/** What the statements gave, as far as they have run. */
export interface Collected {
  readonly measurements: Map<string, Measured>;
  readonly segments: Map<string, CollectedSegments>;
}

/** A breakdown by one column: the whole, and each value's part of it. */
export interface CollectedSegments {
  readonly whole: Map<string, Measured>;
  readonly parts: Map<string, Map<string, Measured>>;
}

/** An expression over one record. */
const EXPRESSION_LIMITS = { timeout: 1_000, stack: 300 };
/** The name of rows whose segment is null. */
export const NO_SEGMENT = '(none)';

/** Reads the rows of one statement. */
export async function collect(
  statement: Statement,
  rows: readonly Row[],
  { measurements, segments }: Collected,
): Promise<void> {
  const [metric] = statement.metrics;
  if (metric?.type === 'counts' || metric?.type === 'sketch' || metric?.type === 'periods') {
    measurements.set(metricKey(metric), { counts: new Map(rows.map(({ value, n }) => [String(value), Number(n)])) });
  } else if (metric?.type === 'records') {
    measurements.set(metricKey(metric), { counts: await judgeRecords(metric, rows) });
  } else if (metric?.type === 'query') {
    measurements.set(metricKey(metric), readValue(Object.values(rows[0] ?? {})[0]));
  } else if (statement.per === null) {
    readRow(statement.metrics, rows[0] ?? {}, measurements);
  } else {
    const { whole, parts } = segmentsOf(segments, statement.per);
    for (const row of rows) {
      const name = row.segment === null || row.segment === undefined ? NO_SEGMENT : String(row.segment);
      const part = parts.get(name) ?? new Map<string, Measured>();
      if (Number(row.whole) !== 1) parts.set(name, part);
      readRow(statement.metrics, row, Number(row.whole) === 1 ? whole : part);
    }
  }
}

/** Notes for each metric of a statement why there is no value. */
export function fail({ metrics, per }: Statement, failure: Failure, { measurements, segments }: Collected): void {
  const into = per === null ? measurements : segmentsOf(segments, per).whole;
  for (const metric of metrics) into.set(metricKey(metric), { failure });
}

function segmentsOf(segments: Collected['segments'], per: string): CollectedSegments {
  const found = segments.get(per) ?? { whole: new Map(), parts: new Map() };
  segments.set(per, found);
  return found;
}

function readRow(metrics: readonly Metric[], row: Row, into: Map<string, Measured>): void {
  for (const [index, metric] of metrics.entries()) into.set(metricKey(metric), readValue(row[`m${index}`]));
}

function readValue(value: unknown): Measured {
  if (value === null || value === undefined) return { value: null };
  const number = Number(value);
  // Blank text would count as 0.
  return Number.isFinite(number) && String(value).trim() !== '' ? { value: number } : { failure: notANumber(value) };
}

async function judgeRecords({ expression }: RecordsMetric, rows: readonly Row[]): Promise<Map<string, number>> {
  const compiled = compile(expression, EXPRESSION_LIMITS);
  let failing = 0;
  for (const { record } of rows) {
    if (!(await holdsOf(compiled, parseJson(String(record))))) failing++;
  }
  return new Map([
    ['failing', failing],
    ['looked_at', rows.length],
  ]);
}

async function holdsOf(compiled: ReturnType<typeof compile>, record: JsonValue): Promise<boolean> {
  try {
    return (await compiled.evaluate(record)) === true;
  } catch (cause) {
    throw new WeirError({
      kind: 'config',
      code: 'expression_failed',
      message: `The JSONata expression failed: ${(cause as { message?: string }).message ?? String(cause)}`,
      hint: 'Try it with one record of the table.',
      cause,
    });
  }
}
