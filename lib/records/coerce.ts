import { ExactNumber, isJsonObject, type JsonValue, stringifyJson } from '#lib/json.ts';
import { cleanJsonText, cleanText } from './clean-text.ts';
import { type ColumnType, fitsBigint } from './column-type.ts';
import { readDate, readInstant, readLocalDateTime, readTime } from './date-time.ts';

/** A value as the text that databases read for its column type; undefined when the value does not fit the type. */
type Coercion = (value: Exclude<JsonValue, null>) => string | undefined;

const INTEGER_TEXT = /^[+-]?\d{1,1000}$/;
const NUMBER_TEXT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,6})?$/;
/** Postgres's numeric holds 131,072 digits before the point and 16,383 after it. */
const MAX_EXPONENT = 16_000;
const MAX_NUMBER_TEXT = 16_000;
const MAX_DEPTH = 1_000;

/**
 * How a value of any JSON type becomes a value of each column type: as Airbyte's destinations cast. Strings take
 * everything; numbers and booleans take their own spelling in a string; nothing is rounded, nothing shifted.
 */
export const coercions: Readonly<Record<ColumnType, Coercion>> = {
  boolean: (value) => {
    if (typeof value === 'boolean') return value ? 'true' : 'false';
    if (typeof value !== 'string') return undefined;
    const word = value.toLowerCase();
    return word === 'true' || word === 'false' ? word : undefined;
  },
  integer: (value) => {
    if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined;
    const whole = wholeNumber(value);
    return whole !== undefined && fitsBigint(whole) ? whole.toString() : undefined;
  },
  number: (value) => {
    if (typeof value === 'number') return Number.isFinite(value) ? String(value) : undefined;
    if (typeof value === 'bigint') return digitsWithinLimit(value.toString());
    if (value instanceof ExactNumber) return digitsWithinLimit(value.text);
    return typeof value === 'string' && NUMBER_TEXT.test(value) ? digitsWithinLimit(value) : undefined;
  },
  string: (value) => {
    if (typeof value === 'string') return cleanText(value);
    if (typeof value === 'object' && !(value instanceof ExactNumber)) return jsonText(value);
    return String(value);
  },
  date: (value) => (typeof value === 'string' ? (readDate(value) ?? undefined) : undefined),
  timestamp_with_timezone: (value) => (typeof value === 'string' ? (readInstant(value) ?? undefined) : undefined),
  timestamp_without_timezone: (value) =>
    typeof value === 'string' ? (readLocalDateTime(value) ?? undefined) : undefined,
  time_with_timezone: (value) => (typeof value === 'string' ? (readTime(value, 'with') ?? undefined) : undefined),
  time_without_timezone: (value) => (typeof value === 'string' ? (readTime(value, 'without') ?? undefined) : undefined),
  object: (value) => (isJsonObject(value) ? jsonText(value) : undefined),
  array: (value) => (Array.isArray(value) ? jsonText(value) : undefined),
  json: (value) => jsonText(value),
};

function wholeNumber(value: JsonValue): bigint | undefined {
  if (typeof value === 'bigint') return value;
  return typeof value === 'string' && INTEGER_TEXT.test(value) ? BigInt(value.replace('+', '')) : undefined;
}

function digitsWithinLimit(text: string): string | undefined {
  if (text.length > MAX_NUMBER_TEXT) return undefined;
  const exponent = /[eE]([+-]?\d+)$/.exec(text)?.[1];
  return exponent !== undefined && Math.abs(Number(exponent)) > MAX_EXPONENT ? undefined : text;
}

/** JSON text that a database can hold; undefined when it nests too deep for one. */
export function jsonText(value: JsonValue): string | undefined {
  if (deeperThan(value, MAX_DEPTH)) return undefined;
  return cleanJsonText(anyJsonText(value));
}

/** Without bigints, JSON.stringify alone does it, in a third of the time. */
function anyJsonText(value: JsonValue): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof TypeError) return stringifyJson(value);
    throw error;
  }
}

function deeperThan(value: JsonValue, limit: number): boolean {
  if (typeof value !== 'object' || value === null || value instanceof ExactNumber) return false;
  if (limit === 0) return true;
  for (const item of Array.isArray(value) ? value : Object.values(value)) {
    if (typeof item === 'object' && item !== null && deeperThan(item, limit - 1)) return true;
  }
  return false;
}
