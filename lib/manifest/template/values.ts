import { ExactNumber } from '#lib/json.ts';
import { DateTime } from '../datetime/date-time.ts';
import { Duration } from '../datetime/duration.ts';
import { isoText } from '../datetime/iso.ts';
import { TemplateError } from './template-error.ts';

/** A float whose value is whole, infinite or not a number: JavaScript could not tell 5.0 from 5. */
export class PyFloat {
  readonly value: number;
  private constructor(value: number) {
    this.value = value;
  }
  /** The value as templates hold it: a plain number where that is no integer anyway. */
  static of(value: number): number | PyFloat {
    return Number.isFinite(value) && !Number.isInteger(value) ? value : new PyFloat(value);
  }
  toJSON(): number {
    return this.value;
  }
}

export class PyTuple {
  readonly items: readonly unknown[];
  constructor(items: readonly unknown[]) {
    this.items = items;
  }
  toJSON(): readonly unknown[] {
    return this.items;
  }
}

/** A date without a time. */
export class PyDate {
  readonly at: DateTime;
  constructor(at: DateTime) {
    const { year, month, day } = at.civil;
    this.at = DateTime.fromCivil({ year, month, day, hour: 0, minute: 0, second: 0, microsecond: 0 }, null);
  }
}

/** What a name or key that is not there gives. Prints as nothing; asked for anything else it is an error. */
export class Undefined {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** What `namespace()` gives: the one thing whose attributes a template may set. */
export class Namespace {
  readonly values: Map<string, unknown>;
  constructor(values: Map<string, unknown>) {
    this.values = values;
  }
}

/** Something that may be called: a function of ours, or a method bound to its value. */
export class PyFunction {
  readonly name: string;
  readonly call: (args: readonly unknown[], named: ReadonlyMap<string, unknown>) => unknown;
  constructor(name: string, call: PyFunction['call']) {
    this.name = name;
    this.call = call;
  }
}

export type Dict = Record<string, unknown>;

export function isDict(value: unknown): value is Dict {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

export function isFloat(value: unknown): value is number | PyFloat | ExactNumber {
  return (
    value instanceof PyFloat || value instanceof ExactNumber || (typeof value === 'number' && !Number.isInteger(value))
  );
}

export function isInteger(value: unknown): value is number | bigint {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value));
}

export function isNumber(value: unknown): value is number | bigint | PyFloat | ExactNumber {
  return isFloat(value) || isInteger(value);
}

/** As a double; booleans count as 0 and 1, as in Python. */
export function toNumber(value: unknown): number {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value instanceof PyFloat) return value.value;
  if (value instanceof ExactNumber) return Number(value.text);
  return Number(value);
}

/** The items of a list or tuple; null for anything else. */
export function itemsOf(value: unknown): readonly unknown[] | null {
  if (Array.isArray(value)) return value;
  return value instanceof PyTuple ? value.items : null;
}

export function truthy(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === '' || value instanceof Undefined)
    return false;
  if (isNumber(value)) return toNumber(value) !== 0;
  const items = itemsOf(value);
  if (items) return items.length > 0;
  if (value instanceof Duration) return !value.isZero;
  return isDict(value) ? Object.keys(value).length > 0 : true;
}

/** Python's type name, for messages. */
export function typeName(value: unknown): string {
  if (value === null) return 'NoneType';
  if (value instanceof Undefined) return 'Undefined';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'str';
  if (isInteger(value)) return 'int';
  if (isFloat(value)) return 'float';
  if (Array.isArray(value)) return 'list';
  if (value instanceof PyTuple) return 'tuple';
  if (value instanceof DateTime) return 'datetime';
  if (value instanceof PyDate) return 'date';
  if (value instanceof Duration) return 'timedelta';
  return isDict(value) ? 'dict' : 'object';
}

/** Python's str(). */
export function str(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Undefined) return '';
  if (value instanceof DateTime) return isoText(value, ' ');
  if (value instanceof PyDate) return isoText(value.at).slice(0, 10);
  if (value instanceof Duration) return durationText(value);
  return repr(value);
}

/** A key as Python's json writes it. */
export function jsonKey(key: unknown): string {
  return key === null || typeof key === 'boolean' ? String(key) : str(key);
}

