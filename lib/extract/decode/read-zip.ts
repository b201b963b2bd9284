import { inflateRawSync } from 'node:zlib';
import { WeirError } from '#lib/errors.ts';

/** All files of one archive together. */
const MOST_UNPACKED = 512 * 1024 * 1024;
const MOST_FILES = 10_000;
const END = 0x06054b50;
const ENTRY = 0x02014b50;
const END_BYTES = 22;
const LONGEST_COMMENT = 65_535;
const STORED = 0;
const DEFLATED = 8;

export interface ZippedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The files of a zip archive in the order of its directory, each unpacked when asked for. @throws WeirError bad_zip */
export function* readZip(raw: Uint8Array): Generator<ZippedFile> {
  const archive = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const end = endOf(archive);
  const count = archive.readUInt16LE(end + 10);
  if (count > MOST_FILES) throw bad(`it holds ${count} files, and ${MOST_FILES} are the most`);
  let at = archive.readUInt32LE(end + 16);
  let left = MOST_UNPACKED;
  for (let index = 0; index < count; index++) {
    if (at + 46 > archive.length || archive.readUInt32LE(at) !== ENTRY) throw bad('its directory is broken');
    const nameBytes = archive.readUInt16LE(at + 28);
    const name = archive.subarray(at + 46, at + 46 + nameBytes).toString('utf8');
    if (!name.endsWith('/')) {
      const bytes = unpacked(archive, at, name, left);
      left -= bytes.length;
      yield { name, bytes };
    }
    at += 46 + nameBytes + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
}

/** Where the record stands that closes an archive: at its end, before a comment. */
function endOf(archive: Buffer): number {
  for (let at = archive.length - END_BYTES; at >= Math.max(0, archive.length - END_BYTES - LONGEST_COMMENT); at--)
    if (archive.readUInt32LE(at) === END) return at;
  throw bad('it has no end');
}

function unpacked(archive: Buffer, entry: number, name: string, left: number): Uint8Array {
  const method = archive.readUInt16LE(entry + 10);
  const size = archive.readUInt32LE(entry + 20);
  const local = archive.readUInt32LE(entry + 42);
  if ((archive.readUInt16LE(entry + 8) & 1) === 1) throw bad(`${name} is encrypted`);
  if (local + 30 > archive.length) throw bad(`${name} is not in it`);
  const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  const packed = archive.subarray(start, start + size);
  if (packed.length < size) throw bad(`${name} is cut off`);
  if (method === STORED && size <= left) return packed;
  if (method !== DEFLATED)
    throw bad(method === STORED ? `it holds more than 512 MB` : `${name} is packed in a way that is not known`);
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, left) });
  } catch (cause) {
    const { code } = cause as { code?: string };
    throw bad(code === 'ERR_BUFFER_TOO_LARGE' ? 'it holds more than 512 MB' : `${name} is broken`, cause);
  }
}

function bad(why: string, cause?: unknown): WeirError {
  return new WeirError({
    kind: 'transient',
    code: 'bad_zip',
    message: `The answer is no zip archive that can be read: ${why}.`,
    hint: 'Look at the response in a test of this stream.',
    cause,
  });
}
