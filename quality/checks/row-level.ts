import type { JsonObject } from '#lib/json.ts';
import { rowsMetric } from '../metric.ts';
import { percentText, rowsText } from '../number-text.ts';
import { type RowTest, testColumns } from '../row-test.ts';
import type { CheckKind, KindProblem } from './check-kind.ts';

interface RowLevelKind extends Pick<CheckKind, 'name' | 'docs' | 'example' | 'properties' | 'required' | 'subject'> {
  readonly anyOf?: readonly string[];
  problems?(params: JsonObject): KindProblem[];
  test(params: JsonObject): RowTest;
  /** What is wrong with a row that fails, after the subject: `is no email`. */
  wrong(params: JsonObject): string;
}

const COLUMN: JsonObject = { type: 'string', minLength: 1, description: 'The column to look at.' };
const LIMITS: JsonObject = {
  max_failing: { type: 'integer', minimum: 0, default: 0, description: 'Most rows that may fail.' },
  max_failing_pct: { type: 'number', minimum: 0, maximum: 100, description: 'The same in percent of all rows.' },
};

/** A kind that asks each row one question and limits how many may fail. Nulls are left to completeness. */
export function rowLevel(kind: RowLevelKind): CheckKind {
  return {
    ...kind,
    scope: 'load',
    segments: true,
    properties: { ...(kind.required.includes('column') && { column: COLUMN }), ...kind.properties, ...LIMITS },
    limits: Object.keys(LIMITS),
    columns: (params) => testColumns(kind.test(params)),
    problems: (params) => [...(kind.problems?.(params) ?? []), ...bothLimits(params)],
    metrics: (params, where) => [rowsMetric(where), rowsMetric(where, kind.test(params))],

    evaluate(params, where, read) {
      const rows = read.number(rowsMetric(where)) ?? 0;
      const failing = read.number(rowsMetric(where, kind.test(params))) ?? 0;
      const what = `${params.column ?? kind.subject(params)} ${kind.wrong(params)}`;
      return params.max_failing_pct === undefined
        ? byCount(failing, Number(params.max_failing ?? 0), what)
        : byPercent(rows === 0 ? 0 : (100 * failing) / rows, Number(params.max_failing_pct), what);
    },
  };
}

/** What a limit on a number of failing rows says. */
export function byCount(failing: number, high: number, what: string) {
  const [valueText, limitText] = [
    `${rowsText(failing)} ${failing === 1 ? 'fails' : 'fail'}`,
    `at most ${rowsText(high)}`,
  ];
  const message = `${what} in ${rowsText(failing)}, limit ${high}`;
  return { ok: failing <= high, value: failing, valueText, limitText, low: null, high, message };
}

export function byPercent(percent: number, high: number, what: string) {
  const [valueText, limitText] = [`${percentText(percent)} fail`, `at most ${high}%`];
  const message = `${what} in ${percentText(percent)} of the rows, limit ${high}%`;
  return { ok: percent <= high, value: percent, valueText, limitText, low: null, high, message };
}

export function bothLimits({ max_failing, max_failing_pct }: JsonObject): { path: string; message: string }[] {
  if (max_failing === undefined || max_failing_pct === undefined) return [];
  return [{ path: 'max_failing_pct', message: 'Give max_failing or max_failing_pct, not both.' }];
}
