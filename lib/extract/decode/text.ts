import { WeirError } from '#lib/errors.ts';
import { type JsonValue, parseJsonOr } from '#lib/json.ts';
import type { Answer } from '../families.ts';
import { badEncoding } from './bad-encoding.ts';

/** Python's names of encodings that the Encoding Standard calls otherwise. */
const PYTHON_NAMES: Readonly<Record<string, string>> = {
  'utf-8-sig': 'utf-8',
  latin1: 'iso-8859-1',
  'latin-1': 'iso-8859-1',
  'iso8859-1': 'iso-8859-1',
  cp1250: 'windows-1250',
  cp1251: 'windows-1251',
  cp1252: 'windows-1252',
};

/** Bytes as text; a byte order mark is left out. @throws WeirError for an encoding that is not known, and for bytes that are not in it */
export function textOf(raw: Uint8Array, encoding = 'utf-8'): string {
  const decoder = decoderOf(encoding, raw);
  return inEncoding(raw, () => decoder.decode(raw));
}

/** The same piece by piece; `begin` is how the bytes begin. */
export function streamDecoder(encoding: string, begin: Uint8Array): { text(piece: Uint8Array): string; end(): string } {
  const decoder = decoderOf(encoding, begin);
  return {
    text: (piece) => inEncoding(piece, () => decoder.decode(piece, { stream: true })),
    end: () => inEncoding(new Uint8Array(), () => decoder.decode()),
  };
}

function inEncoding(raw: Uint8Array, decode: () => string): string {
  try {
    return decode();
  } catch (cause) {
    throw cause instanceof TypeError ? badEncoding(raw) : cause;
  }
}

function decoderOf(encoding: string, begin: Uint8Array): TextDecoder {
  const name = encoding.toLowerCase().replaceAll('_', '-');
  const isBig = name === 'utf-16' && begin[0] === 0xfe && begin[1] === 0xff;
  try {
    return new TextDecoder(isBig ? 'utf-16be' : (PYTHON_NAMES[name] ?? name), { fatal: true });
  } catch (cause) {
    throw new WeirError({
      kind: 'config',
      code: 'unknown_encoding',
      message: `There is no encoding named ${encoding}.`,
      hint: 'For example utf-8, iso-8859-1 or windows-1252.',
      cause,
    });
  }
}

/** Without an empty one after the last line's end. */
export function linesOf(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** The same answer with other bytes: those that were packed in it. */
export function answerWithBytes(answer: Answer, raw: Uint8Array): Answer {
  return replaced(answer, raw, () => textOf(raw));
}

/** The same answer, its text read in another way. */
export function answerWithText(answer: Answer, text: string): Answer {
  return replaced(answer, answer.raw, () => text);
}

/** Its body is parsed when asked for, and that of the answer as it came is not. */
function replaced({ status, headers, bytes, url }: Answer, raw: Uint8Array, text: () => string): Answer {
  let body: JsonValue | undefined;
  return {
    ...{ status, headers, bytes, raw },
    ...(url !== undefined && { url }),
    get body() {
      if (body !== undefined) return body;
      const said = text();
      body = parseJsonOr(said, said);
      return body;
    },
  };
}
