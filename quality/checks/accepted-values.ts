import { rowLevel } from './row-level.ts';

/** Only values of a list. */
export const acceptedValues = rowLevel({
  name: 'accepted_values',
  docs: 'Each value of `column` is one of `values`. Numbers compare as numbers, everything else as text.',
  example: 'accepted_values: [{column: status, values: [open, paid, refunded]}]',
  properties: {
    values: {
      type: 'array',
      items: { type: ['string', 'number', 'boolean'] },
      minItems: 1,
      maxItems: 1000,
      description: 'The values that may occur.',
    },
  },
  required: ['column', 'values'],
  subject: ({ column }) => String(column),
  test: ({ column, values }) => ({
    ask: 'not_in',
    column: String(column),
    values: values as (string | number | boolean)[],
  }),
  wrong: () => 'is none of the accepted values',
});
