import { type Failure, toFailure } from '#lib/errors.ts';
import type { JsonValue } from '#lib/json.ts';
import type { Facts, Reading, Verdict } from './checks/check-kind.ts';
import { checkKind } from './checks/index.ts';
import type { TableMeasurements } from './measure.ts';
import { type Measured, type Measurements, type Metric, metricKey, rowsMetric } from './metric.ts';
import { numberText } from './number-text.ts';
import { MAX_SEGMENTS } from './plan.ts';
import type { Check, Level } from './suite.ts';

export type Outcome = 'pass' | 'warn' | 'fail' | 'error';

/** What one check said: kept for passes too. */
export interface CheckResult {
  readonly key: string;
  readonly kind: string;
  readonly title: string;
  readonly table: string;
  readonly level: Level;
  readonly owner: string | null;
  readonly tags: readonly string[];
  /** `warn` and `fail` are breaches, by level; `error` means that it could not be measured. */
  readonly outcome: Outcome;
  readonly value: number | null;
  readonly valueText: string | null;
  readonly limitText: string | null;
  readonly low: number | null;
  readonly high: number | null;
  /** What its history led one to expect; null where nothing is predicted. */
  readonly expected: number | null;
  readonly message: string;
  /** What the next load is compared with. */
  readonly memory: JsonValue;
  /** The segments, worst first; empty where it is not broken down. */
  readonly segments: readonly SegmentResult[];
}

export interface SegmentResult {
  readonly segment: string;
  readonly outcome: Outcome;
  readonly value: number | null;
  readonly valueText: string | null;
}

const WORST_FIRST: readonly Outcome[] = ['error', 'fail', 'warn', 'pass'];
const SEGMENTS_KEPT = 20;
const SEGMENTS_NAMED = 3;

/** Compares what was measured with the limits. Pure. */
export function evaluate(check: Check, measured: TableMeasurements, facts: Facts): CheckResult {
  const { key, kind, title, table, level, owner = null, tags } = check;
  const head = { key, kind, title, table, level, owner, tags };
  const failure = measured.failures.get(key);
  if (failure) return { ...head, ...unmeasured(failure) };
  const segments = check.per === undefined ? undefined : measured.segments.get(check.per);
  const whole = judge(check, readingOf(measured, segments?.whole ?? measured.measurements), facts);
  // Without a row there is no segment, and what is said of the whole holds.
  if (!segments || segments.parts.size === 0 || whole.outcome === 'error') return { ...head, ...whole };
  return { ...head, ...broken(check, whole, judgeSegments(check, measured, segments.parts, facts)) };
}

type Judged = Omit<CheckResult, 'key' | 'kind' | 'title' | 'table' | 'level' | 'owner' | 'tags'>;

/** The limits first, then the tighter ones that only warn, on the same measurement. */
function judge(check: Check, read: Reading, facts: Facts): Judged {
  const { kind, params, where, level, warn, minimumRows } = check;
  const { evaluate: verdictOf } = checkKind(kind);
  try {
    const rows = minimumRows === undefined ? null : (read.number(rowsMetric(where)) ?? 0);
    if (rows !== null && rows < (minimumRows ?? 0))
      return tooFew(() => verdictOf(params, where, read, facts), rows, minimumRows ?? 0);
    const verdict = verdictOf(params, where, read, facts);
    if (!verdict.ok) return result(verdict, level === 'warn' || level === 'quarantine' ? 'warn' : 'fail');
    const tighter = warn && verdictOf({ ...params, ...warn }, where, read, facts);
    return tighter && !tighter.ok ? result(tighter, 'warn') : result(verdict, 'pass');
  } catch (error) {
    return unmeasured(error instanceof Unmeasured ? error.failure : toFailure(error));
  }
}

