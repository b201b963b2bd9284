import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat, truncate } from 'node:fs/promises';
import os from 'node:os';
import path, { matchesGlob } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { unzstd } from '../zstd.ts';
import { fileChanged, fileError, isOfOwnDisk } from './file-errors.ts';
import type { FileStreamOptions } from './file-options.ts';
import { firstBytes } from './first-bytes.ts';
import type { FileFormat } from './formats/format.ts';
import { openFormat } from './formats/index.ts';
import type { FileEntry, FileProvider, Told } from './providers/provider.ts';
import { openZipEntry, type ZipEntry, zipEntries } from './zip-file.ts';

const MAX_UNPACKED_BYTES = 20 * 1024 ** 3;
const RATIO_FROM_BYTES = 64 * 1024 ** 2;
const MAX_RATIO = 300;
const SHOWN_ENTRIES = 10;
/** A packed file inside a packed file, and so on. */
const MOST_LAYERS = 4;

/** One version of a file to be read, unpacked. */
export interface StagedFile {
  readonly path: string;
  /** Names that begin so are free for what is made of it. */
  readonly beside: string;
  readonly version: string;
  readonly bytes: number;
  /** What is to be known of how it was taken. */
  readonly notice?: string;
  /** Of a file that is no private copy. */
  readonly assertUnchanged?: () => Promise<void>;
  remove(): Promise<void>;
}

type StageOptions = Pick<FileStreamOptions, 'format' | 'member'> & {
  /** Somebody may be adding rows to it: what is there is taken. */
  readonly mayGrow?: boolean;
};

/**
 * Copies a file to where nobody changes it, and unpacks gzip, zstd and zip (told by their first bytes; a workbook stays packed). Null
 * if it is still the known version. Of one that grows meanwhile and may, up to its last whole row.
 */
export async function stageFile(
  provider: FileProvider,
  entry: FileEntry,
  known: string | null,
  options: StageOptions,
  told?: Told,
): Promise<StagedFile | null> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'weir-file-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const copy = path.join(folder, 'file');
    const { wholeRowsEnd } = openFormat(options.format);
    const asItIs = options.mayGrow && wholeRowsEnd && provider.snapshot;
    const fetched = asItIs ? await asItIs(entry, copy, told) : await provider.fetch(entry, copy, known, told);
    if (fetched === null) {
      await remove();
      return null;
    }
    const { version, grew = false }: { version: string; grew?: boolean } = fetched;
    const notice = grew ? await endAtWholeRow(copy, entry.name, wholeRowsEnd) : undefined;
    const plain = await unpacked(copy, entry.name, options);
    const file = { path: plain, beside: plain, version, bytes: (await stat(plain)).size, remove };
    return { ...file, ...(notice && { notice }) };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Cuts off what may be half a row. */
async function endAtWholeRow(copy: string, name: string, wholeRowsEnd: FileFormat['wholeRowsEnd']): Promise<string> {
  if (isPacked(await firstBytes(copy, 4))) throw fileChanged(name);
  const end = (await wholeRowsEnd?.({ name, path: copy, beside: copy })) ?? null;
  if (end === null) throw rowNotClosed(name);
  await truncate(copy, end);
  return `${name} is being added to: ${end} bytes of it, up to the last whole row, were taken. The next sync reads it with the rest.`;
}

