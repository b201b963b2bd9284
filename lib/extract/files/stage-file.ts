import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { fileError } from './file-errors.ts';
import type { FileEntry, FileProvider } from './providers/provider.ts';

const MAX_UNPACKED_BYTES = 20 * 1024 ** 3;
const RATIO_FROM_BYTES = 64 * 1024 ** 2;
const MAX_RATIO = 300;

/** A private copy of one version of a file, unpacked. */
export interface StagedFile {
  readonly path: string;
  readonly version: string;
  readonly bytes: number;
  remove(): Promise<void>;
}

/**
 * Copies a file to where nobody changes it, and unpacks gzip and zstd (told by their first bytes). Null if it is still
 * the known version.
 */
export async function stageFile(
  provider: FileProvider,
  entry: FileEntry,
  known: string | null,
): Promise<StagedFile | null> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'weir-file-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const copy = path.join(folder, 'file');
    const fetched = await provider.fetch(entry, copy, known);
    if (fetched === null) {
      await remove();
      return null;
    }
    const plain = await unpacked(copy, path.join(folder, 'unpacked'), entry.name);
    return { path: plain, version: fetched.version, bytes: (await stat(plain)).size, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function unpacked(file: string, target: string, name: string): Promise<string> {
  const start = await firstBytes(file, 4);
  const packing = PACKINGS.find(({ magic }) => magic.equals(start.subarray(0, magic.length)));
  if (!packing) return file;
  const packedBytes = (await stat(file)).size;
  let bytes = 0;
  const limited = async function* (pieces: AsyncIterable<Uint8Array>) {
    for await (const piece of pieces) {
      bytes += piece.length;
      const isBomb = bytes > RATIO_FROM_BYTES && bytes > packedBytes * MAX_RATIO;
      if (isBomb || bytes > MAX_UNPACKED_BYTES) throw tooLarge(name);
      yield piece;
    }
  };
  try {
    await pipeline(createReadStream(file), packing.open(), limited, createWriteStream(target));
    return target;
  } catch (error) {
    if ((error as { name?: string }).name === 'WeirError') throw error;
    const hint = 'Unpack it by hand to see whether it is whole.';
    throw fileError('config', 'file_broken', { file: name }, `is not valid ${packing.name}.`, hint, error);
  }
}

const PACKINGS = [
  { name: 'gzip', magic: Buffer.from([0x1f, 0x8b]), open: () => createGunzip() },
  { name: 'zstd', magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), open: () => createZstdDecompress() },
];

async function firstBytes(file: string, count: number): Promise<Buffer> {
  await using handle = await open(file);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(count), 0, count, 0);
  return buffer.subarray(0, bytesRead);
}

function tooLarge(file: string) {
  const hint = 'Split it, or have it written with less packing.';
  return fileError('config', 'file_too_large', { file }, 'unpacks to more than is taken.', hint);
}
