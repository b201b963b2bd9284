import { rowLevel } from './row-level.ts';

/** Text that matches a regular expression of the user's. */
export const pattern = rowLevel({
  name: 'pattern',
  docs: 'Each value of `column`, as text, matches the regular expression `pattern` in the destination’s dialect (Postgres: POSIX; Parquet: RE2). Anchor it with ^ and $ where the whole value is meant.',
  example: "pattern: [{column: sku, pattern: '^[A-Z]{3}-[0-9]+$'}]",
  properties: {
    pattern: { type: 'string', minLength: 1, maxLength: 1000, description: 'The regular expression.' },
  },
  required: ['column', 'pattern'],
  subject: ({ column, pattern }) => `${column} ${pattern}`,
  test: ({ column, pattern }) => ({ ask: 'not_matching', column: String(column), pattern: String(pattern) }),
  wrong: () => 'does not match the pattern',
});
