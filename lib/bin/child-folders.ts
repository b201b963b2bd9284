import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, utimesSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/** Machines may share a folder, but not the numbers of their processes. */
const PREFIX = `weir-child-${os.hostname().replace(/[^\w.]/g, '_')}-`;
const NAME = /^(\d+)-(?:p([0-9a-f]{8})-)?/;
/** So often a worker says that its folders are in use, and looks for those that nobody uses. */
const SAY_EVERY_MS = 30_000;
/** Nobody uses a folder of which nobody has said so for as long. */
const UNUSED_MS = 300_000;

export interface ChildFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/** A folder for what one child keeps for the moment, such as the copy of a file that it reads: gigabytes, which must not outlive it. */
export function makeChildFolder(): ChildFolder {
  const folder = mkdtempSync(path.join(os.tmpdir(), `${PREFIX}${process.pid}-p${processes}-`));
  if (!process.listeners('exit').includes(removeAll)) {
    process.on('exit', removeAll);
    setInterval(sayUsed, SAY_EVERY_MS).unref();
  }
  there.add(folder);
  return {
    path: folder,
    async remove() {
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
      // Not before: a worker that ends meanwhile takes away what is left.
      there.delete(folder);
    },
  };
}

const there = new Set<string>();
/** Stands for all processes whose numbers can be compared with ours: of this machine since it started, and of this container. */
const processes = createHash('sha256').update(`${bootOf()} ${namespaceOf()}`).digest('hex').slice(0, 8);

function bootOf(): string {
  return orNothing(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'));
}

function namespaceOf(): string {
  return orNothing(() => readlinkSync('/proc/self/ns/pid'));
}

/** Only Linux tells, and has containers. */
function orNothing(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

/** A child that waits for work may end after its worker. */
function removeAll(): void {
  for (const folder of there) rmSync(folder, { recursive: true, force: true });
}

function sayUsed(): void {
  const now = new Date();
  // One that is just being removed needs no saying.
  for (const folder of there) orNothing(() => String(utimesSync(folder, now, now)));
  removeLostFolders();
}

/**
 * Removes the folders of children whose worker is gone: killed, it could not. At once where that can be told by its number; else, as of a
 * container that was started again or of another one with the same name, once it has said nothing for some minutes.
 */
export function removeLostFolders(): void {
  for (const name of readdirSync(os.tmpdir())) {
    const folder = path.join(os.tmpdir(), name);
    if (!name.startsWith(PREFIX) || there.has(folder)) continue;
    const [, pid, of] = NAME.exec(name.slice(PREFIX.length)) ?? [];
    const isLost = of === processes ? Number(pid) === process.pid || !isRunning(Number(pid)) : isUnused(folder);
    if (isLost) removeIfMay(folder);
  }
}

function isUnused(folder: string): boolean {
  const said = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
  return Date.now() - said > UNUSED_MS;
}

/** One that another user of the machine left stays, and keeps nobody from working. */
function removeIfMay(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    if (!['EACCES', 'EPERM'].includes(String((error as { code?: string }).code))) throw error;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code !== 'ESRCH';
  }
}
