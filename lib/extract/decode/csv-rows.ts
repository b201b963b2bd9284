import { WeirError } from '#lib/errors.ts';
import type { JsonObject, JsonValue } from '#lib/json.ts';

/**
 * RFC 4180 text as records by its header; what a short row lacks is null, what a long one has too much is left out. Line ends in values
 * are `\n`, whatever they were, as Python reads text. `toValue`
 * makes of each text a value. @throws WeirError for a quote that is never closed
 */
export function parseCsv(
  text: string,
  delimiter: string,
  place: { stream: string; page: number },
  toValue: (value: string | null) => JsonValue = (value) => value,
): JsonObject[] {
  const [header = [], ...rows] = csvRows(text.replace(/\r\n?/g, '\n'), delimiter, place);
  return rows.map((row) => Object.fromEntries(header.map((name, index) => [name, toValue(row[index] ?? null)])));
}

function csvRows(text: string, delimiter: string, place: { stream: string; page: number }): string[][] {
  const rows: string[][] = [];
  for (let at = 0; at < text.length; ) {
    if (text[at] === '\n') {
      at++;
      continue;
    }
    const { row, next } = rowAt(text, at, delimiter, () => neverClosed(place, rows.length + 1));
    rows.push(row);
    at = next;
  }
  return rows;
}

function rowAt(
  text: string,
  from: number,
  delimiter: string,
  broken: () => WeirError,
): { row: string[]; next: number } {
  const row: string[] = [];
  for (let at = from; ; at++) {
    const { value, next } = text[at] === '"' ? quoted(text, at, delimiter, broken) : bare(text, at, delimiter);
    row.push(value);
    at = next;
    if (text[at] !== delimiter || at >= text.length) return { row, next: at + 1 };
  }
}

/** Up to the delimiter or the end of the line. */
function bare(text: string, from: number, delimiter: string): { value: string; next: number } {
  let at = from;
  while (at < text.length && text[at] !== delimiter && text[at] !== '\n') at++;
  return { value: text.slice(from, at), next: at };
}

/** Up to its closing quote; what follows that before the delimiter belongs to it too. */
function quoted(
  text: string,
  from: number,
  delimiter: string,
  broken: () => WeirError,
): { value: string; next: number } {
  let value = '';
  for (let at = from + 1; ; ) {
    const end = text.indexOf('"', at);
    if (end < 0) throw broken();
    value += text.slice(at, end);
    if (text[end + 1] !== '"') {
      const rest = bare(text, end + 1, delimiter);
      return { value: value + rest.value, next: rest.next };
    }
    value += '"';
    at = end + 2;
  }
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
