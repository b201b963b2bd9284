import type { StreamState } from '#lib/catalog.ts';
import { parseJson, stringifyJson } from '#lib/json.ts';
import type { AttemptRef, Counts, Published } from '../destination.ts';
import type { SavedTable } from './layouts/layout.ts';
import type { ObjectStore } from './object-store.ts';
import type { StoredFile } from './stored-file.ts';

/**
 * One publish of a stream: the small object, written last, that makes files and state count. The one with the highest fence
 * (then part) is the truth, and names every file of the stream.
 */
export interface Commit {
  readonly syncId: number;
  readonly attempt: number;
  readonly fence: number;
  /** Counts the publishes of a sync from 1. */
  readonly part: number;
  readonly complete: boolean;
  readonly generation: number;
  readonly state: StreamState | null;
  readonly counts: Counts;
  readonly published: Published;
  /** The columns of the stream's tables so far. */
  readonly tables: readonly SavedTable[];
  readonly files: readonly StoredFile[];
  /** Files that retention has moved out of the read path. */
  readonly archived: readonly StoredFile[];
  /** Keys that this publish brought: uploads and copies into the archive. */
  readonly added: readonly string[];
  /** Keys that this publish takes away once it counts. */
  readonly removed: readonly string[];
  /** Rows of quarantine that this publish has brought, by id. */
  readonly replayed?: { readonly upTo: number };
  /** All was read anew: rows that syncs before this one had put aside are gone with it. */
  readonly readAnew?: true;
}

/** Where the objects of a connection, or of one of its streams, lie: `<path>/_weir/<connection>/…`. */
export function ownPrefix(path: string, connectionId: string, stream?: { namespace: string; table: string }): string {
  const base = `${path === '' ? '' : `${path}/`}_weir/${connectionId}/`;
  return stream ? `${base}streams/${streamSegments(stream, MOST_SIGNS)}/` : base;
}

/** Stores that keep objects as files take no longer parts of a key than 255 bytes. */
const MOST_SIGNS = 250;
const FOLD = '=/';

/**
 * A stream as a part of a key, or several where it has a name of more than `most` signs; `=` stands nowhere else, so that none is the beginning
 * of another.
 */
export function streamSegments({ namespace, table }: { namespace: string; table: string }, most: number): string {
  const parts = `${keySegment(namespace)}.${keySegment(table)}`.match(new RegExp(`.{1,${most}}`, 'g')) ?? [];
  return parts.join(FOLD);
}

/** Both names of a stream in such a part. */
export function readSegment(segment: string): string {
  return decodeURIComponent(segment.replaceAll(FOLD, ''));
}

function keySegment(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replaceAll('.', '%2E');
}

/**
 * Leaves the attempt's fence and gives the highest there is. Objects of lower ones go. No conditional PUT: each fence has a key
 * of its own, so that an older attempt can't overwrite a newer one's.
 */
export async function raiseFence(store: ObjectStore, path: string, attempt: AttemptRef): Promise<number> {
  const prefix = `${ownPrefix(path, attempt.connectionId)}fence/`;
  await store.put(
    `${prefix}${padded(attempt.fence)}.json`,
    JSON.stringify({ syncId: attempt.syncId, attempt: attempt.attempt }),
  );
  const keys = await store.list(prefix);
  await store.delete(keys.slice(0, -1));
  return fenceOf(keys.at(-1) ?? '');
}

export async function highestFence(store: ObjectStore, path: string, connectionId: string): Promise<number> {
  return fenceOf((await store.list(`${ownPrefix(path, connectionId)}fence/`)).at(-1) ?? '');
}

/** The commits of a stream as they lie in the bucket. */
export interface Commits {
  /** The one that counts, and its key. */
  readonly latest: Commit | null;
  readonly latestKey: string | null;
  /** Of all commits and announcements. */
  readonly keys: readonly string[];
}

/** `ignored` is taken as not being there. */
export async function readCommits(store: ObjectStore, prefix: string, ignored?: string): Promise<Commits> {
  const keys = (await store.list(prefix)).filter((key) => /\/(?:commit|pending)-[\d-]+\.json$/.test(key));
  for (const key of keys.filter((one) => one.startsWith(`${prefix}commit-`) && one !== ignored).toReversed()) {
    const latest = await readOwn<Commit>(store, key);
    if (latest !== null) return { latest, latestKey: key, keys };
  }
  return { latest: null, latestKey: null, keys };
}

/** Some stores keep an object of which no byte had come when its connection was cut: it was never written. */
export async function readOwn<T>(store: ObjectStore, key: string): Promise<T | null> {
  const text = await store.get(key);
  return text === '' ? null : (parseJson(text) as unknown as T);
}

export function commitKey(prefix: string, { fence, part }: Pick<Commit, 'fence' | 'part'>): string {
  return `${prefix}commit-${padded(fence)}-${padded(part)}.json`;
}

export function pendingKey(prefix: string, { fence, part }: Pick<Commit, 'fence' | 'part'>): string {
  return `${prefix}pending-${padded(fence)}-${padded(part)}.json`;
}

/** Of a commit or an announcement. */
export function fenceOfKey(key: string): number {
  return Number(/-(\d+)-\d+\.json$/.exec(key)?.[1] ?? 0);
}

export async function putCommit(store: ObjectStore, key: string, commit: Commit): Promise<void> {
  await store.put(key, stringifyJson(commit));
}

const DIGITS = 12;

function padded(number: number): string {
  return String(number).padStart(DIGITS, '0');
}

function fenceOf(key: string): number {
  return Number(/(\d+)\.json$/.exec(key)?.[1] ?? 0);
}
