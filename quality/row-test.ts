import type { Dialect } from './dialect.ts';

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

/** The condition in SQL. Except `missing`, none asks for nulls. */
export function testSql(test: RowTest, dialect: Dialect): string {
  switch (test.ask) {
    case 'missing':
      return missing(test, dialect);
    case 'not_in':
      return notIn(test, dialect);
    case 'not_matching':
      return `not ${dialect.matches(`${dialect.quote(test.column)}::text`, literal(test.pattern))}`;
    case 'outside':
      return outside(dialect.quote(test.column), test);
    case 'within':
      return within(dialect.quote(test.column), test);
    case 'length_outside':
      return outside(`length(${dialect.quote(test.column)}::text)`, test);
    case 'not_true':
      return `not (${test.condition})`;
  }
}

function missing({ column, blank, words }: Extract<RowTest, { ask: 'missing' }>, dialect: Dialect): string {
  const name = dialect.quote(column);
  const parts = [`${name} is null`];
  if (blank) parts.push(`${dialect.trim(`${name}::text`)} = ''`);
  if (words.length > 0)
    parts.push(
      `lower(${dialect.trim(`${name}::text`)}) in (${words.map((word) => literal(word.trim().toLowerCase())).join(', ')})`,
    );
  return parts.length === 1 ? (parts[0] ?? '') : `(${parts.join(' or ')})`;
}

/** Numbers compare as numbers, everything else as the text it is shown as. */
function notIn({ column, values }: Extract<RowTest, { ask: 'not_in' }>, dialect: Dialect): string {
  const name = dialect.quote(column);
  if (values.every((value) => typeof value === 'number')) return `${name} not in (${values.join(', ')})`;
  return `${name}::text not in (${values.map((value) => literal(String(value))).join(', ')})`;
}

function outside(value: string, { low, high }: { low?: Limit; high?: Limit }): string {
  const parts = [
    ...(low === undefined ? [] : [`${value} < ${limitSql(low)}`]),
    ...(high === undefined ? [] : [`${value} > ${limitSql(high)}`]),
  ];
  return `(${parts.join(' or ')})`;
}

function within(value: string, { low, high }: { low?: number; high?: number }): string {
  const parts = [
    ...(low === undefined ? [] : [`${value} >= ${limitSql(low)}`]),
    ...(high === undefined ? [] : [`${value} < ${limitSql(high)}`]),
  ];
  return parts.length === 0 ? `${value} is not null` : `(${parts.join(' and ')})`;
}

function limitSql(limit: Limit): string {
  return typeof limit === 'number' ? String(limit) : literal(limit);
}

export function literal(text: string): string {
  return `'${text.replaceAll("'", "''").replaceAll('\0', '')}'`;
}

/** The columns that a test looks at. */
export function testColumns(test: RowTest): string[] {
  return 'column' in test ? [test.column] : [];
}
