import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, glob, open, realpath } from 'node:fs/promises';
import path from 'node:path';
import type { WeirError } from '#lib/errors.ts';
import { fileChanged, fileError, fileNotFound } from '../file-errors.ts';
import type { FileEntry, FileProvider } from './provider.ts';

const MAX_FILES = 10_000;
const COPY_BYTES = 1024 * 1024;

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
  const inside = async (name: string): Promise<string> => {
    const target = await realpath(path.resolve(folder, name)).catch((error) => {
      throw (error as { code?: string }).code === 'ENOENT' ? notFound(name, error) : refused(name, error);
    });
    if (!roots.some((root) => isWithin(root, target))) throw refused(name);
    return target;
  };
  const entry = async (name: string): Promise<FileEntry> => {
    const target = await inside(name);
    real.set(name, target);
    await using file = await openRegular(name, target);
    return { name, version: await versionOf(file), bytes: (await file.stat()).size };
  };
  return {
    async list() {
      const names: string[] = [];
      for (const pattern of patterns) {
        if (!/[*?[{]/.test(pattern)) names.push(pattern);
        else {
          await inside('.');
          for await (const match of glob(pattern, { cwd: folder, withFileTypes: true }))
            if (!match.isDirectory()) names.push(path.relative(folder, path.join(match.parentPath, match.name)));
        }
        if (names.length > MAX_FILES) throw refused(`${pattern} (more than ${MAX_FILES} files)`);
      }
      return Promise.all([...new Set(names)].sort().map(entry));
    },
    async fetch({ name, version, bytes }, target, _known, onBytes) {
      await using file = await openRegular(name, real.get(name) ?? (await inside(name)));
      await copyTo(file, target, (copied) => onBytes?.(copied, bytes));
      if ((await versionOf(file)) !== version) throw fileChanged(name);
      return { version: version ?? '' };
    },
    async open({ name, version }) {
      // Elsewhere no path leads to an open file.
      if (process.platform !== 'linux' || version === null) return null;
      const file = await openRegular(name, real.get(name) ?? (await inside(name)));
      const assertUnchanged = async () => {
        if (!(await isStill(file, version))) throw fileChanged(name);
      };
      return { path: `/proc/self/fd/${file.fd}`, version, assertUnchanged, close: () => file.close() };
    },
  };
}

/** Through one buffer: streams take twice as long. */
async function copyTo(file: FileHandle, target: string, onBytes: (copied: number) => void): Promise<void> {
  await using copy = await open(target, 'w');
  const buffer = Buffer.allocUnsafeSlow(COPY_BYTES);
  for (let copied = 0; ; onBytes(copied)) {
    const { bytesRead } = await file.read(buffer, 0, COPY_BYTES, null);
    if (bytesRead === 0) return;
    await copy.writeFile(buffer.subarray(0, bytesRead));
    copied += bytesRead;
  }
}

function isWithin(root: string, target: string): boolean {
  const relative = path.relative(root, target);
  return relative === '' || (!relative.startsWith(`..${path.sep}`) && relative !== '..' && !path.isAbsolute(relative));
}

/** No link (the path is real already, so one would be new), and no pipe or device, which could block for ever. */
async function openRegular(name: string, target: string): Promise<FileHandle> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(target, flags).catch((error) => {
    throw (error as { code?: string }).code === 'ENOENT' ? fileNotFound(name, error) : refused(name, error);
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

function refused(file: string, cause?: unknown): WeirError {
  const hint = 'Give a regular file inside of a folder that the operator lists in WEIR_FILE_ROOTS.';
  return fileError('config', 'path_refused', { file }, 'may not be read.', hint, cause);
}
