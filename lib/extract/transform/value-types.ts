import { isFloat, isInteger } from '#lib/manifest/template/values.ts';

/** `value_type` of a field, and which values that a template gives are of it; others stay text. */
export const VALUE_TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  integer: isInteger,
  number: isFloat,
  boolean: (value) => typeof value === 'boolean',
};
