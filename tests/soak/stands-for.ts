import { ExactNumber, isJsonObject, type JsonObject, type JsonValue, parseJsonOr } from '#lib/json.ts';

/** The instant of a sync. */
export function emittedAt(sync: number): Date {
  return new Date(Date.UTC(2026, 0, sync + 1));
}

/** A column of a table, as what wrote it says. */
export interface NamedColumn {
  readonly field: string;
  readonly name: string;
  readonly type: string;
}

/** Types whose text in a file is JSON. */
const READ = new Set(['boolean', 'integer', 'number', 'object', 'array', 'json']);

/** Does what a column holds stand for the value, given the type that the column came to? */
export function stands(held: JsonValue, value: JsonValue, type: string): boolean {
  if (value === null || held === null) return value === held;
  if (type === 'string') return isTextOf(typeof held === 'string' ? held : textOf(held), value);
  if (type.startsWith('timestamp')) return Date.parse(String(held)) === Date.parse(String(value));
  if (canonical(held) === canonical(value)) return true;
  return typeof held === 'string' && READ.has(type) && canonical(parseJsonOr(held, held)) === canonical(value);
}

/** Is that row the record's? Each of its fields has a column, and each column what stands for its field. */
export function isRowOf(row: JsonObject, record: JsonObject, columns: readonly NamedColumn[]): boolean {
  const known = new Set(columns.map(({ field }) => field));
  return (
    Object.entries(record).every(([field, value]) => value === null || known.has(field)) &&
    columns.every(({ field, name, type }) => stands(row[name] ?? null, record[field] ?? null, type))
  );
}

/** Does the row say that it came in that sync, whenever it was loaded? */
export function cameIn(row: JsonObject, sync: number): boolean {
  const text = String(row._airbyte_extracted_at ?? row._airbyte_emitted_at);
  const at = /^\d+$/.test(text) ? Number(text) : Date.parse(text.replace(/([+-]\d\d)$/, '$1:00'));
  return at === emittedAt(sync).getTime();
}

/** Throws unless each of what is wanted is used up by one of what was found; gives what is left. */
export function takeEach<Found, Wanted>(
  what: string,
  { found, wanted }: { found: readonly Found[]; wanted: readonly Wanted[] },
  isOf: (found: Found, wanted: Wanted) => boolean,
): Found[] {
  const left = [...found];
  for (const one of wanted) {
    const index = left.findIndex((other) => isOf(other, one));
    if (index < 0) throw new Error(`${what}: nothing stands for ${shown([one])} among\n${shown(left)}`);
    left.splice(index, 1);
  }
  return left;
}

/** The same, and nothing may be left. */
export function assertEach<Found, Wanted>(
  what: string,
  lists: { found: readonly Found[]; wanted: readonly Wanted[] },
  isOf: (found: Found, wanted: Wanted) => boolean,
): void {
  const left = takeEach(what, lists, isOf);
  if (left.length > 0) throw new Error(`${what}: beside all ${lists.wanted.length} there are\n${shown(left)}`);
}

function shown(list: readonly unknown[]): string {
  return list.map((one) => canonical(one as JsonValue)).join('\n');
}

/** Are they the same values, however they are written? */
export function isSame(one: JsonValue, other: JsonValue): boolean {
  return canonical(one) === canonical(other);
}

/** A number that came before the column was text may be spelled in plain digits there. */
function isTextOf(held: string, value: JsonValue): boolean {
  if (typeof value === 'string') return held === clean(value) || isSameInstant(held, value);
  if (isNumber(value)) return plainDigits(held) === plainDigits(String(value));
  return held === clean(textOf(value)) || isSame(parseJsonOr(held, held), value);
}

/** A time that came before its column was text is spelled as most sources do there. */
function isSameInstant(held: string, value: string): boolean {
  const [a, b] = [held, value].map((text) =>
    /^20\d\d-\d\d-\d\d([T ]\d\d:|$)/.test(text) ? Date.parse(text) : Number.NaN,
  );
  return a === b;
}

function isNumber(value: JsonValue): boolean {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof ExactNumber;
}

function textOf(value: JsonValue): string {
  return isJsonObject(value) || Array.isArray(value) ? JSON.stringify(value) : String(value);
}

/** One text per value: keys in order, numbers in plain digits, what no database holds replaced. */
export function canonical(value: JsonValue): string {
  if (typeof value === 'string') return JSON.stringify(clean(value));
  if (isNumber(value)) return plainDigits(String(value));
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isJsonObject(value)) return String(value);
  const members = Object.keys(value)
    .toSorted()
    .map((key) => `${JSON.stringify(clean(key))}:${canonical(value[key] ?? null)}`);
  return `{${members.join(',')}}`;
}

function clean(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\ufffd');
}

/** `1.50e2` → `150`. What is no number stays as it is. */
function plainDigits(text: string): string {
  const parts = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (parts === null) return text;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts;
  const point = whole.length + Number(exponent);
  const digits = whole + fraction;
  const padded = point > digits.length ? digits.padEnd(point, '0') : point < 0 ? '0'.repeat(-point) + digits : digits;
  const at = Math.max(point, 0);
  const left = padded.slice(0, at).replace(/^0+/, '') || '0';
  const right = padded.slice(at).replace(/0+$/, '');
  return `${sign}${left}${right && `.${right}`}`;
}
