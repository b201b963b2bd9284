import { isJsonObject, type JsonObject } from '#lib/json.ts';
import { isTyped } from '../null-words.ts';
import { DELIMITERS, distinctNames, firstRecord, headText, lineStart } from './csv-head.ts';
import type { CsvDialect, OpenDialect } from './csv-options.ts';
import type { OpenFile } from './format.ts';

const LOOKED_AT = 50;
/** With fewer rows, little can be told from them. */
const FEWEST_ROWS = 2;
const FEWEST_QUOTED = 3;
const USUAL_QUOTE = '"';
const YEAR = /^(19|20)\d\d$/;

/**
 * Quote and header of a file, where the options leave them open. A file that is read by a schema has a header exactly if the schema's
 * names come from it: one file more or less never changes what its stream's columns are called.
 */
export async function settleDialect(file: OpenFile, open: OpenDialect, schema: JsonObject | null): Promise<CsvDialect> {
  const whole = open.quote !== null && open.header !== null ? '' : await headText(file);
  const text = whole.slice(lineStart(whole, open.skipRows));
  const quote = open.quote ?? detectQuote(text);
  const dialect = { ...open, quote, escape: open.escape ?? quote };
  return { ...dialect, header: open.header ?? detectHeader(firstRecords(text, dialect), schema) };
}

/** Single quotes only where nothing is in double ones, and no field begins with one that does not end with one. */
function detectQuote(text: string): string {
  const begins: readonly string[] = text.match(/(?<=^|[,;\t|\n])["']/g) ?? [];
  if (begins.length < FEWEST_QUOTED || begins.includes(USUAL_QUOTE)) return USUAL_QUOTE;
  const quoted = text.match(/(?<=^|[,;\t|\n])'(?:[^'\n]|'')*'(?=[,;\t|\r\n]|$)/g) ?? [];
  return quoted.length === begins.length ? "'" : USUAL_QUOTE;
}

function detectHeader([first = [], ...rows]: readonly string[][], schema: JsonObject | null): boolean {
  const names = isJsonObject(schema?.properties) ? Object.keys(schema.properties) : [];
  if (names.length > 0) {
    const isNamed = distinctNames(first).some((name) => names.includes(name));
    return isNamed || !names.every((name) => /^column_\d+$/.test(name));
  }
  if (rows.length < FEWEST_ROWS) return true;
  const looks = first.map((text, at) =>
    lookOf(
      text,
      rows.map((row) => row[at] ?? '').filter((one) => one !== ''),
    ),
  );
  const like = first.filter((_text, at) => looks[at] === 'like');
  // Years may well be names of columns.
  return looks.includes('unlike') || like.length === 0 || like.every((text) => YEAR.test(text));
}

/** Is the first text of a column one more of its numbers or dates? */
function lookOf(text: string, others: readonly string[]): 'like' | 'unlike' | 'no matter' {
  if (others.length === 0 || !isTyped(others)) return 'no matter';
  if (text === '') return 'no matter';
  return isTyped([text, ...others]) ? 'like' : 'unlike';
}

function firstRecords(text: string, { delimiter, quote }: Pick<CsvDialect, 'delimiter' | 'quote'>): string[][] {
  const candidates = delimiter ? [delimiter] : DELIMITERS;
  const [best = ','] = candidates.toSorted(
    (a, b) => firstRecord(text, b, quote).fields.length - firstRecord(text, a, quote).fields.length,
  );
  const records: string[][] = [];
  for (let rest = text; rest !== '' && records.length < LOOKED_AT; ) {
    const { fields, end } = firstRecord(rest, best, quote);
    records.push(fields);
    rest = rest.slice(end);
  }
  return records;
}
