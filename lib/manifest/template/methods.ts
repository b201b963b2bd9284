import { DateTime, weekday } from '../datetime/date-time.ts';
import { Duration } from '../datetime/duration.ts';
import { strftime } from '../datetime/format.ts';
import { isoText } from '../datetime/iso.ts';
import { formatValue } from './format-value.ts';
import { equal, limited, MOST_MADE, tooMuch, undefinedUsed } from './operators.ts';
import { TemplateError } from './template-error.ts';
import {
  type Dict,
  isDict,
  itemsOf,
  Namespace,
  PyDate,
  PyFloat,
  PyFunction,
  PyTuple,
  repr,
  str,
  toNumber,
  typeName,
  Undefined,
} from './values.ts';

type Named = ReadonlyMap<string, unknown>;
type Method<T> = (self: T, args: readonly unknown[], named: Named) => unknown;

/** Lists and dicts that the template itself made; only those may be changed by it. */
const ownValues = new WeakSet<object>();

export function own<T extends object>(value: T): T {
  ownValues.add(value);
  return value;
}

/** The method or attribute `name` of a value as Python has it; undefined when it has none. Never a JavaScript one. */
export function attributeOf(value: unknown, name: string): unknown {
  if (value instanceof Namespace) return value.values.get(name);
  const property = properties(value)?.[name];
  if (property) return property();
  const method = methodsOf(value)?.[name];
  return method ? new PyFunction(name, (args, named) => method(value as never, args, named)) : undefined;
}

function methodsOf(value: unknown): Record<string, Method<never>> | null {
  if (typeof value === 'string') return hasOwn(STRING);
  if (Array.isArray(value)) return hasOwn(LIST);
  if (value instanceof PyTuple) return hasOwn(TUPLE);
  if (value instanceof DateTime) return hasOwn(DATETIME);
  if (value instanceof PyDate) return hasOwn(DATE);
  if (value instanceof Duration) return hasOwn(DURATION);
  return isDict(value) ? hasOwn(DICT) : null;
}

/** A table without a prototype, so that `constructor` is no method. */
function hasOwn(table: object): Record<string, Method<never>> {
  return table as Record<string, Method<never>>;
}

function properties(value: unknown): Record<string, () => unknown> | null {
  const at = value instanceof DateTime ? value : value instanceof PyDate ? value.at : null;
  if (at) {
    const civil = at.civil;
    return table({
      year: () => civil.year,
      month: () => civil.month,
      day: () => civil.day,
      ...(value instanceof DateTime && {
        hour: () => civil.hour,
        minute: () => civil.minute,
        second: () => civil.second,
        microsecond: () => civil.microsecond,
      }),
    });
  }
  if (value instanceof Duration) {
    const days = floorDiv(value.micros, 86_400_000_000n);
    const rest = Number(value.micros - days * 86_400_000_000n);
    return table({ days: () => Number(days), seconds: () => Math.floor(rest / 1e6), microseconds: () => rest % 1e6 });
  }
  return null;
}

function table<T extends object>(entries: T): T {
  return Object.assign(Object.create(null), entries);
}

const text = (value: unknown, fallback = ''): string => (value === undefined || value === null ? fallback : str(value));
const count = (value: unknown): number => (value === undefined || value === null ? -1 : toNumber(value));

