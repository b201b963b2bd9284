/**
 * A number whose digits a double can't hold and which is no integer, kept as the text that came.
 * Integers beyond 2^53 are `bigint`.
 */
export class ExactNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toString(): string {
    return this.text;
  }
  toJSON(): unknown {
    return rawJson(this.text);
  }
}

export type JsonValue = null | boolean | number | bigint | ExactNumber | string | JsonValue[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonValue;
}

// Node 24 has both; TypeScript's ES2024 library does not declare them yet.
const { rawJSON: rawJson } = JSON as unknown as { rawJSON(text: string): unknown };
type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;

/** So many digits and points in a row, or an exponent of three digits: JSON.parse could lose something. */
const LONG_NUMBER = 16;
const LONG_EXPONENT = /\d[eE][+-]?\d{3}/;

/**
 * Parses JSON with every digit kept. Text without long numbers takes JSON.parse as it is; the scan costs about
 * a tenth of the parse.
 * @throws SyntaxError as JSON.parse
 */
export function parseJson(text: string): JsonValue {
  if (!hasLongNumber(text) && !LONG_EXPONENT.test(text)) return JSON.parse(text);
  const revive: Reviver = (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined ? exactNumber(value, source) : value;
  return JSON.parse(text, revive as (key: string, value: unknown) => unknown);
}

/** The same of a text from outside, with what it is taken for where it is no JSON. */
export function parseJsonOr<Fallback>(text: string, fallback: Fallback): JsonValue | Fallback {
  try {
    return parseJson(text);
  } catch {
    return fallback;
  }
}

/** JSON text with every digit kept. Values without a bigint take JSON.stringify as it is, which is several times as fast. */
export function stringifyJson(value: unknown, indent?: number): string {
  try {
    return JSON.stringify(value, null, indent);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? rawJson(item.toString()) : item), indent);
  }
}

/** A deep copy, exact numbers as they are; several times as fast as `structuredClone`, which knows no exact numbers. */
export function copyJson<Value extends JsonValue>(value: Value): Value {
  if (Array.isArray(value)) return value.map(copyJson) as Value;
  if (!isJsonObject(value)) return value;
  const copy: JsonObject = {};
  for (const key of Object.keys(value)) {
    const item = copyJson(value[key] as JsonValue);
    if (key === '__proto__') Object.defineProperty(copy, key, { value: item, ...OWN });
    else copy[key] = item;
  }
  return copy as Value;
}

const OWN = { enumerable: true, writable: true, configurable: true };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
}

/** A long number covers a place in every sixteen: only those are looked at, and what stands around them. */
function hasLongNumber(text: string): boolean {
  for (let place = LONG_NUMBER - 1; place < text.length; place += LONG_NUMBER) {
    if (!isDigitOrPoint(text.charCodeAt(place))) continue;
    let [first, last] = [place, place];
    while (first > 0 && isDigitOrPoint(text.charCodeAt(first - 1))) first--;
    while (last + 1 < text.length && isDigitOrPoint(text.charCodeAt(last + 1))) last++;
    if (last - first + 1 >= LONG_NUMBER) return true;
  }
  return false;
}

function isDigitOrPoint(code: number): boolean {
  return (code >= 48 && code <= 57) || code === 46;
}

function exactNumber(value: number, source: string): number | bigint | ExactNumber {
  if (/^-?\d+$/.test(source)) return Number.isSafeInteger(value) ? value : BigInt(source);
  if (Number.isFinite(value) && normalDigits(String(value)) === normalDigits(source)) return value;
  return new ExactNumber(source);
}

/** Digits without sign, point, exponent and outer zeros: equal when two spellings carry the same digits. */
function normalDigits(text: string): string {
  return text
    .replace(/[eE].*$/, '')
    .replace(/[-.]/g, '')
    .replace(/^0+|0+$/g, '');
}
