import type {
  CheckHistory,
  CheckResultModel,
  RunSummary,
  SuiteDetail,
  SuiteResults,
  SuiteSummary,
} from '#quality/suites.ts';
import { formatBytes } from '../../../_components/format.ts';
import type { Named } from '../../../_components/states.ts';
import type { Wire } from '../../../_components/wire.ts';

export type Suite = Wire<SuiteDetail>;
export type SuiteRow = Wire<SuiteSummary>;
export type Run = Wire<RunSummary>;
export type Result = Wire<CheckResultModel>;
export type Backfill = NonNullable<Wire<SuiteResults>['backfill']>;
export type History = Wire<CheckHistory>;

/** A run in one word: its worst result. */
export function runState(run: Run | null): Named {
  if (!run) return { state: 'wait', word: 'Not run' };
  if (run.failure) return { state: 'fail', word: 'Not measured' };
  if (!run.finishedAt) return { state: 'run', word: 'Running' };
  if (run.fail + run.error > 0) return { state: 'fail', word: 'Fails' };
  if (run.unread.length > 0 && run.pass + run.warn === 0) return { state: 'wait', word: 'Needs the bucket' };
  return run.warn > 0 ? { state: 'warn', word: 'Warns' } : { state: 'ok', word: 'Passes' };
}

/** `1 of 8 fails`, `1 of 6 warns`, `11 of 11 pass`. */
export function runCounts(run: Run): string {
  const { pass, warn, fail, error } = run;
  const total = pass + warn + fail + error;
  const bad = fail + error;
  if (bad > 0) return `${bad} of ${total} ${bad === 1 ? 'fails' : 'fail'}`;
  if (warn > 0) return `${warn} of ${total} ${warn === 1 ? 'warns' : 'warn'}`;
  if (total === 0) return runState(run).word;
  return `${pass} of ${total} pass`;
}

/** `orders (2 checks, 340 MB)`: what the last run would have had to read. */
export function unreadText({ unread }: Pick<Run, 'unread'>): string {
  const named = unread.map(({ table, checks, bytes }) => {
    const size = bytes === null ? 'its size is not known' : formatBytes(bytes);
    return `${table} (${checks} ${checks === 1 ? 'check' : 'checks'}, ${size})`;
  });
  return named.join(', ');
}

/** What a failure leads to, by level. */
export const CONSEQUENCES: Record<Result['level'], string> = {
  warn: 'warns',
  error: 'alerts',
  block: 'blocks publish',
  quarantine: 'puts rows aside',
};

/** `shop.orders: completeness, customer_email` → its kind, and what it looks at. */
export function titleParts({ kind, title }: Pick<Result, 'kind' | 'title'>): { kind: string; subject: string } {
  const after = title.indexOf(`${kind}, `);
  const subject = after >= 0 ? title.slice(after + kind.length + 2) : title;
  return { kind: kind.charAt(0).toUpperCase() + kind.slice(1).replaceAll('_', ' '), subject };
}

/** A value as its check counts it: percent, hours as a duration, or a plain number. */
export function valueText(value: number, { kind, valueText }: Pick<Result, 'kind' | 'valueText'>): string {
  if (valueText !== null && /^-?[\d.,]+%/.test(valueText)) return `${Math.round(value * 10) / 10}%`;
  if (kind === 'freshness') return `${Math.round(value * 10) / 10}h`;
  return new Intl.NumberFormat('en-US', { maximumFractionDigits: Math.abs(value) < 100 ? 2 : 0 }).format(value);
}
