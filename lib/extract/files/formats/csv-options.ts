import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '#lib/json.ts';
import { fileError } from '../file-errors.ts';
import type { CsvOptions } from '../file-options.ts';

/** What a CSV file's reader goes by, whichever names the manifest used. */
export interface CsvDialect {
  /** Found in the first record when null. */
  readonly delimiter: string | null;
  readonly quote: string;
  readonly escape: string;
  readonly header: boolean;
  readonly columns: readonly string[];
  /** Found by looking at the bytes when null. */
  readonly encoding: string | null;
  readonly nullWords: readonly string[];
  /** Others are found by column. */
  readonly findsNullWords: boolean;
  readonly trueWords: readonly string[];
  readonly falseWords: readonly string[];
  /** Lines before the header. */
  readonly skipRows: number;
  /** `DD.MM.YYYY` by column. */
  readonly dateFormats: Readonly<Record<string, string>>;
  readonly skipsBadRows: boolean;
}

/** What the options leave open is null. */
export interface OpenDialect extends Omit<CsvDialect, 'quote' | 'escape' | 'header'> {
  readonly quote: string | null;
  readonly escape: string | null;
  readonly header: boolean | null;
}

/**
 * Reads the options by our names, by those of Airbyte's file connectors (`quote_char`, `header_definition` …) and by those of their
 * `reader_options` (`sep`, `names` …), which may be JSON text. @throws WeirError bad_options
 */
export function readCsvDialect(given: CsvOptions): OpenDialect {
  const options = { ...readerOptions(given), ...(given as unknown as JsonObject) };
  const pick = (...names: string[]) =>
    names.map((name) => options[name]).find((value) => value !== undefined && value !== null);
  const quote = text(pick('quote', 'quote_char', 'quotechar')) ?? null;
  const nullWords = pick('null_values', 'null_words', 'na_values');
  const definition = isJsonObject(options.header_definition) ? options.header_definition : {};
  const tab = options.type === 'tsv' ? '\t' : null;
  return {
    delimiter: text(pick('delimiter', 'sep'))?.replace('\\t', '\t') ?? tab,
    quote,
    escape: text(pick('escape', 'escape_char', 'escapechar')) ?? quote,
    header: hasHeader(options, definition),
    columns: words(pick('columns', 'names') ?? definition.column_names),
    encoding: text(pick('encoding')) ?? null,
    nullWords: [...new Set(['', ...words(nullWords)])],
    findsNullWords: nullWords === undefined,
    trueWords: words(pick('true_values')),
    falseWords: words(pick('false_values')),
    skipRows: Number(pick('skip_rows', 'skip_rows_before_header', 'skiprows') ?? 0) || 0,
    dateFormats: dateFormats(options.date_formats),
    skipsBadRows: options.bad_rows === 'skip' || options.ignore_errors_on_fields_mismatch === true,
  };
}

/** A way of writing that names no year would fit no text, and leave nothing of its column. */
function dateFormats(given: JsonValue | undefined): Record<string, string> {
  const formats = isJsonObject(given) ? given : {};
  for (const [column, format] of Object.entries(formats)) {
    if (typeof format === 'string' && ['YYYY', 'MM', 'DD'].every((part) => format.includes(part))) continue;
    const hint = 'Write it with YYYY, MM, DD, HH, mm and ss, such as DD.MM.YYYY HH:mm.';
    throw fileError('config', 'bad_options', { file: 'date_formats' }, `${column}: ${format} says no date.`, hint);
  }
  return formats as Record<string, string>;
}

function readerOptions({ reader_options: given }: CsvOptions): JsonObject {
  if (given === undefined || given === null || given === '') return {};
  try {
    const value = typeof given === 'string' ? parseJson(given) : given;
    if (isJsonObject(value)) return value;
  } catch {
    // Said below.
  }
  const hint = 'Give a JSON object, such as {"sep": ";", "header": 0}.';
  throw fileError('config', 'bad_options', { file: 'reader_options' }, 'is no JSON object.', hint);
}

/** pandas counts the header's line from 0 and says null for none; Airbyte's file connectors name the way. */
function hasHeader(options: JsonObject, definition: JsonObject): boolean | null {
  const kind = definition.header_definition_type;
  if (kind !== undefined) return kind === 'From CSV';
  const { header } = options;
  if (header === undefined) return openHeader(options);
  return typeof header === 'boolean' ? header : header !== null;
}

/** pandas' `names` stand for a header that is missing, our `columns` for the one that is there. */
function openHeader(options: JsonObject): boolean | null {
  if (words(options.names).length > 0) return false;
  return words(options.columns).length > 0 ? true : null;
}

function text(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function words(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.map(String) : typeof value === 'string' && value !== '' ? [value] : [];
}
