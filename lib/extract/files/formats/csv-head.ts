import { fileError } from '../file-errors.ts';
import { firstBytes } from '../first-bytes.ts';
import type { CsvDialect } from './csv-options.ts';
import type { OpenFile } from './format.ts';

export interface CsvHead {
  /** Distinct and never empty. */
  readonly columns: readonly string[];
  readonly delimiter: string;
  /** Where the rows begin, behind a byte order mark and the header. */
  readonly start: number;
}

const HEAD_BYTES = 1024 * 1024;
const MAX_COLUMNS = 10_000;
const NO_TEXT = /^[\r\n]*$/;
export const DELIMITERS = [',', ';', '\t', '|'];

/** Columns and delimiter from the first record of a file in UTF-8; null for a file of nothing, or of nothing but line ends. */
export async function readCsvHead(file: OpenFile, options: CsvDialect): Promise<CsvHead | null> {
  const { quote, header } = options;
  const whole = await headText(file);
  const skipped = lineStart(whole, options.skipRows);
  const text = whole.slice(skipped);
  if (text === '' || (header && text.length < HEAD_BYTES && NO_TEXT.test(text))) return null;
  const candidates = options.delimiter ? [options.delimiter] : DELIMITERS;
  const records = candidates.map((delimiter) => ({ delimiter, ...firstRecord(text, delimiter, quote) }));
  const [best] = records.sort((a, b) => b.fields.length - a.fields.length);
  const { delimiter = ',', fields = [], end = 0 } = best ?? {};
  if (fields.length > MAX_COLUMNS) throw tooMany(file.name);
  if (header && fields.some((name) => name.includes('\u0000'))) throw noText(file.name);
  const named = fields.map((name, at) => options.columns[at] ?? (header ? name : ''));
  const mark = (await startsWithMark(file)) ? MARK.length : 0;
  return {
    columns: distinctNames(named),
    delimiter,
    start: mark + Buffer.byteLength(whole.slice(0, skipped + (header ? end : 0))),
  };
}

const MARK = Buffer.from('\uFEFF');

async function startsWithMark({ path }: OpenFile): Promise<boolean> {
  return (await firstBytes(path, MARK.length)).equals(MARK);
}

/** Where the line begins that so many others come before. */
export function lineStart(text: string, lines: number): number {
  let at = 0;
  for (let line = 0; line < lines; line++) {
    const end = text.indexOf('\n', at);
    if (end < 0) return text.length;
    at = end + 1;
  }
  return at;
}

/** The beginning of a file in UTF-8. */
export async function headText({ path }: OpenFile): Promise<string> {
  return new TextDecoder().decode(await firstBytes(path, HEAD_BYTES));
}

/** The fields of the first record, line breaks within quotes included, and where the next record begins. */
export function firstRecord(text: string, delimiter: string, quote: string): { fields: string[]; end: number } {
  const fields: string[] = [];
  let field = '';
  let isQuoted = false;
  let at = 0;
  for (; at < text.length; at++) {
    const sign = text[at] as string;
    if (isQuoted) {
      if (sign !== quote) field += sign;
      else if (text[at + 1] === quote) field += text[++at];
      else isQuoted = false;
    } else if (sign === quote && field === '') isQuoted = true;
    else if (text.startsWith(delimiter, at)) {
      fields.push(field);
      field = '';
      at += delimiter.length - 1;
    } else if (sign === '\n' || sign === '\r') break;
    else field += sign;
  }
  const lineEnd = text.startsWith('\r\n', at) ? 2 : at < text.length ? 1 : 0;
  return { fields: [...fields, field], end: at + lineEnd };
}

/** An empty name becomes `column_3`, a second `id` becomes `id_2`; DuckDB does not tell upper from lower case. */
export function distinctNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name, at) => {
    const base = name.trim() || `column_${at + 1}`;
    let distinct = base;
    for (let count = 2; taken.has(distinct.toLowerCase()); count++) distinct = `${base}_${count}`;
    taken.add(distinct.toLowerCase());
    return distinct;
  });
}

function noText(file: string) {
  const hint = 'Check that it is what the format says, and not packed in a way that is not known.';
  return fileError('config', 'file_broken', { file }, 'begins with bytes that are no text.', hint);
}

function tooMany(file: string) {
  const hint = 'Check the delimiter.';
  return fileError('config', 'too_many_columns', { file }, `has more than ${MAX_COLUMNS} columns.`, hint);
}