/** What was measured, if it could be, and that it is not judged. */
function tooFew(verdictOf: () => Verdict, rows: number, minimum: number): Judged {
  const why = `not judged, since ${numberText(rows)} rows are fewer than ${numberText(minimum)}`;
  try {
    const verdict = verdictOf();
    return result({ ...verdict, message: `${verdict.message}; ${why}` }, 'pass');
  } catch (error) {
    // Too few rows may be none, of which nothing can be measured.
    if (error instanceof Unmeasured) throw error;
    return { ...unmeasured({ kind: 'config', code: 'too_few_rows', message: why }), outcome: 'pass' };
  }
}

interface JudgedSegment extends SegmentResult {
  readonly message: string;
}

function judgeSegments(
  check: Check,
  measured: TableMeasurements,
  segments: ReadonlyMap<string, Measurements>,
  facts: Facts,
): JudgedSegment[] {
  // What the whole was before says nothing of a part of it.
  const own = { ...facts, history: [], previousRows: null, memory: null };
  return [...segments]
    .map(([segment, measurements]) => {
      const { outcome, value, valueText, message } = judge(check, readingOf(measured, measurements), own);
      return { segment, outcome, value, valueText, message };
    })
    .filter(({ outcome }) => outcome !== 'error')
    .toSorted((a, b) => WORST_FIRST.indexOf(a.outcome) - WORST_FIRST.indexOf(b.outcome));
}

/** The value stays the whole's; the outcome is that of the worst segment, and the message names those that failed. */
function broken({ per }: Check, whole: Judged, segments: readonly JudgedSegment[]): Judged {
  const guilty = segments.filter(({ outcome }) => outcome === segments[0]?.outcome && outcome !== 'pass');
  const kept = segments.slice(0, SEGMENTS_KEPT).map(({ message: _message, ...segment }) => segment);
  if (guilty.length === 0 && segments.length >= MAX_SEGMENTS)
    return { ...unmeasured(tooManySegments(String(per))), segments: kept };
  if (guilty.length === 0) return { ...whole, outcome: 'pass', segments: kept };
  const named = guilty.slice(0, SEGMENTS_NAMED).map(({ segment, message }) => `${per} = ${segment}: ${message}`);
  const more = guilty.length - named.length;
  const message = named.join('; ') + (more > 0 ? `; and ${more} more of ${segments.length}` : '');
  return { ...whole, outcome: guilty[0]?.outcome ?? 'pass', message, segments: kept };
}

function result({ ok: _ok, memory = null, expected, ...verdict }: Verdict, outcome: Outcome): Judged {
  return { ...verdict, memory, expected: expected ?? null, segments: [], outcome };
}

function unmeasured({ message, hint }: Failure): Judged {
  return {
    outcome: 'error' as const,
    value: null,
    valueText: null,
    limitText: null,
    low: null,
    high: null,
    expected: null,
    message: [message, hint].filter(Boolean).join(' '),
    memory: null,
    segments: [],
  };
}

function tooManySegments(column: string): Failure {
  return {
    kind: 'config',
    code: 'too_many_segments',
    message: `${column} has more than ${numberText(MAX_SEGMENTS)} values: only those with the most rows were measured, and pass.`,
    hint: 'Break the check down by a column of fewer values, or narrow it with where.',
  };
}

class Unmeasured extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

function readingOf({ columns }: TableMeasurements, measurements: Measurements): Reading {
  const of = (metric: Metric): Exclude<Measured, { failure: Failure }> => {
    const measured = measurements.get(metricKey(metric));
    if (!measured)
      throw new Unmeasured({ kind: 'config', code: 'not_measured', message: 'There was nothing to measure.' });
    if ('failure' in measured) throw new Unmeasured(measured.failure);
    return measured;
  };
  return {
    columns,
    number(metric) {
      const measured = of(metric);
      return 'value' in measured ? measured.value : null;
    },
    counts(metric) {
      const measured = of(metric);
      return 'counts' in measured ? measured.counts : new Map();
    },
  };
}
