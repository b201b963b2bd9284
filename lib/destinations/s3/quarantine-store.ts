import type { QuarantineCount, QuarantineEntry, QuarantineStore, Replay, ReplayPage } from '../destination.ts';
import type { Commit } from './commits.ts';
import type { ObjectStore } from './object-store.ts';
import {
  listQuarantine,
  type QuarantineFile,
  quarantinePrefix,
  readQuarantine,
  removeRows,
  type StreamPlace,
  wholeRecord,
} from './quarantine-files.ts';

const SHOWN_CHARACTERS = 4_000;
const IDS_PER_MS = 1_000;

/** What was put aside on its way into a bucket, for those who look at it from outside. */
export function quarantineStore(connect: () => Promise<ObjectStore>, path: string): QuarantineStore {
  return {
    async list({ connectionId, table, syncId, before = Number.POSITIVE_INFINITY, limit }) {
      const store = await connect();
      const files = (await listQuarantine(store, quarantinePrefix(path, connectionId)))
        .filter((file) => (table ?? file.table) === file.table && (syncId ?? file.syncId) === file.syncId)
        .filter((file) => file.base < before);
      const entries: QuarantineEntry[] = [];
      for (const file of files.toReversed()) {
        if (entries.length >= limit) break;
        entries.push(...(await entriesOf(store, file)).filter(({ id }) => id < before).toReversed());
      }
      return entries.slice(0, limit);
    },
    async counts(connectionId) {
      const files = await listQuarantine(await connect(), quarantinePrefix(path, connectionId));
      return countsOf(files);
    },
    async remove(connectionId, ids) {
      const store = await connect();
      const prefix = quarantinePrefix(path, connectionId);
      const gone = new Set(ids);
      let removed = 0;
      for (const file of await listQuarantine(store, prefix)) {
        if (ids.some((id) => id >= file.base && id < file.base + file.span))
          removed += await removeRows(store, prefix, file, ({ n }) => gone.has(file.base + n));
      }
      return removed;
    },
    async clear(connectionId, tables) {
      const store = await connect();
      const files = (await listQuarantine(store, quarantinePrefix(path, connectionId))).filter(({ table }) =>
        tables.includes(table),
      );
      await store.delete(files.map(({ key }) => key));
      return files.reduce((sum, { rows }) => sum + rows, 0);
    },
  };
}

/** What is in quarantine of a stream now, to be loaded again. A record that was cut stays there. */
export async function replayOf(
  store: ObjectStore,
  prefix: string,
  stream: StreamPlace,
  latest: Commit | null,
): Promise<Replay> {
  const files = (await listQuarantine(store, prefix)).filter((file) => isOf(file, stream));
  const upTo = files.reduce((last, { base, span }) => Math.max(last, base + span - 1), 0);
  const comeAgain = files.reduce((sum, file) => sum + (isPublished(file, latest) ? 0 : file.rows), 0);
  return {
    ...{ upTo, comeAgain },
    pages: pagesOf(
      store,
      files.filter((file) => isPublished(file, latest)),
    ),
  };
}

/** How many of those that `replayOf` gave, up to that id, are there still. */
export async function countReplayed(
  { store, prefix, latest }: { store: ObjectStore; prefix: string; latest: Commit | null },
  stream: StreamPlace,
  upTo: number,
): Promise<number> {
  let count = 0;
  for (const file of await listQuarantine(store, prefix)) {
    if (!isOf(file, stream) || !isPublished(file, latest) || file.base > upTo) continue;
    const lines = await readQuarantine(store, file);
    count += lines.filter((line) => file.base + line.n <= upTo && wholeRecord(line) !== null).length;
  }
  return count;
}

/** Whether the load that put these rows aside counts. What of a load does not, goes as soon as another one begins. */
export function isPublished({ syncId, part }: Pick<QuarantineFile, 'syncId' | 'part'>, latest: Commit | null): boolean {
  return latest !== null && (syncId < latest.syncId || (syncId === latest.syncId && part <= latest.part));
}

/**
 * Takes out what a publish has made of no use: the rows that a replay has brought, those that `replayOf` gave; and after a full refresh all
 * of syncs before it. Once more if the attempt that published was cut off before.
 */
export async function forgetOutdated(
  { store, config, attempt, target }: ReplayedStream,
  { replayed, readAnew, syncId }: Pick<Commit, 'replayed' | 'readAnew' | 'syncId'>,
): Promise<void> {
  const prefix = quarantinePrefix(config.ownPath, attempt.connectionId);
  if (readAnew) {
    const files = (await listQuarantine(store, prefix)).filter((file) => isOf(file, target) && file.syncId < syncId);
    await store.delete(files.map(({ key }) => key));
  }
  if (!replayed) return;
  for (const file of await listQuarantine(store, prefix)) {
    if (isOf(file, target) && file.base <= replayed.upTo && file.syncId !== syncId)
      await removeRows(
        store,
        prefix,
        file,
        (line) => file.base + line.n <= replayed.upTo && wholeRecord(line) !== null,
      );
  }
}

interface ReplayedStream {
  readonly store: ObjectStore;
  readonly config: { readonly ownPath: string };
  readonly attempt: { readonly connectionId: string };
  readonly target: StreamPlace;
}

function isOf(file: QuarantineFile, { namespace, table }: StreamPlace): boolean {
  return file.namespace === namespace && file.table === table;
}

async function* pagesOf(store: ObjectStore, files: readonly QuarantineFile[]): AsyncGenerator<ReplayPage> {
  for (const file of files) {
    const lines = (await readQuarantine(store, file)).flatMap((line) => {
      const record = wholeRecord(line);
      return record === null ? [] : { record, at: line.came ? new Date(line.came) : writtenAt(file) };
    });
    if (lines.length === 0) continue;
    yield { records: lines.map(({ record }) => record), came: lines.map(({ at }) => ({ at, number: 0 })) };
  }
}

function writtenAt({ base }: QuarantineFile): Date {
  return new Date(Math.floor(base / IDS_PER_MS));
}

async function entriesOf(store: ObjectStore, file: QuarantineFile): Promise<QuarantineEntry[]> {
  const { base, namespace, table, syncId } = file;
  return (await readQuarantine(store, file)).map(({ n, record, came: _came, ...line }) => ({
    ...{ id: base + n, namespace, table, syncId, ...line },
    ...{ record: record.slice(0, SHOWN_CHARACTERS), at: writtenAt(file) },
  }));
}

function countsOf(files: readonly QuarantineFile[]): QuarantineCount[] {
  const counts = new Map<string, QuarantineCount>();
  for (const file of files) {
    const { namespace, table, rows } = file;
    const key = JSON.stringify([namespace, table]);
    const known = counts.get(key)?.rows ?? 0;
    counts.set(key, { namespace, table, rows: known + rows, latest: writtenAt(file) });
  }
  return [...counts.values()].toSorted((a, b) => (`${a.namespace} ${a.table}` < `${b.namespace} ${b.table}` ? -1 : 1));
}
