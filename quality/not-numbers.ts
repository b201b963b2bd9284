import type { Failure } from '#lib/errors.ts';

const CODE = 'not_a_number';

/** A result that no limit can be held against. */
export function notANumber(value: unknown): Failure {
  return {
    kind: 'config',
    code: CODE,
    message: `The result is no number (${String(value).slice(0, 40)}).`,
    hint: 'This kind of check needs a column of numbers without NaN or infinity; leave those out with where.',
  };
}

/** What a database says of the plus sign that stands before columns of numbers, as what it means; null for all else. */
export function notNumbers(message: string): Failure | null {
  const [, postgres, duckdb] =
    /operator does not exist: \+ ([\w ]+)|arguments? types? '\+\((\w+)\)'/.exec(message) ?? [];
  const type = (postgres ?? duckdb)?.toLowerCase();
  if (type === undefined) return null;
  return {
    kind: 'config',
    code: CODE,
    message: `This needs a column of numbers, and the column holds ${type}.`,
    hint: 'Give the column a type of numbers where it is loaded, or compare it in a check of kind condition or sql.',
  };
}
