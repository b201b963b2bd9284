import { WeirError } from '#lib/errors.ts';
import type { JsonObject, JsonValue } from '#lib/json.ts';

/** A row is no longer than this: a quote that is never closed would take in the rest of the file. */
const LONGEST_ROW = 64 * 1024 * 1024;

export interface CsvOptions {
  readonly delimiter: string;
  readonly place: { readonly stream: string; readonly page: number };
  /** Makes of each text a value; null for what a short row lacks. */
  readonly toValue?: (value: string | null) => JsonValue;
  /** Leave out bytes of zero. */
  readonly withoutZeros?: boolean;
}

/** The records of a whole text. @throws WeirError for a quote that is never closed */
export function parseCsv(text: string, options: CsvOptions): JsonObject[] {
  return [...new CsvReader(options).end(text)];
}

/**
 * RFC 4180 text as records by its header, piece by piece; what a short row lacks is null, what a long one has too much is left out. Line
 * ends in values are `\n`, whatever they were, as Python reads text.
 */
export class CsvReader {
  readonly #options: CsvOptions;
  /** What came of a row that has not ended. */
  #rest = '';
  #header: string[] | null = null;
  #rows = 0;

  constructor(options: CsvOptions) {
    this.#options = options;
  }

  /** The records that this piece completes. @throws WeirError for a row without an end */
  *feed(piece: string): Generator<JsonObject> {
    yield* this.#read(piece, false);
    if (this.#rest.length > LONGEST_ROW) throw neverClosed(this.#options.place, this.#rows + 1);
  }

  /** The last piece, and what was left. @throws WeirError for a quote that is never closed */
  *end(piece: string): Generator<JsonObject> {
    yield* this.#read(piece, true);
  }

  *#read(piece: string, isLast: boolean): Generator<JsonObject> {
    const { delimiter, withoutZeros = false } = this.#options;
    const given = this.#rest + (withoutZeros ? piece.replaceAll('\0', '') : piece);
    // The second half of a line's end may come with the next piece.
    const isCut = !isLast && given.endsWith('\r');
    const text = (isCut ? given.slice(0, -1) : given).replace(/\r\n?/g, '\n');
    let at = 0;
    while (at < text.length) {
      if (text[at] === '\n') {
        at++;
        continue;
      }
      const found = rowAt(text, at, delimiter);
      // A row counts once its end has come: more of it may stand in the next piece.
      if (!isLast && (found === null || found.next > text.length)) break;
      if (found === null) throw neverClosed(this.#options.place, this.#rows + 1);
      this.#rows++;
      at = found.next;
      if (this.#header === null) this.#header = found.row;
      else yield this.#record(this.#header, found.row);
    }
    this.#rest = text.slice(at) + (isCut ? '\r' : '');
  }

  #record(header: readonly string[], row: readonly string[]): JsonObject {
    const { toValue = (value: string | null) => value } = this.#options;
    return Object.fromEntries(header.map((name, index) => [name, toValue(row[index] ?? null)]));
  }
}

/** Null where a quote is not closed. `next` is beyond the text where no line's end came. */
function rowAt(text: string, from: number, delimiter: string): { row: string[]; next: number } | null {
  const row: string[] = [];
  for (let at = from; ; at++) {
    const found = text[at] === '"' ? quoted(text, at, delimiter) : bare(text, at, delimiter);
    if (found === null) return null;
    row.push(found.value);
    at = found.next;
    if (text[at] !== delimiter || at >= text.length) return { row, next: at + 1 };
  }
}

/** Up to the delimiter or the end of the line. */
function bare(text: string, from: number, delimiter: string): { value: string; next: number } {
  let at = from;
  while (at < text.length && text[at] !== delimiter && text[at] !== '\n') at++;
  return { value: text.slice(from, at), next: at };
}

/** Up to its closing quote, null where there is none; what follows that before the delimiter belongs to it too. */
function quoted(text: string, from: number, delimiter: string): { value: string; next: number } | null {
  let value = '';
  for (let at = from + 1; ; ) {
    const end = text.indexOf('"', at);
    if (end < 0) return null;
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
