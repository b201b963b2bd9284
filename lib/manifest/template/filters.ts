import { createHash, createHmac } from 'node:crypto';
import { ExactNumber, stringifyJson } from '#lib/json.ts';
import { fixed } from './format-value.ts';
import { quotePlus } from './functions.ts';
import { define, own, sequence, strip } from './methods.ts';
import { binary, equal, limited, narrow, order, undefinedUsed } from './operators.ts';
import { applyTest } from './predicates.ts';
import { search, substitute } from './python-regex.ts';
import { TemplateError } from './template-error.ts';
import {
  Budget,
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

/** Lists and dicts among which unique looks for equal ones. */
const MOST_COMPARED = 5_000;

const FILTERS: Record<string, Filter> = {
  abs: (v) => (order(v, 0) < 0 ? binary('-', 0, v) : binary('+', 0, v)),
  base64binascii_decode: (v) => Buffer.from(needText(v, 'template_value'), 'utf8').toString('base64'),
  base64decode: (v) => base64decode(needText(v, 'template_value')),
  base64encode: (v) => Buffer.from(needText(v, 'template_value'), 'utf8').toString('base64'),
  capitalize: (v) => str(v).charAt(0).toUpperCase() + str(v).slice(1).toLowerCase(),
  count: (v) => length(v),
  d: (v, args, named) => fallback(v, args, named),
  default: (v, args, named) => fallback(v, args, named),
  center: (v, [width = 80]) => center(str(v), toNumber(width)),
  dictsort: (v, args, named) => dictsort(v, args, named),
  e: (v) => escapeHtml(str(v)),
  escape: (v) => escapeHtml(str(v)),
  first: (v) => need(v)[0] ?? new Undefined('No first item, sequence was empty.'),
  float: (v, [otherwise = PyFloat.of(0)], named) => toFloat(v) ?? named.get('default') ?? otherwise,
  format: (v, args, named) => binary('%', str(v), args.length > 0 ? new PyTuple(args) : define({}, named)),
  hash: (v, [kind = 'md5', salt], named) =>
    hash(str(v), str(named.get('hash_type') ?? kind), named.get('salt') ?? salt),
  hmac: (v, [key, kind = 'sha256'], named) =>
    hmac(str(v), named.get('key') ?? key, str(named.get('hash_type') ?? kind)),
  indent: (v, [width = 4, first = false]) => indent(str(v), width, truthy(first)),
  int: (v, [otherwise = 0, base = 10], named) =>
    toInt(v, toNumber(named.get('base') ?? base)) ?? named.get('default') ?? otherwise,
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
  max: (v, args, named) => extreme(v, args, named, 1),
  min: (v, args, named) => extreme(v, args, named, -1),
  regex_replace: (v, [pattern, replacement]) =>
    limited(substitute(needText(pattern), needText(replacement), needText(v))),
  regex_search: (v, [pattern]) => regexSearch(needText(v), needText(pattern)),
  reject: (v, [test, ...args]) => own(some(v).filter((item) => !passes(item, test, args))),
  rejectattr: (v, [name, test, ...args]) => own(some(v).filter((item) => !passes(attribute(item, name), test, args))),
  replace: (v, [from, to, most]) =>
    limited(
      most === undefined
        ? str(v).replaceAll(str(from), () => str(to))
        : replaceSome(str(v), str(from), str(to), toNumber(most)),
    ),
  reverse: (v) => (typeof v === 'string' ? [...v].reverse().join('') : own([...need(v)].reverse())),
  round: (v, [digits = 0, method = 'common'], named) =>
    round(v, toNumber(named.get('precision') ?? digits), str(named.get('method') ?? method)),
  safe: (v) => v,
  select: (v, [test, ...args]) => own(some(v).filter((item) => passes(item, test, args))),
  selectattr: (v, [name, test, ...args]) => own(some(v).filter((item) => passes(attribute(item, name), test, args))),
  sort: (v, args, named) => sort(v, args, named),
  string: (v) => (typeof v === 'string' ? v : `"""${toJson(v)}"""`),
  sum: (v, [name, start], named) =>
    picked(v, named.get('attribute') ?? name).reduce(
      (all, item) => binary('+', all, item),
      start ?? named.get('start') ?? 0,
    ),
  title: (v) =>
    str(v)
      .toLowerCase()
      .replace(/[^\s\-[({<]+/g, (word) => word.charAt(0).toUpperCase() + word.slice(1)),
  tojson: (v) => toJson(v, true).replace(/[<>&']/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`),
  trim: (v, [chars]) => strip(str(v), chars, 'both'),
  truncate: (v, args, named) => truncate(str(v), args, named),
  unique: (v, [exact, name], named) =>
    own(unique(need(v), truthy(named.get('case_sensitive') ?? exact), named.get('attribute') ?? name)),
  upper: (v) => str(v).toUpperCase(),
  urlencode: (v) => urlencode(v),
  wordcount: (v) => str(v).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0,
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
  throw new TemplateError('template_type', `'${typeName(value)}' object is not iterable`);
}

/** Filters that go through a list take what is empty, null too, for an empty one. */
function some(value: unknown): readonly unknown[] {
  return truthy(value) ? need(value) : [];
}

/** A text, as the filters that are the CDK's own need it. */
function needText(value: unknown, code: 'template_type' | 'template_value' = 'template_type'): string {
  if (typeof value === 'string') return value;
  if (value instanceof Undefined) throw undefinedUsed(value);
  throw new TemplateError(code, `expected string, got '${typeName(value)}'`);
}

function length(value: unknown): number {
  if (value instanceof Undefined) return 0;
  const items = sequence(value);
  if (items) return items.length;
  throw new TemplateError('template_type', `object of type '${typeName(value)}' has no len()`);
}

function toInt(value: unknown, base: number): unknown {
  if (value instanceof Undefined) throw undefinedUsed(value);
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (isInteger(value)) return value;
  if (isFloat(value)) return Number.isFinite(toNumber(value)) ? narrow(BigInt(Math.trunc(toNumber(value)))) : null;
  const digits = typeof value === 'string' ? value.trim().replace(/(?<=\d)_(?=\d)/g, '') : '';
  if (base === 10 && /^[+-]?\d+$/.test(digits)) return narrow(BigInt(digits));
  if (base !== 10) {
    const bare = digits.replace(/^([+-]?)0[bBoOxX]/, '$1');
    const parsed = /^[+-]?[\da-zA-Z]+$/.test(bare) ? Number.parseInt(bare, base) : Number.NaN;
    if (!Number.isNaN(parsed)) return parsed;
  }
  const float = toFloat(value);
  return float !== null && Number.isFinite(toNumber(float)) ? narrow(BigInt(Math.trunc(toNumber(float)))) : null;
}

function toFloat(value: unknown): unknown {
  if (isInteger(value) || isFloat(value) || typeof value === 'boolean') return PyFloat.of(toNumber(value));
  if (value instanceof Undefined) throw undefinedUsed(value);
  const words = typeof value === 'string' ? value.trim().replace(/(?<=\d)_(?=\d)/g, '') : '';
  const special = /^([+-]?)(?:(inf|infinity)|nan)$/i.exec(words);
  if (special) return PyFloat.of(special[2] === undefined ? Number.NaN : Number(`${special[1]}Infinity`));
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(words) ? PyFloat.of(Number(words)) : null;
}

function round(value: unknown, digits: number, method: string): unknown {
  const number = toNumber(binary('*', value, 1));
  const scale = 10 ** digits;
  if (method === 'ceil' || method === 'floor') return PyFloat.of(Math[method](number * scale) / scale);
  const rounded = digits < 0 ? Number(fixed(number * scale, 0)) / scale : Number(fixed(number, digits));
  return isFloat(value) ? PyFloat.of(rounded) : digits < 0 ? rounded : value;
}

function base64decode(value: string): string {
  const letters = value.replace(/[^A-Za-z0-9+/=]/g, '');
  const bytes = Buffer.from(letters, 'base64');
  if (letters.length % 4 !== 0) throw new TemplateError('template_value', 'Incorrect padding of base64.');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new TemplateError('template_value', 'The base64 holds no UTF-8 text.');
  }
}

function center(value: string, width: number): string {
  const missing = Math.max(0, Math.min(10_000, width) - [...value].length);
  const left = Math.floor(missing / 2) + (missing & width & 1);
  return ' '.repeat(left) + value + ' '.repeat(missing - left);
}

function indent(value: string, width: unknown, first: boolean): string {
  const blank = typeof width === 'string' ? width : ' '.repeat(Math.min(1_000, Math.max(0, toNumber(width))));
  const lines = value.split('\n').map((line, index) => ((index === 0 && !first) || line === '' ? line : blank + line));
  return limited(lines.join('\n'));
}

function truncate(
  value: string,
  [most = 255, exact = false, end = '...', leeway = 5]: readonly unknown[],
  named: Named,
): string {
  const length = toNumber(named.get('length') ?? most);
  const dots = str(named.get('end') ?? end);
  if (value.length <= length + toNumber(named.get('leeway') ?? leeway)) return value;
  const start = value.slice(0, Math.max(0, length - dots.length));
  if (truthy(named.get('killwords') ?? exact)) return start + dots;
  const space = start.lastIndexOf(' ');
  return (space < 0 ? start : start.slice(0, space)) + dots;
}

function extreme(value: unknown, [exact, name]: readonly unknown[], named: Named, sign: 1 | -1): unknown {
  const items = need(value);
  if (items.length === 0) return new Undefined('No aggregated item, sequence was empty.');
  const key = keyOf(truthy(named.get('case_sensitive') ?? exact), named.get('attribute') ?? name);
  return items.reduce((best, item) => (order(key(item), key(best)) * sign > 0 ? item : best));
}

/** What is compared: the item or its attribute, text without its case unless told. */
function keyOf(exact: boolean, path: unknown): (item: unknown) => unknown {
  return (item) => {
    const picked = path === undefined || path === null ? item : attribute(item, path);
    return typeof picked === 'string' && !exact ? picked.toLowerCase() : picked;
  };
}

function dictsort(value: unknown, [exact, by = 'key', reverse]: readonly unknown[], named: Named): unknown {
  const index = str(named.get('by') ?? by) === 'value' ? 1 : 0;
  const key = keyOf(truthy(named.get('case_sensitive') ?? exact), null);
  const backwards = truthy(named.get('reverse') ?? reverse) ? -1 : 1;
  const entries = isDict(value) ? Object.entries(value) : [];
  return own(
    entries.toSorted((a, b) => order(key(a[index]), key(b[index])) * backwards).map((entry) => new PyTuple(entry)),
  );
}

function map(value: unknown, args: readonly unknown[], named: Named): unknown {
  const name = named.get('attribute');
  if (name !== undefined) {
    const otherwise = named.get('default');
    return own(some(value).map((item) => attribute(item, name, otherwise)));
  }
  const [filter, ...rest] = args;
  return own(some(value).map((item) => applyFilter(str(filter), item, rest, named)));
}

/** `a.b.0` of a record; the default stands in at the first step that is missing. */
function attribute(value: unknown, path: unknown, otherwise?: unknown): unknown {
  return str(path)
    .split('.')
    .reduce<unknown>((inner, key) => {
      if (inner instanceof Undefined) throw undefinedUsed(inner);
      const items = itemsOf(inner);
      const found = items && /^\d+$/.test(key) ? items[Number(key)] : undefined;
      if (isDict(inner) && Object.hasOwn(inner, key)) return inner[key] ?? null;
      return found ?? otherwise ?? new Undefined(`'${typeName(inner)} object' has no attribute '${key}'`);
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
  const key = keyOf(truthy(named.get('case_sensitive') ?? caseSensitive), path);
  const backwards = truthy(named.get('reverse') ?? reverse) ? -1 : 1;
  return own([...need(value)].sort((a, b) => order(key(a), key(b)) * backwards));
}

function unique(items: readonly unknown[], exact: boolean, path: unknown): unknown[] {
  const key = keyOf(exact, path);
  const seen = new Set<unknown>();
  return items.filter((item) => {
    const own = key(item);
    const simple = typeof own === 'string' || isInteger(own);
    if (!simple && seen.size > MOST_COMPARED) throw new TemplateError('template_limit', 'unique has too many values.');
    if (seen.has(own) || (!simple && [...seen].some((other) => equal(other, own)))) return false;
    seen.add(own);
    return true;
  });
}

function regexSearch(value: string, pattern: string): unknown {
  const match = search(pattern, value);
  return match === null || match.length < 2 ? '' : (match[1] ?? null);
}

function replaceSome(value: string, from: string, to: string, most: number): string {
  let left = most;
  return value.replaceAll(from, (found) => (left-- > 0 ? to : found));
}

/** Python's names, and OpenSSL's where they differ. */
const HASHES: Record<string, string> = {
  md5: 'md5',
  sha1: 'sha1',
  sha224: 'sha224',
  sha256: 'sha256',
  sha384: 'sha384',
  sha512: 'sha512',
  sha3_224: 'sha3-224',
  sha3_256: 'sha3-256',
  sha3_384: 'sha3-384',
  sha3_512: 'sha3-512',
  blake2b: 'blake2b512',
  blake2s: 'blake2s256',
};

function hash(value: string, kind: string, salt: unknown): string {
  const name = Object.hasOwn(HASHES, kind) ? HASHES[kind] : undefined;
  if (!name) throw new TemplateError('template_value', `No hash function with name ${kind}.`);
  const digest = createHash(name).update(value, 'utf8');
  return (truthy(salt) ? digest.update(str(salt), 'utf8') : digest).digest('hex');
}

function hmac(value: string, key: unknown, kind: string): string {
  if (key === undefined) throw new TemplateError('template_type', 'hmac wants a key.');
  if (kind !== 'sha256') throw new TemplateError('template_value', `hmac knows sha256, not ${kind}.`);
  return createHmac('sha256', str(key)).update(value, 'utf8').digest('hex');
}

function urlencode(value: unknown): string {
  if (typeof value === 'string' || !(sequence(value) || value instanceof Undefined))
    return quotePlus(str(value)).replaceAll('+', '%20').replaceAll('%2F', '/');
  const pairs = isDict(value)
    ? Object.entries(value)
    : need(value).map((pair) => [...(sequence(pair) ?? [])] as [unknown, unknown]);
  return pairs.map(([key, item]) => `${quotePlus(str(key))}=${quotePlus(str(item))}`).join('&');
}

function escapeHtml(value: string): string {
  return value.replace(
    /[&<>'"]/g,
    (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', "'": '&#39;', '"': '&#34;' })[char] ?? char,
  );
}

/** json.dumps: a blank after separators, text in ASCII. */
export function toJson(value: unknown, sorted = false, budget = new Budget()): string {
  budget.spend();
  if (value instanceof Undefined)
    throw new TemplateError('template_type', 'Object of type Undefined is not JSON serializable');
  if (value instanceof ExactNumber) return value.text;
  if (isFloat(value)) return { inf: 'Infinity', '-inf': '-Infinity', nan: 'NaN' }[str(value)] ?? str(value);
  const items = itemsOf(value);
  if (items) return `[${items.map((item) => toJson(item, sorted, budget)).join(', ')}]`;
  if (isDict(value))
    return `{${(sorted ? Object.entries(value).sort(([a], [b]) => order(a, b)) : Object.entries(value))
      .map(([key, item]) => `${ascii(key)}: ${toJson(item, sorted, budget)}`)
      .join(', ')}}`;
  if (typeof value === 'string') {
    budget.spend(value.length / 8);
    return ascii(value);
  }
  if (value === null || typeof value === 'boolean' || isInteger(value)) return stringifyJson(value);
  throw new TemplateError('template_type', `Object of type ${typeName(value)} is not JSON serializable`);
}

function ascii(value: string): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