const STRING: Record<string, Method<string>> = table({
  lower: (s) => s.toLowerCase(),
  upper: (s) => s.toUpperCase(),
  title: (s) => s.toLowerCase().replace(/\p{L}+/gu, (word) => word.charAt(0).toUpperCase() + word.slice(1)),
  capitalize: (s) => s.charAt(0).toUpperCase() + s.slice(1).toLowerCase(),
  casefold: (s) => s.toLowerCase().replaceAll('ß', 'ss'),
  swapcase: (s) =>
    [...s].map((char) => (char === char.toLowerCase() ? char.toUpperCase() : char.toLowerCase())).join(''),
  strip: (s, [chars]) => strip(s, chars, 'both'),
  lstrip: (s, [chars]) => strip(s, chars, 'start'),
  rstrip: (s, [chars]) => strip(s, chars, 'end'),
  split: (s, [separator, most], named) =>
    own(split(s, separator ?? named.get('sep'), count(most ?? named.get('maxsplit')))),
  rsplit: (s, [separator, most], named) =>
    own(rsplit(s, separator ?? named.get('sep'), count(most ?? named.get('maxsplit')))),
  splitlines: (s) => own(s === '' ? [] : s.replace(/(\r\n|\n|\r)$/, '').split(/\r\n|\n|\r/)),
  partition: (s, [separator]) => partition(s, text(separator), s.indexOf(text(separator))),
  rpartition: (s, [separator]) => rpartition(s, text(separator)),
  join: (s, [items]) => limited((sequence(items) ?? []).map((item) => needString(item)).join(s)),
  replace: (s, [from, to, most]) => limited(replace(s, text(from), text(to), count(most))),
  startswith: (s, [prefix, from, to]) =>
    (itemsOf(prefix) ?? [prefix]).some((each) => part(s, from, to).startsWith(needString(each))),
  endswith: (s, [suffix, from, to]) =>
    (itemsOf(suffix) ?? [suffix]).some((each) => part(s, from, to).endsWith(needString(each))),
  removeprefix: (s, [prefix]) => (s.startsWith(text(prefix)) ? s.slice(text(prefix).length) : s),
  removesuffix: (s, [suffix]) => (text(suffix) && s.endsWith(text(suffix)) ? s.slice(0, -text(suffix).length) : s),
  find: (s, [part, from]) => s.indexOf(needString(part), from === undefined ? 0 : toNumber(from)),
  rfind: (s, [part]) => s.lastIndexOf(needString(part)),
  index: (s, [part]) => position(s.indexOf(needString(part)), 'substring not found'),
  count: (s, [part]) => (text(part) === '' ? s.length + 1 : s.split(text(part)).length - 1),
  isdigit: (s) => /^\p{Nd}+$/u.test(s),
  isnumeric: (s) => /^\p{N}+$/u.test(s),
  isdecimal: (s) => /^\p{Nd}+$/u.test(s),
  isalpha: (s) => /^\p{L}+$/u.test(s),
  isalnum: (s) => /^[\p{L}\p{N}]+$/u.test(s),
  isspace: (s) => /^\s+$/.test(s),
  islower: (s) => /\p{L}/u.test(s) && s === s.toLowerCase(),
  isupper: (s) => /\p{L}/u.test(s) && s === s.toUpperCase(),
  zfill: (s, [width]) =>
    /^[+-]/.test(s) ? s.charAt(0) + s.slice(1).padStart(bounded(width) - 1, '0') : s.padStart(bounded(width), '0'),
  ljust: (s, [width, fill]) => s.padEnd(bounded(width), text(fill, ' ')),
  rjust: (s, [width, fill]) => s.padStart(bounded(width), text(fill, ' ')),
  center: (s, [width, fill]) => formatValue(s, `${text(fill, ' ')}^${bounded(width)}`),
  format: (s, args, named) => limited(format(s, args, named)),
  encode: (s) => s,
});

const LIST: Record<string, Method<unknown[]>> = table({
  append: (list, [item]) => void changeable(list).push(item),
  extend: (list, [items]) => extend(changeable(list), sequence(items) ?? []),
  insert: (list, [at, item]) => void changeable(list).splice(toNumber(at), 0, item),
  pop: (list, [at = -1]) => {
    if (list.at(toNumber(at)) === undefined) throw new TemplateError('template_value', 'pop index out of range');
    return changeable(list).splice(toNumber(at), 1)[0];
  },
  remove: (list, [item]) =>
    void changeable(list).splice(
      position(
        list.findIndex((each) => equal(each, item)),
        'list.remove(x): x not in list',
      ),
      1,
    ),
  reverse: (list) => void changeable(list).reverse(),
  index: (list, [item]) =>
    position(
      list.findIndex((each) => equal(each, item)),
      `${str(item)} is not in list`,
    ),
  count: (list, [item]) => list.filter((each) => equal(each, item)).length,
  copy: (list) => own([...list]),
});

const TUPLE: Record<string, Method<PyTuple>> = table({
  index: (tuple, [item]) =>
    position(
      tuple.items.findIndex((each) => equal(each, item)),
      'tuple.index(x): x not in tuple',
    ),
  count: (tuple, [item]) => tuple.items.filter((each) => equal(each, item)).length,
});

