import { isUtf8 } from 'node:buffer';
import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { fileError } from '../file-errors.ts';
import type { OpenFile } from './format.ts';

const HEAD_BYTES = 1024 * 1024;
/** Bytes that no UTF-8 text has are most likely Windows' Western letters, which hold all of Latin-1's. */
const FALLBACK = 'windows-1252';

/** Their bytes say in which order they are. */
const BY_MARK = /^utf[-_]?16$/i;
/** Every second byte of Western text in UTF-16 is none; of any other, hardly one. */
const ZEROS = 0.3;

/** The file as UTF-8: itself, or a copy. The encoding is found by the first bytes when none is given. */
export async function asUtf8(file: OpenFile, encoding: string | null): Promise<OpenFile> {
  const found = encoding !== null && !BY_MARK.test(encoding) ? encoding : await detectedEncoding(file);
  const label = decoderLabel(found, file.name);
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

async function detectedEncoding({ path }: OpenFile): Promise<string> {
  await using handle = await open(path);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
  const head = buffer.subarray(0, bytesRead);
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  const zeros = [0, 0];
  for (const [at, byte] of head.entries()) if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const [first = 0, second = 0] = zeros;
  if (Math.max(first, second) > (head.length / 2) * ZEROS && Math.min(first, second) === 0)
    return second > 0 ? 'utf-16le' : 'utf-16be';
  // A character may be cut at the end.
  const whole = bytesRead < HEAD_BYTES ? head : head.subarray(0, head.lastIndexOf(10) + 1 || bytesRead - 4);
  return isUtf8(whole) ? 'utf-8' : FALLBACK;
}
