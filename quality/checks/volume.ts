import { rowsMetric } from '../metric.ts';
import { numberText, percentText, rangeText, rowsText } from '../number-text.ts';
import type { CheckKind, Facts } from './check-kind.ts';

/** Loads that a median is taken over. */
const MEDIAN_OF = 14;
const WORDS = {
  last: 'the load before',
  same_weekday: 'the same weekday before',
  median: `the median of ${MEDIAN_OF} loads`,
};
type Yardstick = keyof typeof WORDS;

/** Rows, absolute and against what was loaded before. */
export const volume: CheckKind = {
  name: 'volume',
  docs: `The table has at least \`min_rows\` and at most \`max_rows\` rows, and their number has changed by at most \`max_change_pct\` percent, up or down, against the load published before, the newest one of the same weekday, or the median of the last ${MEDIAN_OF} (\`against\`). With \`scope: load\` it counts the load alone.`,
  example: 'volume: [{min_rows: 10000, max_change_pct: 20}]',
  scope: 'table',
  segments: true,
  properties: {
    min_rows: { type: 'integer', minimum: 0, description: 'The fewest rows.' },
    max_rows: { type: 'integer', minimum: 0, description: 'The most rows.' },
    max_change_pct: { type: 'number', minimum: 0, description: 'The most change in percent.' },
    against: { enum: Object.keys(WORDS), default: 'last', description: 'What the change is measured against.' },
  },
  required: [],
  anyOf: ['min_rows', 'max_rows', 'max_change_pct'],
  limits: ['min_rows', 'max_rows', 'max_change_pct'],

  problems({ min_rows, max_rows, max_change_pct }, { per }) {
    const crossed = typeof min_rows === 'number' && typeof max_rows === 'number' && min_rows > max_rows;
    const message = 'The parts have no load before to be compared with: leave out per, or max_change_pct.';
    return [
      ...(crossed ? [{ path: 'max_rows', message: 'max_rows is smaller than min_rows.' }] : []),
      ...(max_change_pct !== undefined && per !== undefined ? [{ path: 'per', message }] : []),
    ];
  },
  subject: () => 'rows',
  columns: () => [],
  metrics: (_params, where) => [rowsMetric(where)],

  evaluate({ min_rows, max_rows, max_change_pct, against = 'last' }, where, read, facts) {
    const rows = read.number(rowsMetric(where)) ?? 0;
    const near = max_change_pct === undefined ? null : Number(max_change_pct);
    const words = WORDS[against as Yardstick];
    const before = near === null ? null : BEFORE[against as Yardstick](facts);
    const lows = [min_rows, near !== null && before !== null ? (before * (100 - near)) / 100 : undefined];
    const highs = [max_rows, near !== null && before !== null ? (before * (100 + near)) / 100 : undefined];
    const low = strictest(Math.max, lows);
    const high = strictest(Math.min, highs);
    const isAbsolute = rows < Number(min_rows ?? 0) || rows > Number(max_rows ?? Number.POSITIVE_INFINITY);
    const limitText = [
      (min_rows !== undefined || max_rows !== undefined) &&
        `${rangeText(num(min_rows), num(max_rows))} ${(max_rows ?? min_rows) === 1 ? 'row' : 'rows'}`,
      near !== null && `within ${max_change_pct}% of ${before === null ? words : numberText(before)}`,
    ];
    return {
      ok: (low === null || rows >= low) && (high === null || rows <= high),
      value: rows,
      valueText: rowsText(rows),
      limitText: limitText.filter(Boolean).join(', '),
      low,
      high,
      message:
        before !== null && !isAbsolute
          ? `${rowsText(rows)}, ${changeText(rows, before)} against ${words}, limit ${max_change_pct}%`
          : `${rowsText(rows)}, limit ${limitText.filter(Boolean).join(', ')}`,
    };
  },
};

const BEFORE: Record<Yardstick, (facts: Facts) => number | null> = {
  last: ({ history, previousRows }) => history.at(-1)?.value ?? previousRows,
  same_weekday: ({ history, now }) =>
    history.findLast(({ at }) => at.getUTCDay() === now.getUTCDay() && now.getTime() - at.getTime() > 3 * 86_400_000)
      ?.value ?? null,
  median: ({ history, previousRows }) => median(history.slice(-MEDIAN_OF).map(({ value }) => value)) ?? previousRows,
};

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [a, b] = [sorted[Math.ceil(middle) - 1] ?? 0, sorted[Math.floor(middle)] ?? 0];
  return (a + b) / 2;
}

function strictest(pick: (...values: number[]) => number, limits: readonly unknown[]): number | null {
  const numbers = limits.filter((limit) => typeof limit === 'number');
  return numbers.length === 0 ? null : pick(...numbers);
}

function num(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function changeText(rows: number, before: number): string {
  if (before === 0) return rows === 0 ? 'no change' : 'up from 0';
  const percent = (100 * (rows - before)) / before;
  if (percent === 0) return 'no change';
  return `${percent > 0 ? '+' : '−'}${percentText(Math.abs(percent))}`;
}
