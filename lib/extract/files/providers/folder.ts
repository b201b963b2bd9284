import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, glob, open, realpath } from 'node:fs/promises';
import path from 'node:path';
import type { WeirError } from '#lib/errors.ts';
import { fileChanged, fileError, fileGone, fileNotFound } from '../file-errors.ts';
import type { FileEntry, FileProvider } from './provider.ts';

const MAX_FILES = 100_000;
const COPY_BYTES = 1024 * 1024;
const AT_ONCE = 16;
const GLOB = /[*?[{]/;

/**
 * Files of a folder, as far as they lie inside of an allowed root: links are followed first and judged by where they lead,
 * and only regular files are opened.
 */
export function folderFiles(
  roots: readonly string[],
  folder: string,
  patterns: readonly string[],
  notFound = fileNotFound,
): FileProvider {
  const real = new Map<string, string>();
  const inside = async (name: string, missing = notFound): Promise<string> => {
    const target = await realpath(path.resolve(folder, name)).catch((error) => {
      throw (error as { code?: string }).code === 'ENOENT' ? missing(name, error) : refused(name, error);
    });
    for (const root of roots) if (isWithin(await realpath(root).catch(() => root), target)) return target;
    throw refused(name);
  };
  const entry = async (name: string, missing: typeof notFound): Promise<FileEntry> => {
    const target = await inside(name, missing);
    real.set(name, target);
    await using file = await openRegular(name, target, missing);
    return { name, version: await versionOf(file), bytes: (await file.stat()).size };
  };
  /** As it was listed. */
  const reopened = async (name: string) =>
    openRegular(name, real.get(name) ?? (await inside(name, fileGone)), fileGone);
  return {
    async list() {
      const named = patterns.filter((pattern) => !GLOB.test(pattern));
      const names = new Set(named);
      for (const pattern of patterns.filter((one) => GLOB.test(one))) {
        await inside('.');
        for await (const match of glob(pattern, { cwd: folder, withFileTypes: true })) {
          if (!match.isDirectory()) names.add(path.relative(folder, path.join(match.parentPath, match.name)));
          if (names.size > MAX_FILES) throw tooMany(pattern);
        }
      }
      return inTurns([...names].sort(), (name) => entry(name, named.includes(name) ? notFound : fileGone));
    },
    async fetch({ name, version, bytes }, target, _known, told) {
      await using file = await reopened(name);
      // No more than was there: it could grow as fast as it is copied.
      await copyTo(file, target, bytes ?? Infinity, (copied) => told?.onBytes?.(copied, bytes));
      if ((await versionOf(file)) !== version) throw fileChanged(name);
      return { version: version ?? '' };
    },
    async snapshot({ name }, target, told) {
      await using file = await openRegular(name, await inside(name, fileGone), fileGone);
      const before = await file.stat({ bigint: true });
      const size = Number(before.size);
      const version = versionIn(before);
      await copyTo(file, target, size, (copied) => told?.onBytes?.(copied, size));
      if (await isStill(file, version)) return { version, grew: false };
      if (!(await beginsLike(file, target, size))) throw fileChanged(name);
      return { version, grew: true };
    },
    async open({ name, version }) {
      // Elsewhere no path leads to an open file.
      if (process.platform !== 'linux' || version === null) return null;
      const file = await reopened(name);
      const assertUnchanged = async () => {
        if (!(await isStill(file, version))) throw fileChanged(name);
      };
      return { path: `/proc/self/fd/${file.fd}`, version, assertUnchanged, close: () => file.close() };
    },
  };
}

/** Some at a time: each holds a file open. */
async function inTurns(names: readonly string[], work: (name: string) => Promise<FileEntry>): Promise<FileEntry[]> {
  const done: FileEntry[] = [];
  for (let at = 0; at < names.length; at += AT_ONCE)
    done.push(...(await Promise.all(names.slice(at, at + AT_ONCE).map(work))));
  return done;
}

/** Through one buffer: streams take twice as long. */
async function copyTo(
  file: FileHandle,
  target: string,
  most: number,
  onBytes: (copied: number) => void,
): Promise<void> {
  await using copy = await open(target, 'w');
  const buffer = Buffer.allocUnsafeSlow(Math.max(1, Math.min(COPY_BYTES, most)));
  for (let copied = 0; ; onBytes(copied)) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, most - copied), copied);
    if (bytesRead === 0) return;
    await copy.writeFile(buffer.subarray(0, bytesRead));
    copied += bytesRead;
  }
}

/**
 * Whether the file still begins with its copy. Each byte was then the same before and after the moment between copying and comparing:
 * all of it was so at that moment.
 */
async function beginsLike(file: FileHandle, copied: string, size: number): Promise<boolean> {
  await using copy = await open(copied);
  const [ours, theirs] = [Buffer.allocUnsafeSlow(COPY_BYTES), Buffer.allocUnsafeSlow(COPY_BYTES)];
  for (let at = 0; at < size; ) {
    const { bytesRead } = await copy.read(ours, 0, COPY_BYTES, at);
    if (bytesRead === 0) return false;
    const read = await file.read(theirs, 0, bytesRead, at);
    if (read.bytesRead !== bytesRead || !ours.subarray(0, bytesRead).equals(theirs.subarray(0, bytesRead)))
      return false;
    at += bytesRead;
  }
  return true;
}

function isWithin(root: string, target: string): boolean {
  const relative = path.relative(root, target);
  return relative === '' || (!relative.startsWith(`..${path.sep}`) && relative !== '..' && !path.isAbsolute(relative));
}

/** No link (the path is real already, so one would be new), and no pipe or device, which could block for ever. */
async function openRegular(name: string, target: string, missing: typeof fileNotFound): Promise<FileHandle> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(target, flags).catch((error) => {
    throw (error as { code?: string }).code === 'ENOENT' ? missing(name, error) : refused(name, error);
  });
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw refused(name);
}

/** The time of change can't be set back by hand, so equal times with other content don't deceive. */
async function versionOf(file: FileHandle): Promise<string> {
  return versionIn(await file.stat({ bigint: true }));
}

function versionIn({ mtimeNs, ctimeNs, size, ino }: BigIntStats): string {
  return `${mtimeNs}-${ctimeNs}-${size}-${ino}`;
}

/** Losing its name to another file, as a good writer has it, sets a file's time of change, and changes nothing that is read. */
async function isStill(file: FileHandle, version: string): Promise<boolean> {
  const now = await file.stat({ bigint: true });
  const [, ctimeNs = ''] = version.split('-');
  return (
    versionIn(now) === version || (now.nlink === 0n && versionIn({ ...now, ctimeNs: BigInt(ctimeNs) }) === version)
  );
}

function tooMany(pattern: string): WeirError {
  const hint =
    'Give a narrower pattern, such as one stream for each year, or move files that have been read out of the folder.';
  const what = `means more than ${MAX_FILES.toLocaleString('en')} files, each of which the state would name.`;
  return fileError('config', 'too_many_files', { file: pattern }, what, hint);
}

function refused(file: string, cause?: unknown): WeirError {
  const hint = 'Give a regular file inside of a folder that the operator lists in WEIR_FILE_ROOTS.';
  return fileError('config', 'path_refused', { file }, 'may not be read.', hint, cause);
}
