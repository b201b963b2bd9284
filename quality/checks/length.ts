import { rowLevel } from './row-level.ts';

/** The number of characters of each value. */
export const length = rowLevel({
  name: 'length',
  docs: 'Each value of `column`, as text, has at least `min` and at most `max` characters.',
  example: 'length: [{column: zip, min: 5, max: 5}]',
  properties: {
    min: { type: 'integer', minimum: 0, description: 'The fewest characters.' },
    max: { type: 'integer', minimum: 0, description: 'The most characters.' },
  },
  required: ['column'],
  anyOf: ['min', 'max'],
  problems: ({ min, max }) =>
    typeof min === 'number' && typeof max === 'number' && min > max
      ? [{ path: 'max', message: 'max is smaller than min.' }]
      : [],
  subject: ({ column }) => `length of ${column}`,
  test: ({ column, min, max }) => ({
    ask: 'length_outside',
    column: String(column),
    ...(typeof min === 'number' && { low: min }),
    ...(typeof max === 'number' && { high: max }),
  }),
  wrong: ({ min, max }) =>
    `has ${min === undefined ? `more than ${max}` : max === undefined ? `fewer than ${min}` : `not ${min} to ${max}`} characters`,
});
