import { createHash, createHmac } from 'node:crypto';
import { ExactNumber, stringifyJson } from '#lib/json.ts';
import { quotePlus } from './functions.ts';
import { own, sequence } from './methods.ts';
import { equal, limited, narrow, order } from './operators.ts';
import { applyTest } from './predicates.ts';
import { TemplateError } from './template-error.ts';
import { timedMatch } from './timed.ts';
import {
  isDict,
  isFloat,
  isInteger,
  itemsOf,
  PyFloat,
  PyTuple,
  str,
  toNumber,
  truthy,
  typeName,
  Undefined,
} from './values.ts';

type Named = ReadonlyMap<string, unknown>;
type Filter = (input: unknown, args: readonly unknown[], named: Named) => unknown;

/** Patterns and texts of regular expressions: beyond this a bad one could hold the process for long. */
const MOST_PATTERN = 1_000;
const MOST_TEXT = 100_000;

const FILTERS: Record<string, Filter> = {
  abs: (v) =>
    typeof v === 'bigint'
      ? v < 0n
        ? -v
        : v
      : v instanceof PyFloat
        ? PyFloat.of(Math.abs(v.value))
        : Math.abs(toNumber(v)),
  base64binascii_decode: (v) => Buffer.from(str(v), 'base64').toString('utf8'),
  base64decode: (v) => Buffer.from(str(v), 'base64').toString('utf8'),
  base64encode: (v) => Buffer.from(str(v), 'utf8').toString('base64'),
  capitalize: (v) => str(v).charAt(0).toUpperCase() + str(v).slice(1).toLowerCase(),
  count: (v) => length(v),
  d: (v, args, named) => fallback(v, args, named),
  default: (v, args, named) => fallback(v, args, named),
  dictsort: (v) =>
    (isDict(v) ? Object.entries(v) : [])
      .toSorted(([a], [b]) => order(a.toLowerCase(), b.toLowerCase()))
      .map((entry) => new PyTuple(entry)),
  e: (v) => escapeHtml(str(v)),
  escape: (v) => escapeHtml(str(v)),
  first: (v) => need(v)[0] ?? new Undefined('No first item, sequence was empty.'),
  float: (v, [otherwise = PyFloat.of(0)]) => toFloat(v) ?? otherwise,
  hash: (v, [kind = 'md5', salt], named) =>
    hash(str(v), str(named.get('hash_type') ?? kind), named.get('salt') ?? salt),
  hmac: (v, [key, kind = 'sha256'], named) =>
    hmac(str(v), str(named.get('key') ?? key), str(named.get('hash_type') ?? kind)),
  int: (v, [otherwise = 0, base = 10]) => toInt(v, toNumber(base)) ?? otherwise,
  items: (v) => (isDict(v) ? Object.entries(v).map((entry) => new PyTuple(entry)) : []),
  join: (v, [glue = '', attribute], named) =>
    limited(
      picked(v, named.get('attribute') ?? attribute)
        .map(str)
        .join(str(named.get('d') ?? glue)),
    ),
  last: (v) => need(v).at(-1) ?? new Undefined('No last item, sequence was empty.'),
  length: (v) => length(v),
  list: (v) => own([...need(v)]),
  lower: (v) => str(v).toLowerCase(),
  map: (v, args, named) => map(v, args, named),
  max: (v) => need(v).reduce((a, b) => (order(b, a) > 0 ? b : a)),
  min: (v) => need(v).reduce((a, b) => (order(b, a) < 0 ? b : a)),
  regex_replace: (v, [pattern, replacement]) => limited(regexReplace(text(v), pattern, str(replacement))),
  regex_search: (v, [pattern]) => regexSearch(text(v), pattern),
  reject: (v, [test, ...args]) => own(need(v).filter((item) => !passes(item, test, args))),
  rejectattr: (v, [name, test, ...args]) => own(need(v).filter((item) => !passes(attribute(item, name), test, args))),
  replace: (v, [from, to, most]) =>
    limited(
      most === undefined
        ? str(v).replaceAll(str(from), () => str(to))
        : replaceSome(str(v), str(from), str(to), toNumber(most)),
    ),
  reverse: (v) => (typeof v === 'string' ? [...v].reverse().join('') : own([...need(v)].reverse())),
  round: (v, [digits = 0, method = 'common']) => round(toNumber(v), toNumber(digits), str(method)),
  safe: (v) => v,
  select: (v, [test, ...args]) => own(need(v).filter((item) => passes(item, test, args))),
  selectattr: (v, [name, test, ...args]) => own(need(v).filter((item) => passes(attribute(item, name), test, args))),
  sort: (v, args, named) => sort(v, args, named),
  string: (v) => (typeof v === 'string' ? v : `"""${toJson(v)}"""`),
  sum: (v, [name], named) => sum(picked(v, named.get('attribute') ?? name)),
  title: (v) =>
    str(v)
      .toLowerCase()
      .replace(/[^\s\-[({<]+/g, (word) => word.charAt(0).toUpperCase() + word.slice(1)),
  tojson: (v) => toJson(v).replace(/[<>&']/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`),
  trim: (v) => str(v).trim(),
  truncate: (v, [most = 255]) =>
    str(v).length <= toNumber(most) ? str(v) : `${str(v).slice(0, Math.max(0, toNumber(most) - 3))}...`,
  unique: (v) => own(unique(need(v))),
  upper: (v) => str(v).toUpperCase(),
  urlencode: (v) => urlencode(v),
};

export const FILTER_NAMES: readonly string[] = Object.keys(FILTERS);

export function applyFilter(name: string, input: unknown, args: readonly unknown[], named: Named): unknown {
  const filter = Object.hasOwn(FILTERS, name) ? FILTERS[name] : undefined;
  if (!filter) throw new TemplateError('template_syntax', `There is no filter named ${name}.`);
  return filter(input, args, named);
}

function fallback(value: unknown, [otherwise = '', whenFalse]: readonly unknown[], named: Named): unknown {
  const replaces = value instanceof Undefined || (truthy(named.get('boolean') ?? whenFalse) && !truthy(value));
  return replaces ? (named.get('default_value') ?? otherwise) : value;
}

function need(value: unknown): readonly unknown[] {
  if (value instanceof Undefined) return [];
  const items = sequence(value);
  if (items) return items;
  throw new TemplateError('template_value', `'${typeName(value)}' object is not iterable`);
}

function length(value: unknown): number {
  if (value instanceof Undefined) return 0;
  const items = sequence(value);
  if (items) return items.length;
  throw new TemplateError('template_value', `object of type '${typeName(value)}' has no len()`);
}

function toInt(value: unknown, base: number): unknown {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (isInteger(value)) return value;
  if (isFloat(value)) return Number.isFinite(toNumber(value)) ? narrow(BigInt(Math.trunc(toNumber(value)))) : null;
  const digits = typeof value === 'string' ? value.trim().replace(/(?<=\d)_(?=\d)/g, '') : '';
  if (base === 10 && /^[+-]?\d+$/.test(digits)) return narrow(BigInt(digits));
  if (base !== 10 && /^[+-]?\w+$/.test(digits)) {
    const parsed = Number.parseInt(digits, base);
    return Number.isNaN(parsed) ? null : parsed;
  }
  const float = Number(digits);
  return digits !== '' && Number.isFinite(float) ? narrow(BigInt(Math.trunc(float))) : null;
}

function toFloat(value: unknown): unknown {
  if (isInteger(value) || isFloat(value) || typeof value === 'boolean') return PyFloat.of(toNumber(value));
  const words = typeof value === 'string' ? value.trim() : '';
  return words !== '' && !Number.isNaN(Number(words)) ? PyFloat.of(Number(words)) : null;
}

function round(value: number, digits: number, method: string): unknown {
  const scale = 10 ** digits;
  const scaled = value * scale;
  const rounded = method === 'ceil' ? Math.ceil(scaled) : method === 'floor' ? Math.floor(scaled) : halfToEven(scaled);
  return PyFloat.of(rounded / scale);
}

function halfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

function map(value: unknown, args: readonly unknown[], named: Named): unknown {
  const name = named.get('attribute');
  if (name !== undefined) {
    const otherwise = named.get('default');
    return own(need(value).map((item) => withDefault(attribute(item, name), otherwise)));
  }
  const [filter, ...rest] = args;
  return own(need(value).map((item) => applyFilter(str(filter), item, rest, new Map())));
}

function withDefault(value: unknown, otherwise: unknown): unknown {
  return value instanceof Undefined && otherwise !== undefined ? otherwise : value;
}

/** `a.b.0` of a record. */
function attribute(value: unknown, path: unknown): unknown {
  return str(path)
    .split('.')
    .reduce<unknown>((inner, key) => {
      if (isDict(inner) && Object.hasOwn(inner, key)) return inner[key];
      const items = itemsOf(inner);
      return (items && /^\d+$/.test(key) ? items[Number(key)] : undefined) ?? new Undefined(key);
    }, value);
}

function picked(value: unknown, name: unknown): readonly unknown[] {
  return name === undefined || name === null ? need(value) : need(value).map((item) => attribute(item, name));
}

function passes(value: unknown, test: unknown, args: readonly unknown[]): boolean {
  return test === undefined ? truthy(value) : applyTest(str(test), value, args);
}

function sort(value: unknown, [reverse, caseSensitive, name]: readonly unknown[], named: Named): unknown {
  const path = named.get('attribute') ?? name;
  const exact = truthy(named.get('case_sensitive') ?? caseSensitive);
  const key = (item: unknown) => {
    const picked = path === undefined || path === null ? item : attribute(item, path);
    return typeof picked === 'string' && !exact ? picked.toLowerCase() : picked;
  };
  const sorted = [...need(value)].sort((a, b) => order(key(a), key(b)));
  return own(truthy(named.get('reverse') ?? reverse) ? sorted.reverse() : sorted);
}

function unique(items: readonly unknown[]): unknown[] {
  const key = (item: unknown) => (typeof item === 'string' ? item.toLowerCase() : item);
  return items.filter((item, index) => items.findIndex((other) => equal(key(other), key(item))) === index);
}

function sum(items: readonly unknown[]): unknown {
  const total = items.reduce<number>((all, item) => all + toNumber(item), 0);
  return items.some(isFloat) ? PyFloat.of(total) : total;
}

function text(value: unknown): string {
  const all = str(value);
  if (all.length > MOST_TEXT)
    throw new TemplateError('template_limit', `A regular expression takes at most ${MOST_TEXT} characters of text.`);
  return all;
}

/** A Python pattern as a JavaScript one: named groups, anchors and inline flags are spelt otherwise. */
function regex(pattern: unknown, flags = ''): RegExp {
  const source = str(pattern);
  if (source.length > MOST_PATTERN)
    throw new TemplateError('template_limit', `A regular expression has at most ${MOST_PATTERN} characters.`);
  const inline = /^\(\?([aimsux]+)\)/.exec(source);
  const known = [...(inline?.[1] ?? '')].filter((flag) => 'ims'.includes(flag)).join('');
  const body = source
    .slice(inline?.[0].length ?? 0)
    .replaceAll('(?P<', '(?<')
    .replace(/\(\?P=(\w+)\)/g, '\\k<$1>')
    .replaceAll('\\A', '^')
    .replaceAll('\\Z', '$');
  try {
    return new RegExp(body, flags + known);
  } catch (error) {
    throw new TemplateError(
      'template_value',
      `${JSON.stringify(source)} is no regular expression: ${(error as Error).message}`,
    );
  }
}

function regexSearch(value: string, pattern: unknown): unknown {
  const expression = regex(pattern);
  const match = timedMatch(expression, value, () => expression.exec(value));
  return match && match.length > 1 ? (match[1] ?? null) : null;
}

function regexReplace(value: string, pattern: unknown, replacement: string): string {
  const expression = regex(pattern, 'g');
  const written = replacementOf(replacement);
  return timedMatch(expression, value, () => value.replace(expression, written));
}

function replacementOf(replacement: string): string {
  return replacement
    .replaceAll('$', '$$$$')
    .replace(/\\g<(\w+)>/g, (_whole, name: string) => (/^\d+$/.test(name) ? `$${name}` : `$<${name}>`))
    .replace(/\\(\d+)/g, '$$$1');
}

function replaceSome(value: string, from: string, to: string, most: number): string {
  let left = most;
  return value.replaceAll(from, (found) => (left-- > 0 ? to : found));
}

const HASHES = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'];

function hash(value: string, kind: string, salt: unknown): string {
  if (!HASHES.includes(kind)) throw new TemplateError('template_value', `No hash function with name ${kind}.`);
  const digest = createHash(kind).update(value, 'utf8');
  return (salt === undefined || salt === null ? digest : digest.update(str(salt), 'utf8')).digest('hex');
}

function hmac(value: string, key: string, kind: string): string {
  if (kind !== 'sha256') throw new TemplateError('template_value', `hmac knows sha256, not ${kind}.`);
  return createHmac('sha256', key).update(value, 'utf8').digest('hex');
}

function urlencode(value: unknown): string {
  if (typeof value === 'string') return quotePlus(value).replaceAll('+', '%20').replaceAll('%2F', '/');
  const pairs = isDict(value)
    ? Object.entries(value)
    : need(value).map((pair) => [...(itemsOf(pair) ?? [])] as [unknown, unknown]);
  return pairs.map(([key, item]) => `${quotePlus(str(key))}=${quotePlus(str(item))}`).join('&');
}

function escapeHtml(value: string): string {
  return value.replace(
    /[&<>'"]/g,
    (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', "'": '&#39;', '"': '&#34;' })[char] ?? char,
  );
}

/** json.dumps: a blank after separators, text in ASCII. */
export function toJson(value: unknown): string {
  if (value instanceof Undefined) throw new TemplateError('template_undefined', `${value.name} is undefined.`);
  if (value instanceof ExactNumber) return value.text;
  if (value instanceof PyFloat) return Number.isInteger(value.value) ? `${value.value}.0` : String(value.value);
  const items = itemsOf(value);
  if (items) return `[${items.map(toJson).join(', ')}]`;
  if (isDict(value))
    return `{${Object.entries(value)
      .map(([key, item]) => `${ascii(key)}: ${toJson(item)}`)
      .join(', ')}}`;
  if (typeof value === 'string') return ascii(value);
  if (value === null || typeof value === 'boolean' || isInteger(value) || isFloat(value)) return stringifyJson(value);
  throw new TemplateError('template_value', `Object of type ${typeName(value)} is not JSON serializable`);
}

function ascii(value: string): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