const DEEPEST = 200;

/** Values that one look through lists and dicts may meet: few can stand for very many where they share their insides. */
export class Budget {
  #left = 2_000_000;
  /** @throws TemplateError `template_limit` */
  spend(amount = 1): void {
    this.#left -= amount;
    if (this.#left < 0) throw new TemplateError('template_limit', 'The value is too large to be printed or compared.');
  }
}

/** Python's repr(). */
export function repr(value: unknown, depth = 0, budget = new Budget()): string {
  if (depth > DEEPEST) return '...';
  budget.spend();
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value === 'string') {
    budget.spend(value.length / 8);
    return stringRepr(value);
  }
  if (value instanceof Undefined) return 'Undefined';
  if (value instanceof ExactNumber) return value.text;
  if (isInteger(value)) return String(value);
  if (isFloat(value)) return floatText(toNumber(value));
  const items = itemsOf(value);
  if (items) {
    const inner = items.map((item) => repr(item, depth + 1, budget)).join(', ');
    if (Array.isArray(value)) return `[${inner}]`;
    return items.length === 1 ? `(${inner},)` : `(${inner})`;
  }
  if (isDict(value)) {
    const entries = Object.entries(value).map(([key, item]) => `${stringRepr(key)}: ${repr(item, depth + 1, budget)}`);
    return `{${entries.join(', ')}}`;
  }
  if (value instanceof DateTime) return dateRepr(value);
  return value instanceof PyDate || value instanceof Duration ? str(value) : `<${typeName(value)}>`;
}

/** A double as Python prints it: the shortest digits, exponents from 1e16 on and below 1e-4. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) {
    const [mantissa, exponent = '0'] = value.toExponential().split('e');
    const power = Number(exponent);
    return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  }
  return Number.isInteger(value) ? `${value.toFixed(0)}.0` : String(value);
}

/** What Python's repr escapes: quotes, backslashes, and what is no letter, number, sign or plain blank. */
const UNPRINTABLE = /[\\'"]|(?! )[\p{C}\p{Z}]/gu;

/** Only lists and dicts print dates so. */
function dateRepr({ civil, offset }: DateTime): string {
  const { year, month, day, hour, minute, second, microsecond } = civil;
  const fraction = microsecond ? [second, microsecond] : second ? [second] : [];
  const zone = offset === null ? [] : ['tzinfo=datetime.timezone.utc'];
  return `datetime.datetime(${[year, month, day, hour, minute, ...fraction, ...zone].join(', ')})`;
}

function stringRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replace(UNPRINTABLE, (char) => {
    if (char === "'" || char === '"') return char === quote ? `\\${char}` : char;
    const known = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }[char];
    const code = char.codePointAt(0) ?? 0;
    const [letter, digits] = code < 0x100 ? ['x', 2] : code < 0x10000 ? ['u', 4] : ['U', 8];
    return known ?? `\\${letter}${code.toString(16).padStart(digits, '0')}`;
  });
  return quote + body + quote;
}

/** A timedelta as Python prints it (`1 day, 0:00:00`); one with months as isodate does. */
function durationText(duration: Duration): string {
  const micros = duration.micros;
  const days = micros >= 0n ? micros / 86_400_000_000n : -((-micros + 86_399_999_999n) / 86_400_000_000n);
  const rest = Number(micros - days * 86_400_000_000n);
  const seconds = Math.floor(rest / 1e6);
  const two = (number: number) => String(number).padStart(2, '0');
  const fraction = rest % 1e6 === 0 ? '' : `.${String(rest % 1e6).padStart(6, '0')}`;
  const time = `${Math.floor(seconds / 3600)}:${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}${fraction}`;
  const dayWords = days === 0n ? '' : `${days} day${days === 1n || days === -1n ? '' : 's'}, `;
  if (duration.months === 0) return dayWords + time;
  const years = Math.trunc(duration.months / 12);
  const months = duration.months % 12;
  const parts = [
    years && `${years} year${years === 1 ? '' : 's'}`,
    months && `${months} month${months === 1 ? '' : 's'}`,
  ];
  return [...parts.filter(Boolean), dayWords + time].join(', ');
}
