import type { BadValues } from '#lib/catalog.ts';
import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { wasCleaned } from './clean-text.ts';
import { coercions, jsonText } from './coerce.ts';
import { type ColumnType, typeOfValue } from './column-type.ts';
import { fieldIsNew } from './new-fields.ts';
import { type Change, notedChanges } from './noted-changes.ts';
import { type Column, canGrow, growShape, keeps, type TableShape, wants } from './table-shape.ts';

/** A record as the row of a table: one text per column, in the order of the shape's columns. */
export interface TypedRow {
  /** Counts from 1 within the page. */
  readonly row: number;
  readonly record: JsonObject;
  readonly values: readonly (string | null)[];
  readonly changes: readonly Change[];
}

/** A record that can't become a row, and why. `row` counts from 1 within the page. */
export interface Refusal {
  readonly row: number;
  readonly record: JsonObject;
  readonly code: 'key_null' | 'key_too_long' | 'bad_value' | 'refused_by_database';
  readonly reason: string;
}

export interface TypedPage {
  /** Grown where the records asked for it. */
  readonly shape: TableShape;
  readonly rows: readonly TypedRow[];
  readonly refusals: readonly Refusal[];
  /** New fields that the stream's rule keeps out. */
  readonly leftOut: ReadonlySet<string>;
}

/** Postgres indexes entries of up to a third of a page; a longer key could not be told unique. */
const MAX_KEY_BYTES = 2_400;
/** One value's text. Postgres holds 1 GB a value and 256 MB a JSON string; memory is the nearer limit. */
const MAX_VALUE_LENGTH = 64 * 1024 * 1024;
const NO_CHANGES: readonly Change[] = [];

/**
 * Types a page of records. Values that don't fit become null with an entry in the row's changes, or by `badValues` their row is
 * refused, or all of it fails; rows without their key are refused when `requireKey`.
 */
export function typePage(
  start: TableShape,
  records: readonly JsonObject[],
  requireKey: boolean,
  badValues: BadValues = 'null',
): TypedPage {
  const rows: TypedRow[] = [];
  const refusals: Refusal[] = [];
  const leftOut = new Set<string>();
  for (const [index, record] of records.entries()) {
    const typed = typeRecord(start, record, index + 1, leftOut);
    if (typed === null) {
      // Every change that the page asks for at once, and then the whole page again: rare after the first page.
      return typePage(grownFor(start, records), records, requireKey, badValues);
    }
    const refusal = (requireKey ? refuseKey(start, typed) : null) ?? refuseBadValues(start, typed, badValues);
    if (refusal) refusals.push({ row: typed.row, record, ...refusal });
    else rows.push(typed);
  }
  return { shape: start, rows, refusals, leftOut };
}

function grownFor(shape: TableShape, records: readonly JsonObject[]): TableShape {
  const grown = growShape(shape, records);
  if (grown !== shape) return grown;
  throw new WeirError({
    kind: 'bug',
    code: 'shape_stuck',
    message: 'A page of records asks for columns that were not found in it.',
  });
}

/** Null when the shape has to grow first. */
function typeRecord(shape: TableShape, record: JsonObject, row: number, leftOut: Set<string>): TypedRow | null {
  const values: (string | null)[] = new Array(shape.columns.length).fill(null);
  let changes: Change[] | null = notedChanges(record);
  let rest: [string, JsonValue][] | null = null;
  for (const field in record) {
    const value = record[field];
    if (value === null || value === undefined) continue;
    const index = shape.indexOf.get(field);
    const column = index === undefined ? undefined : shape.columns[index];
    if (index === undefined || column === undefined) {
      if (!keeps(shape, field)) {
        if (wants(shape, field)) leaveOut(shape, field, row, leftOut);
        continue;
      }
      if (shape.overflow === null) return null;
      rest = [...(rest ?? []), [field, value]];
      continue;
    }
    const text = takesOnlyItsKind(column, value) ? undefined : coercions[column.type](value);
    if (text === undefined && canGrow(column, typeOfValue(value))) return null;
    if (text !== undefined && text.length <= MAX_VALUE_LENGTH) values[index] = text;
    else changes = [...(changes ?? []), nulled(column, value)];
    if (isReplaced(column, value, text)) changes = [...(changes ?? []), truncated(field)];
  }
  if (rest !== null && shape.overflow !== null) {
    const overflown = typeOverflow(rest);
    values[shape.overflow] = overflown.text;
    if (overflown.changes.length > 0) changes = [...(changes ?? []), ...overflown.changes];
  }
  return { row, record, values, changes: changes ?? NO_CHANGES };
}

