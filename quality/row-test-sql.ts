import { literal } from '#lib/sql-text.ts';
import type { Dialect } from './dialect.ts';
import type { Limit, RowTest } from './row-test.ts';

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
  // A plus sign takes numbers alone: text would be read as the kind of number that the list holds, and 1.4 be 1.
  if (values.every((value) => typeof value === 'number')) return `+${name} not in (${values.join(', ')})`;
  return `${name}::text not in (${values.map((value) => literal(String(value))).join(', ')})`;
}

function outside(value: string, { low, high }: { low?: Limit; high?: Limit }): string {
  const parts = [
    ...(low === undefined ? [] : [`${value} < ${limitSql(low)}`]),
    ...(high === undefined ? [] : [`${value} > ${limitSql(high)}`]),
    // Not a number sorts above all numbers, and has no difference to itself.
    ...(typeof low === 'number' && high === undefined ? [`${value} - ${value} <> 0`] : []),
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
