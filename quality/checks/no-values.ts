import { WeirError } from '#lib/errors.ts';

/** Something that can only be told of values, where there are none. */
export function noValues(what: string): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'no_values',
    message: `${what} has no values to measure.`,
    hint: 'Check whether the load was empty, and the condition of where.',
  });
}
