import type { Limit } from '../row-test.ts';
import { rowLevel } from './row-level.ts';

/** Each value between two limits. */
export const range = rowLevel({
  name: 'range',
  docs: 'Each value of `column` is at least `min` and at most `max`: numbers, or dates and times as text.',
  example: 'range: [{column: amount, min: 0, max: 10000}]',
  properties: {
    min: { type: ['number', 'string'], description: 'The smallest value that may occur.' },
    max: { type: ['number', 'string'], description: 'The largest value that may occur.' },
  },
  required: ['column'],
  anyOf: ['min', 'max'],
  problems: ({ min, max }) =>
    typeof min === typeof max && min !== undefined && String(min) !== String(max) && isAbove(min, max)
      ? [{ path: 'max', message: 'max is smaller than min.' }]
      : [],
  subject: ({ column }) => String(column),
  test: ({ column, min, max }) => ({
    ask: 'outside',
    column: String(column),
    ...(min !== undefined && { low: min as Limit }),
    ...(max !== undefined && { high: max as Limit }),
  }),
  wrong: ({ min, max }) =>
    min === undefined ? `is above ${max}` : max === undefined ? `is below ${min}` : `is not between ${min} and ${max}`,
});

function isAbove(a: unknown, b: unknown): boolean {
  return typeof a === 'number' ? a > Number(b) : String(a) > String(b);
}
