import { statfs } from 'node:fs/promises';
import { WeirError } from '#lib/errors.ts';

const LOOK_EVERY_MS = 5_000;

/** What is left of the disk that holds a folder, for users other than root. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** @throws WeirError `disk_full` when less than the floor is left: no sync begins then */
export async function assertDiskSpace(folder: string, floorMb: number): Promise<void> {
  const free = await freeBytes(folder);
  if (free < floorMb * 1e6) throw diskFull(free, floorMb);
}

/** Tells once when the disk has too little left for a sync that runs; a look that fails says nothing. */
export function watchDisk(folder: string, floorMb: number, onFull: (error: WeirError) => void): () => void {
  const timer = setInterval(() => {
    assertDiskSpace(folder, floorMb).catch((error: unknown) => {
      if (!(error instanceof WeirError)) return;
      clearInterval(timer);
      onFull(error);
    });
  }, LOOK_EVERY_MS);
  return () => clearInterval(timer);
}

function diskFull(free: number, floorMb: number): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'disk_full',
    message: `The worker’s disk is full: ${Math.round(free / 1e6)} MB are left, and syncs stop below ${floorMb} MB.`,
    hint: 'Free space on its data folder’s disk, or keep logs and measurements for less time in Settings. What was published stays, and the next sync goes on from there.',
  });
}
