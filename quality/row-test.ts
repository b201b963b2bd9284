/** A question to one row, as data. The compiled condition is true for the rows that it asks for. */
export type RowTest =
  /** No value: null, and if so declared blank text and words such as `n/a`. */
  | { readonly ask: 'missing'; readonly column: string; readonly blank: boolean; readonly words: readonly string[] }
  | { readonly ask: 'not_in'; readonly column: string; readonly values: readonly (string | number | boolean)[] }
  | { readonly ask: 'not_matching'; readonly column: string; readonly pattern: string }
  /** Below `low` or above `high`; the limits themselves are inside. Dates and times are written as text. */
  | { readonly ask: 'outside'; readonly column: string; readonly low?: Limit; readonly high?: Limit }
  /** `low` is inside, `high` is not. */
  | { readonly ask: 'within'; readonly column: string; readonly low?: number; readonly high?: number }
  | { readonly ask: 'length_outside'; readonly column: string; readonly low?: number; readonly high?: number }
  /** An SQL condition that does not hold; where it gives null it is not known to fail. */
  | { readonly ask: 'not_true'; readonly condition: string };

export type Limit = number | string;

/** The columns that a test looks at. */
export function testColumns(test: RowTest): string[] {
  return 'column' in test ? [test.column] : [];
}
