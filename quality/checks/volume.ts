import type { Metric } from '../metric.ts';
import { numberText, percentText, rangeText, rowsText } from '../number-text.ts';
import type { CheckKind } from './check-kind.ts';

/** Rows, absolute and against the load published before. */
export const volume: CheckKind = {
  name: 'volume',
  docs: 'The table has at least `min_rows` and at most `max_rows` rows, and their number has changed by at most `max_change_pct` percent, up or down, since the load published before.',
  example: 'volume: [{min_rows: 10000, max_change_pct: 20}]',
  scope: 'table',
  properties: {
    min_rows: { type: 'integer', minimum: 0, description: 'The fewest rows.' },
    max_rows: { type: 'integer', minimum: 0, description: 'The most rows.' },
    max_change_pct: { type: 'number', minimum: 0, description: 'The most change in percent against the load before.' },
  },
  required: [],
  anyOf: ['min_rows', 'max_rows', 'max_change_pct'],
  limits: ['min_rows', 'max_rows', 'max_change_pct'],

  problems({ min_rows, max_rows }) {
    const crossed = typeof min_rows === 'number' && typeof max_rows === 'number' && min_rows > max_rows;
    return crossed ? [{ path: 'max_rows', message: 'max_rows is smaller than min_rows.' }] : [];
  },
  subject: () => 'rows',
  columns: () => [],
  metrics: (_params, where) => [total(where)],

  evaluate({ min_rows, max_rows, max_change_pct }, where, value, { previousRows }) {
    const rows = value(total(where)) ?? 0;
    const near = max_change_pct === undefined ? null : Number(max_change_pct) / 100;
    const lows = [min_rows, near !== null && previousRows !== null ? previousRows * (1 - near) : undefined];
    const highs = [max_rows, near !== null && previousRows !== null ? previousRows * (1 + near) : undefined];
    const low = strictest(Math.max, lows);
    const high = strictest(Math.min, highs);
    const isAbsolute = rows < Number(min_rows ?? 0) || rows > Number(max_rows ?? Number.POSITIVE_INFINITY);
    const hasMoved = near !== null && previousRows !== null && !isAbsolute;
    const limitText = [
      (min_rows !== undefined || max_rows !== undefined) && `${rangeText(num(min_rows), num(max_rows))} rows`,
      near !== null &&
        `within ${max_change_pct}% of ${previousRows === null ? 'the load before' : numberText(previousRows)}`,
    ];
    return {
      ok: (low === null || rows >= low) && (high === null || rows <= high),
      value: rows,
      valueText: rowsText(rows),
      limitText: limitText.filter(Boolean).join(', '),
      low,
      high,
      message: hasMoved
        ? `${rowsText(rows)}, ${changeText(rows, previousRows)} against the load before, limit ${max_change_pct}%`
        : `${rowsText(rows)}, limit ${limitText.filter(Boolean).join(', ')}`,
    };
  },
};

function total(where: string | undefined): Metric {
  return { type: 'aggregate', name: 'rows', ...(where && { where }) };
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
