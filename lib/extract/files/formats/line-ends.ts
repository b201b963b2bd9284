import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { OpenFile } from './format.ts';

const LF = 10;
const CR = 13;
/** Of the mark that UTF-8 may begin with. */
const MARK_BYTES = 3;
const LAST_OF_MARK = 0xbf;
const PIECE_BYTES = 256 * 1024;

interface Signs {
  readonly delimiter: string;
  readonly quote: string;
  readonly escape: string;
}

/**
 * The file with one kind of line end: itself, or a copy beside it where lines end in several ways, which DuckDB does not read. What stands
 * in quotes stays as it is.
 */
export async function withOneLineEnd(file: OpenFile, signs: Signs): Promise<OpenFile> {
  if (!(await endsDiffer(file, signs))) return file;
  const path = `${file.beside}.lines`;
  const { convert } = lineEnds(signs);
  const converted = async function* (pieces: AsyncIterable<Buffer>) {
    for await (const piece of pieces) yield convert(piece);
  };
  await pipeline(createReadStream(file.path), converted, createWriteStream(path));
  return { ...file, path };
}

/**
 * Where the last whole row ends. Null if what follows it are several lines and a quote that nothing closes: a row that is still being
 * written, or one that is broken and makes all that follow it look like its text.
 */
export async function lastRowEnd(path: string, signs: Signs): Promise<number | null> {
  const { convert, wholeRowsEnd } = lineEnds(signs);
  for await (const piece of piecesOf(path)) convert(piece);
  return wholeRowsEnd();
}

async function endsDiffer({ path }: OpenFile, signs: Signs): Promise<boolean> {
  if (!(await holdsReturns(path))) return false;
  const { convert, end, kinds } = lineEnds(signs);
  for await (const piece of piecesOf(path)) {
    convert(piece);
    if (kinds.size > 1) return true;
  }
  end();
  return kinds.size > 1;
}

/** Most files do not, and need no closer look. */
async function holdsReturns(path: string): Promise<boolean> {
  for await (const piece of piecesOf(path)) if (piece.includes(CR)) return true;
  return false;
}

/** Through one buffer, which the next piece overwrites. */
async function* piecesOf(path: string): AsyncGenerator<Buffer> {
  await using handle = await open(path);
  const buffer = Buffer.allocUnsafeSlow(PIECE_BYTES);
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, PIECE_BYTES);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Turns every line end outside of quotes into a line feed, piece by piece, and notes which kinds there were. */
function lineEnds({ delimiter, quote, escape: escapeSign }: Signs) {
  const [separator, mark, escaping] = [delimiter.at(-1) ?? '', quote, escapeSign].map((sign) => sign.charCodeAt(0));
  const kinds = new Set<'LF' | 'CR' | 'CRLF'>();
  let isQuoted = false;
  let isEscaped = false;
  let before = LF;
  let passed = 0;
  let rowEnd = 0;
  let quotedBreak = -1;
  const convert = (piece: Buffer): Buffer => {
    const out = Buffer.allocUnsafe(piece.length);
    let length = 0;
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at] as number;
      if (isQuoted) {
        if (byte === LF || byte === CR) quotedBreak = passed + at;
        out[length++] = byte;
        if (isEscaped) isEscaped = false;
        else if (byte === escaping && escaping !== mark) isEscaped = true;
        else if (byte === mark) isQuoted = false;
      } else {
        if (before === CR) kinds.add(byte === LF ? 'CRLF' : 'CR');
        else if (byte === LF) kinds.add('LF');
        if (byte === LF) rowEnd = passed + at + 1;
        else if (before === CR) rowEnd = passed + at;
        // A second quote behind the one that closed is a quote of the text.
        if (byte === mark) {
          const isFirst = passed + at === MARK_BYTES && before === LAST_OF_MARK;
          isQuoted = before === separator || before === LF || before === CR || before === mark || isFirst;
        }
        if (!(byte === LF && before === CR)) out[length++] = byte === CR ? LF : byte;
      }
      before = byte;
    }
    passed += piece.length;
    return out.subarray(0, length);
  };
  /** A return that nothing follows. */
  const end = () => {
    if (!isQuoted && before === CR) kinds.add('CR');
  };
  const wholeRowsEnd = () => (isQuoted && quotedBreak >= rowEnd ? null : rowEnd);
  return { convert, end, kinds, wholeRowsEnd };
}
