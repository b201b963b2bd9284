import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import type { WeirError } from '#lib/errors.ts';
import { fileError } from './file-errors.ts';

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const END_BYTES = 22;
/** Of archives that may have any size: the end is told twice, the second time in longer fields. */
const LONG_END = 0x06064b50;
const LONG_END_BYTES = 56;
const LOCATOR = 0x07064b50;
const LOCATOR_BYTES = 20;
const LONG_FIELDS = 1;
const LONGEST_COMMENT = 65_535;
const MOST_FILES = 10_000;
/** It is held in memory. */
const MOST_DIRECTORY_BYTES = 64 * 1024 * 1024;
/** The real value stands in a longer field. */
const ELSEWHERE = 0xffffffff;
const STORED = 0;
const DEFLATED = 8;

/** A file inside a zip archive. */
export interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly packedBytes: number;
  readonly offset: number;
  /** What its content must come to. */
  readonly bytes: number;
  readonly crc: number;
}

/** The files of an archive in the order of its directory, without its folders. @throws WeirError file_broken */
export async function zipEntries(path: string, name: string): Promise<ZipEntry[]> {
  await using handle = await open(path);
  const { count, place, length } = await findDirectory(handle, name);
  if (count > MOST_FILES) throw tooMany(name, count);
  const directory = await bytesAt(handle, place, length);
  const entries: ZipEntry[] = [];
  for (let index = 0, at = 0; index < count; index++) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== ENTRY)
      throw broken(name, 'its directory is broken');
    const nameBytes = directory.readUInt16LE(at + 28);
    const inner = directory.toString('utf8', at + 46, at + 46 + nameBytes);
    if ((directory.readUInt16LE(at + 8) & 1) === 1) throw broken(name, `${inner} is encrypted`);
    const extraBytes = directory.readUInt16LE(at + 30);
    const extra = directory.subarray(at + 46 + nameBytes, at + 46 + nameBytes + extraBytes);
    const short = [at + 24, at + 20, at + 42].map((field) => directory.readUInt32LE(field));
    const [bytes = 0, packedBytes = 0, offset = 0] = longFields(extra, short);
    if (packedBytes === ELSEWHERE) throw broken(name, `the length of ${inner} is missing`);
    const crc = directory.readUInt32LE(at + 16);
    if (!inner.endsWith('/'))
      entries.push({ name: inner, method: directory.readUInt16LE(at + 10), packedBytes, offset, bytes, crc });
    at += 46 + nameBytes + extraBytes + directory.readUInt16LE(at + 32);
  }
  return entries;
}

interface Directory {
  readonly count: number;
  readonly place: number;
  readonly length: number;
}

async function findDirectory(handle: FileHandle, name: string): Promise<Directory> {
  const { size } = await handle.stat();
  const tailBytes = Math.min(size, END_BYTES + LONGEST_COMMENT + LOCATOR_BYTES);
  const tail = await bytesAt(handle, size - tailBytes, tailBytes);
  let end = tail.length - END_BYTES;
  while (end >= 0 && tail.readUInt32LE(end) !== END) end--;
  if (end < 0) throw broken(name, 'it has no end');
  const locator = end - LOCATOR_BYTES;
  const isLong = locator >= 0 && tail.readUInt32LE(locator) === LOCATOR;
  const found = isLong
    ? await longEnd(handle, name, numberAt(tail, locator + 8))
    : { count: tail.readUInt16LE(end + 10), length: tail.readUInt32LE(end + 12), place: tail.readUInt32LE(end + 16) };
  if (found.place + found.length > size || found.length > MOST_DIRECTORY_BYTES)
    throw broken(name, 'its directory is broken');
  return found;
}

async function longEnd(handle: FileHandle, name: string, place: number): Promise<Directory> {
  const end = await bytesAt(handle, place, LONG_END_BYTES);
  if (end.length < LONG_END_BYTES || end.readUInt32LE(0) !== LONG_END) throw broken(name, 'its end is broken');
  return { count: numberAt(end, 32), length: numberAt(end, 40), place: numberAt(end, 48) };
}

/** Those of the fields that did not fit stand one after another in an extra one, in their order. */
function longFields(extra: Buffer, fields: readonly number[]): number[] {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== LONG_FIELDS) continue;
    let next = at + 4;
    return fields.map((value) => {
      if (value !== ELSEWHERE || next + 8 > extra.length) return value;
      next += 8;
      return numberAt(extra, next - 8);
    });
  }
  return [...fields];
}

/** Beyond what a number holds, no file is so long. */
function numberAt(bytes: Buffer, at: number): number {
  return Number(bytes.readBigUInt64LE(at));
}

/**
 * A file's content, unpacked as it is read, and held against its length and sum in the end. Whoever reads it counts the bytes.
 * @throws WeirError (while read too) file_broken
 */
export async function openZipEntry(path: string, name: string, entry: ZipEntry): Promise<Readable> {
  await using handle = await open(path);
  const local = await bytesAt(handle, entry.offset, 30);
  if (local.length < 30) throw broken(name, `${entry.name} is not in it`);
  const start = entry.offset + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
  if (entry.method !== STORED && entry.method !== DEFLATED)
    throw broken(name, `${entry.name} is packed in a way that is not known`);
  // Nothing packs to nothing: it has its length and sum to tell.
  if (entry.packedBytes === 0) return Readable.from(checked(Readable.from([]), name, entry), { objectMode: false });
  const packed = createReadStream(path, { start, end: start + entry.packedBytes - 1 });
  return Readable.from(checked(entry.method === STORED ? packed : inflated(packed), name, entry), {
    objectMode: false,
  });
}

function inflated(packed: Readable): Readable {
  const inflate = createInflateRaw();
  packed.on('error', (error) => inflate.destroy(error));
  // Whoever has seen enough of it stops before its end.
  inflate.on('close', () => packed.destroy());
  return packed.pipe(inflate);
}

async function* checked(content: Readable, name: string, { name: inner, bytes, crc }: ZipEntry) {
  let sum = 0;
  let length = 0;
  for await (const piece of content as AsyncIterable<Buffer>) {
    sum = crc32(piece, sum);
    length += piece.length;
    yield piece;
  }
  if (length !== bytes || sum !== crc) throw broken(name, `${inner} is not what was packed`);
}

async function bytesAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  if (!Number.isSafeInteger(position)) return Buffer.alloc(0);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

function tooMany(file: string, count: number): WeirError {
  const hint = 'Pack the file that is to be read by itself.';
  const [has, most] = [count, MOST_FILES].map((number) => number.toLocaleString('en'));
  return fileError('config', 'zip_members', { file }, `holds ${has} files; at most ${most} are looked through.`, hint);
}

function broken(file: string, why: string): WeirError {
  const hint = 'Unpack it by hand to see whether it is whole.';
  return fileError('config', 'file_broken', { file }, `can’t be read as a zip archive: ${why}.`, hint);
}
