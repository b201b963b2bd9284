import { WeirError } from '#lib/errors.ts';
import type { JsonObject, JsonValue } from '#lib/json.ts';

/**
 * RFC 4180 text as records by its header; what a short row lacks is null, what a long one has too much is left out. `toValue`
 * makes of each text a value. @throws WeirError for a quote that is never closed
 */
export function parseCsv(
  text: string,
  delimiter: string,
  place: { stream: string; page: number },
  toValue: (value: string | null) => JsonValue = (value) => value,
): JsonObject[] {
  const [header = [], ...rows] = csvRows(text, delimiter, place);
  return rows.map((row) => Object.fromEntries(header.map((name, index) => [name, toValue(row[index] ?? null)])));
}

function csvRows(text: string, delimiter: string, place: { stream: string; page: number }): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    const { value, next } =
      text[at] === '"' ? quoted(text, at, delimiter, place, rows.length + 1) : bare(text, at, delimiter);
    row.push(value);
    at = next;
    if (text[at] === delimiter && at < text.length) {
      at += 1;
      // A row that ends with the delimiter has one more field, an empty one.
      if (at === text.length) row.push('');
      else if (!isLineEnd(text[at])) continue;
      else row.push('');
    }
    if (text[at] === '\r' && text[at + 1] === '\n') at++;
    at++;
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  }
  if (row.length > 0) rows.push(row);
  return rows;
}

/** Up to the delimiter or the end of the line. */
function bare(text: string, from: number, delimiter: string): { value: string; next: number } {
  let at = from;
  while (at < text.length && text[at] !== delimiter && !isLineEnd(text[at])) at++;
  return { value: text.slice(from, at), next: at };
}

/** Up to its closing quote; what follows that before the delimiter belongs to it too. */
function quoted(
  text: string,
  from: number,
  delimiter: string,
  place: { stream: string; page: number },
  row: number,
): { value: string; next: number } {
  let value = '';
  for (let at = from + 1; ; ) {
    const end = text.indexOf('"', at);
    if (end < 0) throw neverClosed(place, row);
    value += text.slice(at, end);
    if (text[end + 1] !== '"') {
      const rest = bare(text, end + 1, delimiter);
      return { value: value + rest.value, next: rest.next };
    }
    value += '"';
    at = end + 2;
  }
}

function isLineEnd(char: string | undefined): boolean {
  return char === '\n' || char === '\r';
}

function neverClosed(place: { stream: string; page: number }, row: number): WeirError {
  return new WeirError({
    kind: 'transient',
    code: 'bad_csv',
    message: `The quote that opens in row ${row} is never closed.`,
    hint: 'The answer may have been cut off.',
    where: { ...place, row },
  });
}
