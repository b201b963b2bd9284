import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import type { WeirError } from '#lib/errors.ts';
import { fileError } from './file-errors.ts';

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const END_BYTES = 22;
const LONGEST_COMMENT = 65_535;
const MOST_FILES = 10_000;
const TOO_LARGE = 0xffffffff;
const STORED = 0;
const DEFLATED = 8;

/** A file inside a zip archive. */
export interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly packedBytes: number;
  readonly offset: number;
}

/** The files of an archive in the order of its directory, without its folders. @throws WeirError file_broken */
export async function zipEntries(path: string, name: string): Promise<ZipEntry[]> {
  await using handle = await open(path);
  const { size } = await handle.stat();
  const tail = await bytesAt(handle, Math.max(0, size - END_BYTES - LONGEST_COMMENT), END_BYTES + LONGEST_COMMENT);
  let end = tail.length - END_BYTES;
  while (end >= 0 && tail.readUInt32LE(end) !== END) end--;
  if (end < 0) throw broken(name, 'it has no end');
  const count = tail.readUInt16LE(end + 10);
  if (count > MOST_FILES) throw broken(name, `it holds more than ${MOST_FILES} files`);
  const directory = await bytesAt(handle, tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12));
  const entries: ZipEntry[] = [];
  for (let index = 0, at = 0; index < count; index++) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== ENTRY)
      throw broken(name, 'its directory is broken');
    const nameBytes = directory.readUInt16LE(at + 28);
    const inner = directory.toString('utf8', at + 46, at + 46 + nameBytes);
    const packedBytes = directory.readUInt32LE(at + 20);
    const offset = directory.readUInt32LE(at + 42);
    if ((directory.readUInt16LE(at + 8) & 1) === 1) throw broken(name, `${inner} is encrypted`);
    if (packedBytes === TOO_LARGE || offset === TOO_LARGE) throw broken(name, `${inner} is larger than 4 GB`);
    if (!inner.endsWith('/'))
      entries.push({ name: inner, method: directory.readUInt16LE(at + 10), packedBytes, offset });
    at += 46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

/** A file's content, unpacked as it is read. Whoever reads it counts the bytes. */
export async function openZipEntry(path: string, name: string, entry: ZipEntry): Promise<Readable> {
  await using handle = await open(path);
  const local = await bytesAt(handle, entry.offset, 30);
  if (local.length < 30) throw broken(name, `${entry.name} is not in it`);
  const start = entry.offset + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
  if (entry.method !== STORED && entry.method !== DEFLATED)
    throw broken(name, `${entry.name} is packed in a way that is not known`);
  const packed = createReadStream(path, { start, end: Math.max(start, start + entry.packedBytes - 1) });
  if (entry.method === STORED) return packed;
  const inflate = createInflateRaw();
  packed.on('error', (error) => inflate.destroy(error));
  return packed.pipe(inflate);
}

async function bytesAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

function broken(file: string, why: string): WeirError {
  const hint = 'Unpack it by hand to see whether it is whole.';
  return fileError('config', 'file_broken', { file }, `can’t be read as a zip archive: ${why}.`, hint);
}