const DICT: Record<string, Method<Dict>> = table({
  get: (dict, [key, fallback = null]) => (Object.hasOwn(dict, str(key)) ? dict[str(key)] : fallback),
  items: (dict) => Object.entries(dict).map((entry) => new PyTuple(entry)),
  keys: (dict) => Object.keys(dict),
  values: (dict) => Object.values(dict),
  update: (dict, [other], named) =>
    void define(changeable(dict), [...(isDict(other) ? Object.entries(other) : []), ...named]),
  setdefault: (dict, [key, value = null]) => {
    if (!Object.hasOwn(dict, str(key))) define(changeable(dict), [[str(key), value]]);
    return dict[str(key)];
  },
  pop: (dict, [key, fallback]) => {
    if (!Object.hasOwn(dict, str(key))) {
      if (fallback !== undefined) return fallback;
      throw new TemplateError('template_value', `There is no key ${str(key)}.`);
    }
    const value = changeable(dict)[str(key)];
    delete dict[str(key)];
    return value;
  },
  copy: (dict) => own(define({}, Object.entries(dict))),
});

const DATETIME: Record<string, Method<DateTime>> = table({
  strftime: (at, [format]) => strftime(at, text(format)),
  isoformat: (at, [separator, precision], named) =>
    isoText(at, text(separator ?? named.get('sep'), 'T'), text(precision ?? named.get('timespec'), 'auto')),
  timestamp: (at) => PyFloat.of(Number(at.micros) / 1e6),
  date: (at) => new PyDate(at),
  weekday: (at) => weekday(at.civil),
  isoweekday: (at) => weekday(at.civil) + 1,
  replace: (at, args, named) => replaceParts(at, args, named),
  astimezone: (at) => at.withOffset(0),
});

const DATE: Record<string, Method<PyDate>> = table({
  strftime: (date, [format]) => strftime(date.at, text(format)),
  isoformat: (date) => str(date),
  weekday: (date) => weekday(date.at.civil),
  isoweekday: (date) => weekday(date.at.civil) + 1,
  replace: (date, args, named) => new PyDate(replaceParts(date.at, args, named)),
});

const DURATION: Record<string, Method<Duration>> = table({
  total_seconds: (duration) => PyFloat.of(duration.seconds),
});

/** Sets keys as own properties, `__proto__` too. */
export function define(dict: Dict, entries: Iterable<readonly [string, unknown]>): Dict {
  for (const [key, value] of entries)
    Object.defineProperty(dict, key, { value, enumerable: true, writable: true, configurable: true });
  return dict;
}

/** What can be gone through: items, keys of a dict, characters. */
export function sequence(value: unknown): readonly unknown[] | null {
  if (typeof value === 'string') return [...value];
  return itemsOf(value) ?? (isDict(value) ? Object.keys(value) : null);
}

function changeable<T extends object>(value: T): T {
  if (ownValues.has(value)) return value;
  throw new TemplateError('template_value', 'A template may only change lists and dicts that it made itself.');
}

function extend(list: unknown[], items: readonly unknown[]): null {
  if (list.length + items.length > MOST_MADE) throw tooMuch();
  for (const item of [...items]) list.push(item);
  return null;
}

function needString(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Undefined) throw undefinedUsed(value);
  throw new TemplateError('template_type', `expected str instance, ${typeName(value)} found`);
}

function position(index: number, message: string): number {
  if (index >= 0) return index;
  throw new TemplateError('template_value', message);
}

function bounded(width: unknown): number {
  return Math.min(10_000, toNumber(width));
}

export function strip(s: string, chars: unknown, side: 'both' | 'start' | 'end'): string {
  const set = chars === undefined || chars === null ? null : new Set(str(chars));
  const goes = (char: string | undefined) => char !== undefined && (set ? set.has(char) : /\s/.test(char));
  let [start, end] = [0, s.length];
  if (side !== 'end') while (start < end && goes(s[start])) start++;
  if (side !== 'start') while (end > start && goes(s[end - 1])) end--;
  return s.slice(start, end);
}

