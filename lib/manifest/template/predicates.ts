import { sequence } from './methods.ts';
import { binary, compare, equal } from './operators.ts';
import { TemplateError } from './template-error.ts';
import { isDict, isFloat, isInteger, isNumber, itemsOf, PyFunction, str, Undefined } from './values.ts';

type Test = (value: unknown, args: readonly unknown[]) => boolean;

/** Jinja's tests, as in `x is defined`. */
const TESTS: Record<string, Test> = {
  '!=': (v, [other]) => !equal(v, other),
  '<': (v, [other]) => compare('<', v, other),
  '<=': (v, [other]) => compare('<=', v, other),
  '==': (v, [other]) => equal(v, other),
  '>': (v, [other]) => compare('>', v, other),
  '>=': (v, [other]) => compare('>=', v, other),
  boolean: (v) => typeof v === 'boolean',
  callable: (v) => v instanceof PyFunction,
  defined: (v) => !(v instanceof Undefined),
  divisibleby: (v, [by]) => equal(binary('%', v, by), 0),
  eq: (v, [other]) => equal(v, other),
  equalto: (v, [other]) => equal(v, other),
  even: (v) => equal(binary('%', v, 2), 0),
  false: (v) => v === false,
  float: (v) => isFloat(v),
  ge: (v, [other]) => compare('>=', v, other),
  greaterthan: (v, [other]) => compare('>', v, other),
  gt: (v, [other]) => compare('>', v, other),
  in: (v, [container]) => compare('in', v, container),
  integer: (v) => isInteger(v),
  iterable: (v) => v instanceof Undefined || sequence(v) !== null,
  le: (v, [other]) => compare('<=', v, other),
  lessthan: (v, [other]) => compare('<', v, other),
  lower: (v) => /\p{L}/u.test(str(v)) && str(v) === str(v).toLowerCase(),
  lt: (v, [other]) => compare('<', v, other),
  mapping: (v) => isDict(v),
  ne: (v, [other]) => !equal(v, other),
  none: (v) => v === null,
  number: (v) => isNumber(v) || typeof v === 'boolean',
  odd: (v) => equal(binary('%', v, 2), 1),
  sameas: (v, [other]) => v === other,
  sequence: (v) => typeof v === 'string' || itemsOf(v) !== null || isDict(v),
  string: (v) => typeof v === 'string',
  true: (v) => v === true,
  undefined: (v) => v instanceof Undefined,
  upper: (v) => /\p{L}/u.test(str(v)) && str(v) === str(v).toUpperCase(),
};

export const TEST_NAMES: readonly string[] = Object.keys(TESTS);

export function applyTest(name: string, value: unknown, args: readonly unknown[]): boolean {
  const test = Object.hasOwn(TESTS, name) ? TESTS[name] : undefined;
  if (!test) throw new TemplateError('template_syntax', `There is no test named ${name}.`);
  return test(value, args);
}
