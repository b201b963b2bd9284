import { DateTime } from '../datetime/date-time.ts';
import { Duration } from '../datetime/duration.ts';
import type { BinaryOperator, Comparison } from './ast.ts';
import { formatConversion } from './format-value.ts';
import { TemplateError } from './template-error.ts';
import {
  Budget,
  isDict,
  isFloat,
  isInteger,
  isNumber,
  itemsOf,
  PyDate,
  PyFloat,
  PyTuple,
  str,
  toNumber,
  typeName,
  Undefined,
} from './values.ts';

/** Most characters or items that an operation may make. */
export const MOST_MADE = 5_000_000;
const MOST_DIGITS = 10_000;

export function binary(operator: Exclude<BinaryOperator, 'and' | 'or'>, left: unknown, right: unknown): unknown {
  if (operator === '~') return limited(str(left) + str(right));
  for (const side of [left, right]) if (side instanceof Undefined) throw undefinedUsed(side);
  const special = dates(operator, left, right) ?? sequences(operator, left, right);
  if (special !== undefined) return special;
  if (!isArithmetic(left) || !isArithmetic(right)) {
    throw new TemplateError(
      'template_type',
      `unsupported operand type(s) for ${operator}: '${typeName(left)}' and '${typeName(right)}'`,
    );
  }
  return isFloat(left) || isFloat(right) || operator === '/'
    ? floats(operator, toNumber(left), toNumber(right))
    : integers(operator, big(left), big(right));
}

function isArithmetic(value: unknown): boolean {
  return isNumber(value) || typeof value === 'boolean';
}

function big(value: unknown): bigint {
  return typeof value === 'bigint' ? value : BigInt(toNumber(value));
}

function floats(operator: string, a: number, b: number): unknown {
  if ((operator === '/' || operator === '//' || operator === '%') && b === 0)
    throw new TemplateError('template_value', 'division by zero');
  if (operator === '**' && a === 0 && b < 0)
    throw new TemplateError('template_value', '0.0 cannot be raised to a negative power');
  const rest = modulo(a, b);
  const result = {
    '+': a + b,
    '-': a - b,
    '*': a * b,
    '/': a / b,
    '//': Math.round((a - rest) / b),
    '%': rest,
    '**': a ** b,
  }[operator];
  return PyFloat.of(result ?? Number.NaN);
}

