import path from 'node:path';
import { WeirError } from '#lib/errors.ts';
import { storageClassOf } from './commit-of.ts';
import type { Commit } from './commits.ts';
import type { S3Config } from './config.ts';
import { eachOf } from './each-of.ts';
import type { EarlyUploads } from './early-uploads.ts';
import { assertNotFenced } from './fence.ts';
import type { ObjectStore } from './object-store.ts';
import { PART_BYTES } from './part-upload.ts';
import { announce } from './settle-commits.ts';
import { placeOf, type StageParts } from './stage-parts.ts';
import type { StorageClass, StoredFile } from './stored-file.ts';

/** How long taking away may go on after a publish that failed or was cancelled. */
const TAKE_AWAY_MS = 4_000;

export interface Bringing {
  readonly commit: Commit;
  readonly uploads: readonly { readonly file: string; readonly stored: StoredFile }[];
  readonly early: EarlyUploads;
  /** Files that move, and where to. */
  readonly moved: readonly StoredFile[];
  readonly archiveKeys: readonly string[];
  readonly reclassed: readonly StoredFile[];
}

/**
 * Brings the files of a publish to where its commit names them, and gives the key of their announcement. Readers see them from then on:
 * where it fails, what was brought is taken away at once. What a lost attempt brought goes with the next one.
 */
export async function bringFiles(parts: StageParts, { commit, uploads, early, ...old }: Bringing): Promise<string> {
  const { config, context, store } = parts;
  const announcement = await announce(placeOf(parts), commit);
  try {
    const [large, small] = [uploads.filter(isLarge), uploads.filter((one) => !isLarge(one))];
    for (const { file, stored } of large) await early.prepare(file, stored.key);
    for (const { file, stored } of large) await early.upload(file, stored.key);
    await eachOf(small, ({ file, stored }) => early.upload(file, stored.key));
    await eachOf([...old.moved.entries()], ([index, { key }]) => copyOld(parts, key, old.archiveKeys[index] ?? key));
    await eachOf(old.reclassed, ({ key }) => copyOld(parts, key, key, storageClassOf(config.retention)));
    await assertNotFenced(parts);
  } catch (error) {
    // Of what was cut off, some may yet arrive: the announcement then tells the next attempt.
    const mayArrive = context.signal.aborted || !(error instanceof WeirError) || error.kind === 'transient';
    // What can't be taken away now, the next attempt takes away: its announcement is still there.
    await takeAway(store, commit.added, mayArrive ? [] : [announcement]).catch(() => undefined);
    throw error;
  }
  return announcement;
}

/** An old file that somebody has taken away, as rules of the bucket do, is no reason to publish nothing any more. */
async function copyOld({ store, context }: StageParts, key: string, to: string, storageClass?: StorageClass) {
  if (!(await store.copy(key, to, storageClass))) context.log.warn({ key }, 'an old file is gone from the bucket');
}

/** Goes up in parts, several at once. */
function isLarge({ stored }: Bringing['uploads'][number]): boolean {
  return stored.bytes >= PART_BYTES;
}

/** The announcement comes last: while it is there, the next attempt looks for what is left. */
async function takeAway(store: ObjectStore, files: readonly string[], announcement: readonly string[]): Promise<void> {
  const ending = AbortSignal.timeout(TAKE_AWAY_MS);
  await eachOf(files, (key) => store.delete([key], ending));
  await store.delete(announcement, ending);
}

/**
 * Keys in the archive that nothing has yet: names of files may come again, and none of an older sync is written over. Nor are those
 * given that a lost attempt may yet write, and take away again.
 */
export async function freeArchiveKeys(
  store: ObjectStore,
  { retention }: Pick<S3Config, 'retention'>,
  moved: readonly StoredFile[],
  late: readonly string[],
): Promise<string[]> {
  if (retention.rule === 'all' || retention.action.action !== 'move') return [];
  const { prefix } = retention.action;
  const taken = new Set(late);
  const listed = new Set<string>();
  const keys: string[] = [];
  for (const { key } of moved) {
    const wanted = `${prefix}/${key}`;
    const folder = wanted.slice(0, wanted.lastIndexOf('/') + 1);
    if (!listed.has(folder)) for (const one of await store.list(folder)) taken.add(one);
    listed.add(folder);
    const free = firstFree(wanted, taken);
    taken.add(free);
    keys.push(free);
  }
  return keys;
}

function firstFree(wanted: string, taken: ReadonlySet<string>): string {
  const { dir, name, ext } = path.posix.parse(wanted);
  for (let round = 0; ; round++) {
    const key = round === 0 ? wanted : `${dir}/${name}_${round}${ext}`;
    if (!taken.has(key)) return key;
  }
}