/** A file where it lies, if it is not packed and its provider lets it be read there; null where it has to be staged. */
export async function fileInPlace(provider: FileProvider, entry: FileEntry): Promise<StagedFile | null> {
  const file = (await provider.open?.(entry)) ?? null;
  if (file === null) return null;
  const folder = await mkdtemp(path.join(os.tmpdir(), 'weir-file-')).catch(async (error: unknown) => {
    await file.close();
    throw error;
  });
  const remove = async () => {
    await file.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const { path: place, version, assertUnchanged } = file;
    await assertUnchanged();
    if (isPacked(await firstBytes(place, 4))) {
      await remove();
      return null;
    }
    const { size } = await stat(place);
    return { path: place, beside: path.join(folder, 'file'), version, bytes: size, assertUnchanged, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

function isPacked(start: Buffer): boolean {
  return ZIPS.some((magic) => magic.equals(start)) || packingOf(start) !== undefined;
}

/** Until nothing is packed any more. */
async function unpacked(
  file: string,
  name: string,
  options: Pick<FileStreamOptions, 'format' | 'member'>,
): Promise<string> {
  const packed = [file];
  for (;;) {
    const last = packed.at(-1) ?? file;
    const plain = await unpackedOnce(last, `${file}-${packed.length}`, name, options);
    if (plain === last) return last;
    if (packed.length > 1) await rm(last);
    if (packed.push(plain) > MOST_LAYERS) throw tooDeep(name);
  }
}

async function unpackedOnce(
  file: string,
  target: string,
  name: string,
  { format, member }: Pick<FileStreamOptions, 'format' | 'member'>,
): Promise<string> {
  const start = await firstBytes(file, 4);
  const isZip = ZIPS.some((magic) => magic.equals(start)) && format.type !== 'excel';
  const packing = packingOf(start);
  if (!packing && !isZip) return file;
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
    if (packing) await pipeline(createReadStream(file), packing.open(), limited, createWriteStream(target));
    else
      await pipeline(
        await openZipEntry(file, name, await chosen(file, name, member)),
        limited,
        createWriteStream(target),
      );
    return target;
  } catch (error) {
    if ((error as { name?: string }).name === 'WeirError' || isOfOwnDisk(error)) throw error;
    const hint = 'Unpack it by hand to see whether it is whole.';
    throw fileError('config', 'file_broken', { file: name }, `is not valid ${packing?.name ?? 'zip'}.`, hint, error);
  }
}

/** The second is that of an archive of nothing. */
const ZIPS = [Buffer.from([0x50, 0x4b, 0x03, 0x04]), Buffer.from([0x50, 0x4b, 0x05, 0x06])];
/** What file managers put beside the files. */
const NOT_FILES = /^__MACOSX\/|(?:^|\/)(?:\.DS_Store|Thumbs\.db)$/;

/** The one file of an archive, or the one that `member` names. */
async function chosen(file: string, name: string, member: string | undefined): Promise<ZipEntry> {
  const entries = (await zipEntries(file, name)).filter((entry) => !NOT_FILES.test(entry.name));
  const fitting = entries.filter(
    (entry) => member === undefined || entry.name === member || matchesGlob(entry.name, member),
  );
  const [only] = fitting;
  if (only && fitting.length === 1) return only;
  const some = entries.slice(0, SHOWN_ENTRIES).map((entry) => entry.name);
  const hint =
    some.length > 0
      ? `Name one of them as member: ${some.join(', ')}${entries.length > some.length ? ' …' : ''}.`
      : 'Check that the archive is the right one.';
  const what = `holds ${fitting.length} files${member === undefined ? '' : ` that ${member} means`}, and one is read.`;
  throw fileError('config', 'zip_members', { file: name }, what, hint);
}

const PACKINGS = [
  { name: 'gzip', magic: Buffer.from([0x1f, 0x8b]), open: () => createGunzip() },
  { name: 'zstd', magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), open: () => unzstd() },
];

function packingOf(start: Buffer) {
  return PACKINGS.find(({ magic }) => magic.equals(start.subarray(0, magic.length)));
}

function tooDeep(file: string) {
  const hint = 'Pack it once.';
  return fileError('config', 'file_too_large', { file }, `is packed more than ${MOST_LAYERS} times over.`, hint);
}

function rowNotClosed(file: string) {
  const hint = 'Have whole rows be added at once, and look at the quotes of its last rows.';
  const what = 'is being added to, and its last row spans lines without an end yet.';
  return fileError('transient', 'file_changed', { file }, what, hint);
}

function tooLarge(file: string) {
  const hint = 'Split it, or have it written with less packing.';
  return fileError('config', 'file_too_large', { file }, 'unpacks to more than is taken.', hint);
}