function split(s: string, separator: unknown, most: number): string[] {
  if (separator === undefined || separator === null) {
    const words = s.trim() === '' ? [] : s.trim().split(/\s+/);
    if (most < 0 || words.length <= most + 1) return words;
    const rest = new RegExp(`^\\s*(?:\\S+\\s+){${most}}`).exec(s)?.[0].length ?? 0;
    return [...words.slice(0, most), s.slice(rest)];
  }
  if (str(separator) === '') throw new TemplateError('template_value', 'empty separator');
  const parts = s.split(str(separator));
  return most < 0 || parts.length <= most + 1
    ? parts
    : [...parts.slice(0, most), parts.slice(most).join(str(separator))];
}

function rsplit(s: string, separator: unknown, most: number): string[] {
  const parts = split(s, separator, -1);
  if (most < 0 || parts.length <= most + 1) return parts;
  const last = parts.slice(parts.length - most);
  if (separator !== undefined && separator !== null)
    return [parts.slice(0, parts.length - most).join(str(separator)), ...last];
  const rest = new RegExp(`(?:\\s+\\S+){${most}}\\s*$`).exec(s)?.index ?? s.length;
  return [s.slice(0, rest), ...last];
}

function rpartition(s: string, separator: string): PyTuple {
  const at = s.lastIndexOf(separator);
  return at < 0 ? new PyTuple(['', '', s]) : partition(s, separator, at);
}

/** `s[from:to]`, for the bounds that some methods take. */
function part(s: string, from: unknown, to: unknown): string {
  return s.slice(from === undefined ? 0 : toNumber(from), to === undefined ? undefined : toNumber(to));
}

function partition(s: string, separator: string, at: number): PyTuple {
  if (at < 0) return new PyTuple([s, '', '']);
  return new PyTuple([s.slice(0, at), separator, s.slice(at + separator.length)]);
}

function replace(s: string, from: string, to: string, most: number): string {
  if (most < 0) return s.replaceAll(from, () => to);
  if (from === '') return [...s, ''].map((char, index) => (index < most ? to + char : char)).join('');
  let [result, rest] = ['', s];
  for (let done = 0; done < most; done++) {
    const at = rest.indexOf(from);
    if (at < 0) break;
    result += rest.slice(0, at) + to;
    rest = rest.slice(at + from.length);
  }
  return result + rest;
}

/** str.format with positions, names, keys and specs. Attributes are those of a dict's keys, nothing else can be reached. */
function format(s: string, args: readonly unknown[], named: Named): string {
  let next = 0;
  return s.replace(
    /\{\{|\}\}|\{([^{}!:]*)(?:!([rsa]))?(?::([^{}]*))?\}|[{}]/g,
    (whole, path: string | undefined, conversion, spec = '') => {
      if (whole === '{{' || whole === '}}') return whole[0] as string;
      if (path === undefined)
        throw new TemplateError('template_value', `Single '${whole}' encountered in format string`);
      const [, name = '', steps = ''] = /^(\w*)(.*)$/s.exec(path) ?? [];
      const start = name === '' ? args[next++] : /^\d+$/.test(name) ? args[Number(name)] : named.get(name);
      const keys = [...steps.matchAll(/\.(\w+)|\[([^\]]*)\]/g)].map((step) => step[1] ?? step[2] ?? '');
      const value = keys.reduce<unknown>((inner, key) => member(inner, key), start);
      if (value === undefined) throw new TemplateError('template_value', `The format wants a value for {${path}}.`);
      return formatValue(conversion === 'r' || conversion === 'a' ? repr(value) : value, spec);
    },
  );
}

function member(value: unknown, key: string): unknown {
  const items = itemsOf(value);
  if (items) return items[Number(key)];
  return isDict(value) && Object.hasOwn(value, key) ? (value[key] ?? null) : undefined;
}

function replaceParts(at: DateTime, args: readonly unknown[], named: Named): DateTime {
  const civil: Record<string, number> = { ...at.civil };
  for (const [index, part] of Object.keys(civil).entries())
    if (args[index] !== undefined) civil[part] = toNumber(args[index]);
  for (const [part, value] of named) if (Object.hasOwn(civil, part)) civil[part] = toNumber(value);
  try {
    return DateTime.fromCivil(civil as never, named.get('tzinfo') === null ? null : at.offset);
  } catch (error) {
    throw new TemplateError('template_value', (error as Error).message);
  }
}

function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}
