import { ExactNumber, isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';

const MAX_DEPTH = 20;

/** What was seen at one place of many records. */
interface Seen {
  readonly types: Set<string>;
  /** Of the texts: `date`, a kind of `date-time`, or `other`. */
  readonly formats: Set<string>;
  readonly properties: Map<string, Seen>;
  items: Seen | null;
}

/** The JSON schema (draft 7, with `airbyte_type`) that all of the records fit; every field may be null. Fields of which nothing is seen are text. */
export function inferSchema(records: Iterable<JsonObject>, fields: readonly string[] = []): JsonObject {
  const root = nothingSeen();
  for (const field of fields) root.properties.set(field, nothingSeen());
  for (const record of records) look(root, record, 0);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    properties: propertiesOf(root),
  };
}

function look(seen: Seen, value: JsonValue, depth: number): void {
  const type = typeOf(value);
  if (type === 'null' || depth > MAX_DEPTH) return;
  seen.types.add(type);
  if (typeof value === 'string') seen.formats.add(textFormat(value));
  else if (Array.isArray(value)) {
    seen.items ??= nothingSeen();
    for (const item of value) look(seen.items, item, depth + 1);
  } else if (isJsonObject(value)) {
    for (const [name, item] of Object.entries(value)) {
      const known = seen.properties.get(name) ?? nothingSeen();
      seen.properties.set(name, known);
      look(known, item, depth + 1);
    }
  }
}

function toSchema(seen: Seen): JsonObject {
  const types = [...seen.types].filter((type) => type !== 'integer' || !seen.types.has('number'));
  if (types.length === 0) return { type: ['null', 'string'] };
  const format = types.join() === 'string' && seen.formats.size === 1 ? FORMATS[[...seen.formats].join()] : undefined;
  return {
    type: ['null', ...types.sort()],
    ...format,
    ...(types.includes('object') && { properties: propertiesOf(seen) }),
    ...(seen.items && { items: toSchema(seen.items) }),
  };
}

function propertiesOf(seen: Seen): JsonObject {
  return Object.fromEntries([...seen.properties].map(([name, inner]) => [name, toSchema(inner)]));
}

function nothingSeen(): Seen {
  return { types: new Set(), formats: new Set(), properties: new Map(), items: null };
}

function typeOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'bigint') return 'integer';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  if (value instanceof ExactNumber) return 'number';
  return typeof value;
}

const FORMATS: Readonly<Record<string, JsonObject>> = {
  date: { format: 'date' },
  'with zone': { format: 'date-time', airbyte_type: 'timestamp_with_timezone' },
  'without zone': { format: 'date-time', airbyte_type: 'timestamp_without_timezone' },
};
const DATE = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;
const DATE_TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/;

/** A date or an instant as ISO 8601 writes it. */
export function isIsoDate(text: string): boolean {
  return textFormat(text) !== 'other';
}

function textFormat(text: string): string {
  if (DATE.test(text)) return 'date';
  const [matched, , , zone] = DATE_TIME.exec(text) ?? [];
  if (matched === undefined || Number.isNaN(Date.parse(text))) return 'other';
  return zone ? 'with zone' : 'without zone';
}
