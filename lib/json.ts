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

/** A run of 16 digits or more, or an exponent of three: JSON.parse could lose something. */
const LONG_NUMBER = /\d[\d.]{15,}|\d[eE][+-]?\d{3}/;

/**
 * Parses JSON with every digit kept. Text without long numbers takes JSON.parse as it is; the scan costs about
 * a tenth of the parse.
 * @throws SyntaxError as JSON.parse
 */
export function parseJson(text: string): JsonValue {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text);
  const revive: Reviver = (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined ? exactNumber(value, source) : value;
  return JSON.parse(text, revive as (key: string, value: unknown) => unknown);
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

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
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
