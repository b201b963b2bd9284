import { DateTime } from '../datetime/date-time.ts';
import { strftime } from '../datetime/format.ts';
import { TemplateError } from './template-error.ts';
import { floatText, isFloat, isInteger, isNumber, PyDate, repr, str, toNumber, typeName } from './values.ts';

/** Widths and digits beyond this are taken for it. */
const MOST_WIDTH = 1_000;
const MOST_DIGITS = 100;
const SPEC =
  /^(?:(?<fill>[\s\S])?(?<align>[<>=^]))?(?<sign>[-+ ])?#?(?<zero>0)?(?<width>\d+)?(?<group>[,_])?(?:\.(?<precision>\d+))?(?<kind>[bcdeEfFgGnosxX%])?$/u;

/** Python's format(value, spec) for text, numbers and dates. @throws TemplateError for a spec that the value has not */
export function formatValue(value: unknown, spec: string): string {
  if (value instanceof DateTime) return spec ? strftime(value, spec) : str(value);
  if (value instanceof PyDate) return spec ? strftime(value.at, spec) : str(value);
  const parts = SPEC.exec(spec)?.groups;
  if (!parts) throw new TemplateError('template_value', `Invalid format specifier '${spec}'`);
  const { align, fill, kind = '', sign = '-', zero, precision } = parts;
  const numeric = (isNumber(value) || typeof value === 'boolean') && kind !== 's' && spec !== '';
  if (!numeric && !['', 's'].includes(kind))
    throw new TemplateError('template_value', `Unknown format code '${kind}' for object of type '${typeName(value)}'`);
  const text = numeric
    ? signed(grouped(digitsOf(value, kind, precision), parts.group), isNegative(value), sign)
    : cut(str(value), precision);
  return aligned(
    text,
    align ?? (zero ? '=' : numeric ? '>' : '<'),
    fill ?? (zero ? '0' : ' '),
    Number(parts.width ?? 0),
  );
}

/** `'%s-%02d' % (a, b)`: one conversion. */
export function formatConversion(
  value: unknown,
  flags: string,
  width: string,
  precision: string,
  kind: string,
): string {
  if (kind === 's' || kind === 'r' || kind === 'a')
    return aligned(
      cut(kind === 's' ? str(value) : repr(value), precision),
      flags.includes('-') ? '<' : '>',
      ' ',
      Number(width),
    );
  if (!isNumber(value) && typeof value !== 'boolean')
    throw new TemplateError('template_type', `%${kind} format: a real number is required, not ${typeName(value)}`);
  const whole = 'diu'.includes(kind) ? wholeOf(value) : value;
  const sign = flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '-';
  const digits = digitsOf(whole, 'iu'.includes(kind) ? 'd' : kind, precision || undefined);
  const zero = flags.includes('0') && !flags.includes('-');
  return aligned(
    signed(digits, isNegative(whole), sign),
    flags.includes('-') ? '<' : zero ? '=' : '>',
    zero ? '0' : ' ',
    Number(width),
  );
}

/** A number with so many decimals, rounded as Python does: half to even where the double is exactly half. */
export function fixed(value: number, decimals: number): string {
  const digits = Math.min(MOST_DIGITS, decimals);
  const rounded = value.toFixed(digits);
  const exact = value.toFixed(Math.min(MOST_DIGITS, digits + 30));
  const isHalf = /^50*$/.test(exact.slice((exact.indexOf('.') + 1 || exact.length) + digits));
  if (!isHalf || !/[13579]$/.test(rounded)) return rounded;
  const down = exact.slice(0, exact.indexOf('.') + (digits === 0 ? 0 : digits + 1));
  return down;
}

function digitsOf(value: unknown, kind: string, precision: string | undefined): string {
  const number = Math.abs(toNumber(value));
  const decimals = Math.min(MOST_DIGITS, Number(precision ?? 6));
  switch (kind) {
    case 'b':
      return big(value).toString(2);
    case 'o':
      return big(value).toString(8);
    case 'x':
      return big(value).toString(16);
    case 'X':
      return big(value).toString(16).toUpperCase();
    case 'd':
    case 'n':
      return big(value).toString();
    case 'f':
    case 'F':
      return finite(number) ?? fixed(number, decimals);
    case '%':
      return `${finite(number * 100) ?? fixed(number * 100, decimals)}%`;
    case 'e':
      return finite(number) ?? exponent(number.toExponential(decimals));
    case 'E':
      return finite(number) ?? exponent(number.toExponential(decimals)).toUpperCase();
    case 'g':
    case 'G':
      return general(number, precision === undefined ? 6 : Math.max(1, decimals));
  }
  if (precision !== undefined) return general(number, Math.max(1, decimals));
  return isFloat(value) ? floatText(number) : big(value).toString();
}

function general(value: number, digits: number): string {
  const special = finite(value);
  if (special) return special;
  const power = value === 0 ? 0 : Number(value.toExponential(digits - 1).split('e')[1]);
  const trimmed = (text: string) => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);
  if (power >= -4 && power < digits) return trimmed(value.toFixed(Math.min(MOST_DIGITS, digits - 1 - power)));
  const [mantissa = '', rest = ''] = value.toExponential(digits - 1).split('e');
  return exponent(`${trimmed(mantissa)}e${rest}`);
}

function exponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

function finite(value: number): string | null {
  return Number.isFinite(value) ? null : floatText(Math.abs(value));
}

function big(value: unknown): bigint {
  if (isFloat(value)) throw new TemplateError('template_value', "Unknown format code for object of type 'float'");
  const whole = wholeOf(value);
  return whole < 0n ? -whole : whole;
}

function wholeOf(value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  if (isInteger(value)) return BigInt(value);
  return BigInt(Math.trunc(toNumber(value)));
}

function isNegative(value: unknown): boolean {
  const number = toNumber(value);
  return number < 0 || Object.is(number, -0);
}

function signed(digits: string, negative: boolean, sign: string): string {
  return negative ? `-${digits}` : sign === '-' ? digits : sign + digits;
}

function grouped(digits: string, separator: string | undefined): string {
  if (!separator) return digits;
  const [, whole = '', rest = ''] = /^(\d+)(.*)$/.exec(digits) ?? [];
  return whole.replace(/\B(?=(?:\d{3})+$)/g, separator) + rest;
}

function cut(text: string, precision: string | undefined): string {
  return precision ? [...text].slice(0, Number(precision)).join('') : text;
}

function aligned(text: string, align: string, fill: string, width: number): string {
  const missing = Math.min(MOST_WIDTH, width) - [...text].length;
  if (missing <= 0) return text;
  if (align === '<') return text + fill.repeat(missing);
  if (align === '>') return fill.repeat(missing) + text;
  if (align === '^') return fill.repeat(Math.floor(missing / 2)) + text + fill.repeat(Math.ceil(missing / 2));
  const [, sign = '', rest = ''] = /^([-+ ]?)([\s\S]*)$/.exec(text) ?? [];
  return sign + fill.repeat(missing) + rest;
}
