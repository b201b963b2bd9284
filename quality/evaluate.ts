import { type Failure, toFailure } from '#lib/errors.ts';
import type { Facts, Verdict } from './checks/check-kind.ts';
import { checkKind } from './checks/index.ts';
import type { TableMeasurements } from './measure.ts';
import { type Metric, metricKey } from './metric.ts';
import type { Check, Level } from './suite.ts';

export type Outcome = 'pass' | 'warn' | 'fail' | 'error';

/** What one check said: kept for passes too. */
export interface CheckResult {
  readonly key: string;
  readonly kind: string;
  readonly title: string;
  readonly table: string;
  readonly level: Level;
  /** `warn` and `fail` are breaches, by level; `error` means that it could not be measured. */
  readonly outcome: Outcome;
  readonly value: number | null;
  readonly valueText: string | null;
  readonly limitText: string | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly message: string;
}

/** Compares what was measured with the limits. Pure. */
export function evaluate(check: Check, measured: TableMeasurements, facts: Facts): CheckResult {
  const { key, kind, title, table, level } = check;
  const head = { key, kind, title, table, level };
  const failure = measured.failures.get(key);
  if (failure) return { ...head, ...unmeasured(failure) };
  try {
    return { ...head, ...judge(check, valueIn(measured), facts) };
  } catch (error) {
    return { ...head, ...unmeasured(error instanceof Unmeasured ? error.failure : toFailure(error)) };
  }
}

/** The limits first, then the tighter ones that only warn, on the same measurement. */
function judge({ kind, params, where, level, warn }: Check, value: (metric: Metric) => number | null, facts: Facts) {
  const { evaluate: verdictOf } = checkKind(kind);
  const verdict = verdictOf(params, where, value, facts);
  if (!verdict.ok) return result(verdict, level === 'warn' ? 'warn' : 'fail');
  const tighter = warn && verdictOf({ ...params, ...warn }, where, value, facts);
  return tighter && !tighter.ok ? result(tighter, 'warn') : result(verdict, 'pass');
}

function result({ ok: _ok, ...verdict }: Verdict, outcome: Outcome) {
  return { ...verdict, outcome };
}

function unmeasured({ message, hint }: Failure) {
  const text = [message, hint].filter(Boolean).join(' ');
  return {
    outcome: 'error' as const,
    value: null,
    valueText: null,
    limitText: null,
    low: null,
    high: null,
    message: text,
  };
}

class Unmeasured extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

function valueIn({ measurements }: TableMeasurements): (metric: Metric) => number | null {
  return (metric) => {
    const measured = measurements.get(metricKey(metric));
    if (!measured) throw new Error(`${metricKey(metric)} was not measured`);
    if ('failure' in measured) throw new Unmeasured(measured.failure);
    return measured.value;
  };
}
