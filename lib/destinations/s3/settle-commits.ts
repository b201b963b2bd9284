import { type AttemptRef, NO_COUNTS } from '../destination.ts';
import { fenced } from '../stage-errors.ts';
import {
  type Commit,
  type Commits,
  commitKey,
  fenceOfKey,
  pendingKey,
  putCommit,
  readCommits,
  readOwn,
} from './commits.ts';
import type { ObjectStore } from './object-store.ts';

/** An attempt that was lost may wake up so much later, and go on with an upload that it was in: its announcement is kept so long. */
const LATE_MS = 24 * 3_600_000;

/** What is to be taken away should the commit never come. */
interface Announcement {
  readonly added: readonly string[];
  /** ISO. */
  readonly at?: string;
}

/** Where a stream of an attempt has its commits. */
export interface CommitPlace {
  readonly store: ObjectStore;
  readonly prefix: string;
  readonly attempt: AttemptRef;
  readonly clock: () => Date;
}

/** Before files are uploaded: what to take away should the commit never come. */
export async function announce(
  { store, prefix, clock }: CommitPlace,
  commit: Pick<Commit, 'fence' | 'part' | 'added'>,
): Promise<string> {
  const key = pendingKey(prefix, commit);
  await store.put(key, JSON.stringify({ added: commit.added, at: clock().toISOString() } satisfies Announcement));
  return key;
}

/** Makes the publish count. @throws WeirError `fenced` where a newer attempt has settled that it does not */
export async function writeCommit({ store, prefix, attempt }: CommitPlace, commit: Commit): Promise<void> {
  await putCommit(store, commitKey(prefix, commit), commit);
  const { latestKey } = await readCommits(store, prefix);
  if (latestKey !== commitKey(prefix, commit)) throw fenced(attempt);
}

/**
 * The commit that counts, and stays so whatever an older attempt does that is still alive: one that had looked at the fence before it was
 * raised may write its commit at any time. Where one has announced itself, the commit that counts is therefore written once more
 * under the own fence, which no older one is higher than; one that came before that is taken up.
 */
export async function settleCommits(place: CommitPlace): Promise<Commits> {
  const { store, prefix, attempt } = place;
  const own = commitKey(prefix, { fence: attempt.fence, part: 0 });
  for (let before: string | null | undefined; ; ) {
    const found = await readCommits(store, prefix, own);
    const { latest, latestKey, keys } = found;
    // Something of this attempt's own is higher than all others.
    if (latestKey !== null && fenceOfKey(latestKey) >= attempt.fence) return found;
    const mayCommit = keys.some(
      (key) => key.startsWith(`${prefix}pending-`) && fenceOfKey(key) < attempt.fence && !isOf(prefix, key, latestKey),
    );
    if (!mayCommit && !keys.includes(own)) return found;
    await endPublish(store, prefix, found);
    if (before === latestKey) return { latest: latest && { ...latest, fence: attempt.fence }, latestKey: own, keys };
    before = latestKey;
    await putCommit(store, own, { ...(latest ?? NOTHING), fence: attempt.fence });
  }
}

/** Before anything of a stream is published. */
const NOTHING: Commit = {
  ...{ syncId: 0, attempt: 0, fence: 0, part: 0, complete: false, generation: 0, state: null, counts: NO_COUNTS },
  published: { relation: { kind: 'parquet', files: [] }, rows: 0, inserted: 0, updated: 0, deleted: 0 },
  ...{ tables: [], files: [], archived: [], added: [], removed: [] },
};

/** Whether the announcement is that of the commit. */
function isOf(prefix: string, pending: string, commit: string | null): boolean {
  return commit !== null && pending.slice(`${prefix}pending-`.length) === commit.slice(`${prefix}commit-`.length);
}

/** Takes away what a publish replaced that counted, but whose tidying was cut off. */
async function endPublish(store: ObjectStore, prefix: string, { latest, latestKey, keys }: Commits): Promise<void> {
  const pending = keys.find((key) => key.startsWith(`${prefix}pending-`) && isOf(prefix, key, latestKey));
  if (latest === null || pending === undefined) return;
  const kept = keptBy(latest);
  await store.delete(latest.removed.filter((file) => !kept.has(file)));
  await store.delete([pending]);
}

function keptBy(commit: Commit | null): Set<string> {
  return new Set([...(commit?.files ?? []), ...(commit?.archived ?? [])].map((file) => file.key));
}

/**
 * Takes away what lost attempts left: files that some commit or announcement brought and that the latest commit does not name, and the
 * parts of uploads that never ended. Also ends a publish that counted but whose tidying was cut off.
 * @returns the latest commit, and keys that an attempt which is still alive may yet write to
 */
export async function sweep(place: CommitPlace): Promise<{ latest: Commit | null; late: readonly string[] }> {
  const { store, prefix, attempt, clock } = place;
  const found = await settleCommits(place);
  await endPublish(store, prefix, found);
  const { latest, latestKey, keys } = found;
  const kept = keptBy(latest);
  const late: string[] = [];
  for (const key of keys) {
    if (key === latestKey || isOf(prefix, key, latestKey)) continue;
    const { added = [], at = '' } = (await readOwn<Partial<Announcement>>(store, key)) ?? {};
    const files = [...new Set(added)].filter((file) => !kept.has(file));
    const isPending = key.startsWith(`${prefix}pending-`);
    if (isPending) await store.abortUploads(files);
    await store.delete(files);
    const isLate = isPending && fenceOfKey(key) < attempt.fence && clock().getTime() - Date.parse(at) < LATE_MS;
    if (isLate) late.push(...files);
    else await store.delete([key]);
  }
  return { latest, late };
}