/** Python's remainder has the divisor's sign. */
function modulo(a: number, b: number): number {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

function integers(operator: string, a: bigint, b: bigint): unknown {
  if ((operator === '//' || operator === '%') && b === 0n)
    throw new TemplateError('template_value', 'division by zero');
  if (operator === '**') return power(a, b);
  const quotient = operator === '//' || operator === '%' ? floorDivide(a, b) : 0n;
  const result = { '+': a + b, '-': a - b, '*': a * b, '//': quotient, '%': a - b * quotient }[operator] ?? 0n;
  return narrow(result);
}

function power(a: bigint, b: bigint): unknown {
  if (b < 0n) return floats('**', Number(a), Number(b));
  if (BigInt(a.toString().length) * b > BigInt(MOST_DIGITS))
    throw new TemplateError('template_limit', `The result has more than ${MOST_DIGITS} digits.`);
  return narrow(a ** b);
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}

export function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function dates(operator: string, left: unknown, right: unknown): unknown {
  const [a, b] = [asDateTime(left), asDateTime(right)];
  if (operator === '-' && a && b) return a.since(b);
  if ((operator === '+' || operator === '-') && a && right instanceof Duration)
    return like(
      left,
      guard(() => a.plus(right, operator === '+' ? 1 : -1)),
    );
  if (operator === '+' && left instanceof Duration && b)
    return like(
      right,
      guard(() => b.plus(left)),
    );
  if (left instanceof Duration && right instanceof Duration) {
    if (operator === '+') return left.plus(right);
    if (operator === '-') return left.plus(right.negated());
    if (operator === '/') return PyFloat.of(Number(left.micros) / Number(right.micros));
    if (operator === '//') return integers('//', left.micros, right.micros);
  }
  if (operator === '*' && left instanceof Duration && isNumber(right)) return left.times(toNumber(right));
  if (operator === '*' && isNumber(left) && right instanceof Duration) return right.times(toNumber(left));
  if (operator === '/' && left instanceof Duration && isNumber(right)) return left.times(1 / toNumber(right));
  return undefined;
}

function guard(work: () => DateTime): DateTime {
  try {
    return work();
  } catch (error) {
    throw new TemplateError('template_value', (error as Error).message);
  }
}

export function asDateTime(value: unknown): DateTime | null {
  if (value instanceof DateTime) return value;
  return value instanceof PyDate ? value.at : null;
}

function like(original: unknown, moved: DateTime): unknown {
  return original instanceof PyDate ? new PyDate(moved) : moved;
}

function sequences(operator: string, left: unknown, right: unknown): unknown {
  if (operator === '%' && typeof left === 'string') return percentFormat(left, right);
  if (operator === '+') {
    if (typeof left === 'string' && typeof right === 'string') return limited(left + right);
    if (Array.isArray(left) && Array.isArray(right)) return limited([...left, ...right]);
    if (left instanceof PyTuple && right instanceof PyTuple) return new PyTuple([...left.items, ...right.items]);
  }
  if (operator === '*') return repeat(left, right) ?? repeat(right, left);
  return undefined;
}

function repeat(sequence: unknown, times: unknown): unknown {
  if (!isInteger(times) || (typeof sequence !== 'string' && !itemsOf(sequence))) return undefined;
  const size = typeof sequence === 'string' ? sequence.length : (itemsOf(sequence)?.length ?? 0);
  const count = size === 0 ? 0 : Math.max(0, Number(times));
  if (size * count > MOST_MADE) throw tooMuch();
  if (typeof sequence === 'string') return sequence.repeat(count);
  const items: unknown[] = [];
  for (let round = 0; round < count; round++) for (const item of itemsOf(sequence) ?? []) items.push(item);
  return Array.isArray(sequence) ? items : new PyTuple(items);
}

/** `'%s-%02d' % (a, b)`, for the conversions that people use. */
function percentFormat(format: string, argument: unknown): string {
  const args = argument instanceof PyTuple ? argument.items : [argument];
  let next = 0;
  const text = format.replace(
    /%(?:\((\w+)\))?([-+ 0#]*)(\d*)(?:\.(\d*))?([diouxXeEfFgGrsa%])/g,
    (_whole, name, flags, width, precision, kind) => {
      if (kind === '%') return '%';
      if (name === undefined && next >= args.length) throw wrongArguments('not enough arguments for format string');
      const value = name === undefined ? args[next++] : isDict(argument) ? argument[name] : undefined;
      if (value === undefined) throw new TemplateError('template_value', `The format wants a value for ${name}.`);
      return formatConversion(value, flags, width, precision ?? '', kind);
    },
  );
  if (next < args.length && !isDict(argument))
    throw wrongArguments('not all arguments converted during string formatting');
  return limited(text);
}

function wrongArguments(message: string): TemplateError {
  return new TemplateError('template_type', message);
}

export function limited<T extends string | readonly unknown[]>(value: T): T {
  if (value.length > MOST_MADE) throw tooMuch();
  return value;
}

export function tooMuch(): TemplateError {
  return new TemplateError('template_limit', `The result is longer than ${MOST_MADE} characters or items.`);
}

export function undefinedUsed(value: Undefined): TemplateError {
  return new TemplateError('template_undefined', `${value.name} is undefined.`);
}

export function compare(operator: Comparison, left: unknown, right: unknown): boolean {
  switch (operator) {
    case '==':
      return equal(left, right);
    case '!=':
      return !equal(left, right);
    case 'in':
      return contains(right, left);
    case 'not in':
      return !contains(right, left);
    case '<':
      return order(left, right) < 0;
    case '>':
      return order(left, right) > 0;
    case '<=':
      return order(left, right) <= 0;
    case '>=':
      return order(left, right) >= 0;
  }
}

export function equal(a: unknown, b: unknown, budget = new Budget()): boolean {
  budget.spend();
  if (a instanceof Undefined || b instanceof Undefined) return a instanceof Undefined && b instanceof Undefined;
  if (isArithmetic(a) && isArithmetic(b))
    return isFloat(a) || isFloat(b) ? toNumber(a) === toNumber(b) : big(a) === big(b);
  if (a === b) return true;
  const [left, right] = [itemsOf(a), itemsOf(b)];
  if (left && right)
    return (
      Array.isArray(a) === Array.isArray(b) &&
      left.length === right.length &&
      left.every((item, index) => equal(item, right[index], budget))
    );
  if (isDict(a) && isDict(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length &&
      keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key], budget))
    );
  }
  const [from, to] = [asDateTime(a), asDateTime(b)];
  if (from && to) return from.micros === to.micros;
  if (a instanceof Duration && b instanceof Duration) return a.months === b.months && a.micros === b.micros;
  return a === b;
}

/** Negative, zero or positive. @throws TemplateError for values that Python can't order */
export function order(a: unknown, b: unknown, budget = new Budget()): number {
  budget.spend();
  for (const side of [a, b]) if (side instanceof Undefined) throw undefinedUsed(side);
  if (isArithmetic(a) && isArithmetic(b)) {
    const [left, right] = isFloat(a) || isFloat(b) ? [toNumber(a), toNumber(b)] : [big(a), big(b)];
    return left < right ? -1 : left > right ? 1 : 0;
  }
  if (typeof a === 'string' && typeof b === 'string') return codePointOrder(a, b);
  const [left, right] = [itemsOf(a), itemsOf(b)];
  if (left && right && Array.isArray(a) === Array.isArray(b)) return sequenceOrder(left, right, budget);
  const [from, to] = [asDateTime(a), asDateTime(b)];
  if (from && to) return from.micros < to.micros ? -1 : from.micros > to.micros ? 1 : 0;
  if (a instanceof Duration && b instanceof Duration) return a.micros < b.micros ? -1 : a.micros > b.micros ? 1 : 0;
  throw new TemplateError(
    'template_type',
    `'<' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`,
  );
}

/** Python orders text by code points, JavaScript by UTF-16 units. */
function codePointOrder(a: string, b: string): number {
  if (a === b) return 0;
  const [left, right] = [[...a], [...b]];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function sequenceOrder(a: readonly unknown[], b: readonly unknown[], budget: Budget): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++)
    if (!equal(a[i], b[i], budget)) return order(a[i], b[i], budget);
  return a.length - b.length;
}

function contains(container: unknown, item: unknown): boolean {
  if (container instanceof Undefined) return false;
  if (typeof container === 'string') {
    if (typeof item === 'string') return container.includes(item);
    throw new TemplateError('template_type', `'in <string>' requires string as left operand, not ${typeName(item)}`);
  }
  const items = itemsOf(container);
  if (items) return items.some((each) => equal(each, item));
  if (isDict(container)) return Object.hasOwn(container, str(item));
  throw new TemplateError('template_type', `argument of type '${typeName(container)}' is not iterable`);
}
