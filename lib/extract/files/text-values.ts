import type { TextType } from '#lib/delimited-file.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '#lib/json.ts';
import { toIso } from './date-formats.ts';

const INTEGER = /^-?(0|[1-9]\d*)$/;
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const SURE_DIGITS = 15;

export type { TextType } from '#lib/delimited-file.ts';

/** The type that every text of a column fits; a leading zero or plus sign makes it a string, so that none gets lost. */
export function textTypeOf(texts: Iterable<string | null>): TextType | null {
  const fits = { integer: true, number: true, boolean: true };
  let isEmpty = true;
  for (const text of texts) {
    if (text === null) continue;
    isEmpty = false;
    fits.integer &&= INTEGER.test(text);
    fits.number &&= NUMBER.test(text);
    fits.boolean &&= isBoolean(text);
    if (!fits.number && !fits.boolean) return 'string';
  }
  if (isEmpty) return null;
  return fits.integer ? 'integer' : fits.number ? 'number' : 'boolean';
}

/** The value that a text stands for, with every digit kept. What does not fit the type stays text. */
export function textValue(text: string, type: TextType): JsonValue {
  if (type === 'boolean') return isBoolean(text) ? text.toLowerCase() === 'true' : text;
  if (type === 'string' || !(type === 'integer' ? INTEGER : NUMBER).test(text)) return text;
  return text.length <= SURE_DIGITS ? Number(text) : parseJson(text);
}

/** What the texts of a column become. */
export interface TextColumn {
  readonly type: TextType;
  /** How its dates are written, where that is not ISO 8601. */
  readonly dateFormat: string | null;
  /** Words that stand for null in this column. */
  readonly nullWords: readonly string[];
}

/** The types that a JSON schema gives to top-level fields. */
export function textColumns(schema: JsonObject, columns: readonly string[]): TextColumn[] {
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  return columns.map((column) => {
    const property = properties[column];
    const types = isJsonObject(property) ? [property.type ?? []].flat() : [];
    const known = types.filter((type) => type !== 'null');
    const format = isJsonObject(property) ? property.weir_date_format : null;
    return {
      type: known.length === 1 && isTextType(known[0]) ? known[0] : 'string',
      dateFormat: typeof format === 'string' ? format : null,
      nullWords:
        isJsonObject(property) && Array.isArray(property.weir_null_words) ? property.weir_null_words.map(String) : [],
    };
  });
}

/** A text as its column's value. A date that is not written as the others stays text, and then has no place in a column of dates. */
export function columnValue(text: string, { type, dateFormat, nullWords }: TextColumn): JsonValue {
  if (nullWords.length > 0 && nullWords.includes(text)) return null;
  return dateFormat === null ? textValue(text, type) : (toIso(text, dateFormat) ?? text);
}

function isTextType(type: unknown): type is TextType {
  return type === 'integer' || type === 'number' || type === 'boolean' || type === 'string';
}

function isBoolean(text: string): boolean {
  const lower = text.length <= 5 ? text.toLowerCase() : '';
  return lower === 'true' || lower === 'false';
}
