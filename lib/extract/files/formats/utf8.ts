import { isUtf8 } from 'node:buffer';
import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { fileError } from '../file-errors.ts';
import { firstBytes } from '../first-bytes.ts';
import type { OpenFile } from './format.ts';

const HEAD_BYTES = 1024 * 1024;
const LF = 10;
/** Bytes that no UTF-8 text has are most likely Windows' Western letters, which hold all of Latin-1's. */
const FALLBACK = 'windows-1252';

/** Their bytes say in which order they are. */
const BY_MARK = /^utf[-_]?16$/i;
/** Every second byte of Western text in UTF-16 is none; of any other, hardly one. */
const ZEROS = 0.3;

/** The file as UTF-8: itself, or a copy. The encoding is found by the first bytes when none is given. */
export async function asUtf8(file: OpenFile, encoding: string | null): Promise<OpenFile> {
  const label = await labelOf(file, encoding);
  if (label === 'utf-8') return file;
  const decoder = new TextDecoder(label);
  const path = `${file.beside}.utf8`;
  const decoded = async function* (pieces: AsyncIterable<Buffer>) {
    for await (const piece of pieces) yield decoder.decode(piece, { stream: true });
    yield decoder.decode();
  };
  await pipeline(createReadStream(file.path), decoded, createWriteStream(path));
  return { ...file, path };
}

/** Whether the signs of CSV are single bytes, and these bytes nothing else: so in all encodings but UTF-16. */
export async function hasPlainLineEnds(file: OpenFile, encoding: string | null): Promise<boolean> {
  return !(await labelOf(file, encoding)).startsWith('utf-16');
}

async function labelOf(file: OpenFile, encoding: string | null): Promise<string> {
  const found = encoding !== null && !BY_MARK.test(encoding) ? encoding : await detectedEncoding(file);
  return decoderLabel(found, file.name);
}

/** Python's and DuckDB's names, and those of the web: `latin-1`, `cp1252`, `utf_16`. */
function decoderLabel(encoding: string, file: string): string {
  const plain = encoding.toLowerCase().replaceAll('_', '-');
  const label =
    { 'latin-1': FALLBACK, latin1: FALLBACK, utf8: 'utf-8', 'utf-8-sig': 'utf-8' }[plain] ??
    plain.replace(/^cp(\d+)$/, 'windows-$1');
  try {
    return new TextDecoder(label).encoding;
  } catch (error) {
    const hint = 'Names are those of the web: utf-8, utf-16, windows-1252, iso-8859-15, shift_jis and others.';
    throw fileError('config', 'bad_options', { file }, `no encoding is called ${encoding}.`, hint, error);
  }
}

/** The first line with bytes that are no UTF-8, counted from 1; null if there is none. */
export async function firstLineNotUtf8(path: string): Promise<number | null> {
  await using handle = await open(path);
  const buffer = Buffer.allocUnsafeSlow(HEAD_BYTES);
  let line = 1;
  for (let kept = 0; ; ) {
    const { bytesRead } = await handle.read(buffer, kept, HEAD_BYTES - kept);
    const bytes = buffer.subarray(0, kept + bytesRead);
    // Up to a line end, so that no character is cut; a line as long as all of it can't help it.
    const end = bytesRead === 0 || !bytes.includes(LF) ? bytes.length : bytes.lastIndexOf(LF) + 1;
    const whole = bytes.subarray(0, end);
    if (!isUtf8(whole)) return line + linesBefore(whole);
    if (bytesRead === 0) return null;
    line += countOf(whole, LF);
    kept = bytes.copy(buffer, 0, end);
  }
}

function linesBefore(bytes: Buffer): number {
  let lines = 0;
  for (let start = 0; start < bytes.length; lines++) {
    const end = bytes.indexOf(LF, start);
    if (!isUtf8(bytes.subarray(start, end < 0 ? bytes.length : end))) return lines;
    start = end < 0 ? bytes.length : end + 1;
  }
  return lines;
}

function countOf(bytes: Buffer, sign: number): number {
  let count = 0;
  for (let at = bytes.indexOf(sign); at >= 0; at = bytes.indexOf(sign, at + 1)) count++;
  return count;
}

async function detectedEncoding({ path }: OpenFile): Promise<string> {
  const head = await firstBytes(path, HEAD_BYTES);
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  const zeros = [0, 0];
  for (let at = head.indexOf(0); at >= 0; at = head.indexOf(0, at + 1)) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const [first = 0, second = 0] = zeros;
  if (Math.max(first, second) > (head.length / 2) * ZEROS && Math.min(first, second) === 0)
    return second > 0 ? 'utf-16le' : 'utf-16be';
  // A character may be cut at the end.
  const whole = head.length < HEAD_BYTES ? head : head.subarray(0, head.lastIndexOf(10) + 1 || head.length - 4);
  return isUtf8(whole) ? 'utf-8' : FALLBACK;
}