function isReplaced({ type }: Column, value: JsonValue, text: string | undefined): boolean {
  if (text === undefined) return false;
  if (typeof value === 'string' && type === 'string') return text !== value;
  return typeof value === 'string' || typeof value === 'object' ? wasCleaned(text) : false;
}

function truncated(field: string): Change {
  return { field, change: 'TRUNCATED', reason: 'DESTINATION_SERIALIZATION_ERROR' };
}

/** Fields beyond the columns. One that can't be held there either takes no other with it. */
function typeOverflow(rest: readonly (readonly [string, JsonValue])[]): { text: string; changes: readonly Change[] } {
  const changes: Change[] = [];
  const kept = rest.filter(([field, value]) => {
    const text = jsonText({ [field]: value });
    const fits = text !== undefined && text.length <= MAX_VALUE_LENGTH;
    if (!fits) changes.push({ field, change: 'NULLED', reason: 'DESTINATION_FIELD_SIZE_LIMITATION' });
    else if (wasCleaned(text)) changes.push(truncated(field));
    return fits;
  });
  return { text: jsonText(Object.fromEntries(kept)) ?? '{}', changes };
}

function leaveOut({ newFields }: TableShape, field: string, row: number, leftOut: Set<string>): void {
  if (newFields === 'refuse') throw fieldIsNew(field, row);
  leftOut.add(field);
}

/** "007" in a column that was inferred from numbers makes it a text column; only where a schema says number is it a 7. */
function takesOnlyItsKind({ declared, type }: Column, value: JsonValue): boolean {
  return !declared && typeof value === 'string' && (type === 'integer' || type === 'number' || type === 'boolean');
}

function nulled({ field, type }: Column, value: Exclude<JsonValue, null>): Change {
  const rightKind = typeOfValue(value) === type || type === 'string' || type === 'json' || isContainer(type, value);
  const reason = rightKind ? 'DESTINATION_FIELD_SIZE_LIMITATION' : 'DESTINATION_TYPECAST_ERROR';
  return { field, change: 'NULLED', reason };
}

function isContainer(type: ColumnType, value: JsonValue): boolean {
  return Array.isArray(value) ? type === 'array' : isJsonObject(value) && type === 'object';
}

function refuseBadValues(
  shape: TableShape,
  { row, changes }: TypedRow,
  badValues: BadValues,
): Pick<Refusal, 'code' | 'reason'> | null {
  if (badValues === 'null' || changes.length === 0) return null;
  const fields = changes.flatMap(({ field, change }) => (change === 'NULLED' ? field : []));
  if (fields.length === 0) return null;
  const named = fields.map((field) => {
    const type = shape.columns[shape.indexOf.get(field) ?? -1]?.type ?? 'column';
    return `${field.replaceAll('\u0000', '.')} (${type.replaceAll('_', ' ')})`;
  });
  const reason = `${named.length === 1 ? 'A value does' : 'Values do'} not fit: ${named.join(', ')}.`;
  if (badValues === 'quarantine') return { code: 'bad_value', reason };
  throw new WeirError({
    kind: 'terminal',
    code: 'bad_value',
    message: reason,
    hint: 'Mend it at the source, or let the connection put such rows aside.',
    where: { row },
  });
}

function refuseKey(shape: TableShape, { values }: TypedRow): Pick<Refusal, 'code' | 'reason'> | null {
  let length = 0;
  for (let position = 0; position < shape.key.length; position++) {
    const value = values[shape.key[position] ?? -1];
    const field = shape.keyFields[position];
    if (value === null || value === undefined) {
      return { code: 'key_null', reason: `The key field ${field} is missing, null, or not of its column's type.` };
    }
    length += Buffer.byteLength(value);
  }
  if (length <= MAX_KEY_BYTES) return null;
  return {
    code: 'key_too_long',
    reason: `The key has ${length} bytes; at most ${MAX_KEY_BYTES} can be told apart by an index.`,
  };
}
