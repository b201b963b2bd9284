import type { JsonObject } from '#lib/json.ts';
import type { QuarantineCount, QuarantineEntry, QuarantineStore, Replay } from '../destination.ts';
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
  };
}

/** What is in quarantine of a stream now, to be loaded again. A record that was cut stays there. */
export async function replayOf(store: ObjectStore, prefix: string, stream: StreamPlace): Promise<Replay> {
  const files = (await listQuarantine(store, prefix)).filter((file) => isOf(file, stream));
  const upTo = files.reduce((last, { base, span }) => Math.max(last, base + span - 1), 0);
  return { upTo, pages: pagesOf(store, files) };
}

/** Takes out what a replay has published: the rows that `replayOf` gave. Once more if the attempt that published was cut off before. */
export async function forgetReplayed(
  { store, config, attempt, target }: ReplayedStream,
  { replayed, syncId }: Pick<Commit, 'replayed' | 'syncId'>,
): Promise<void> {
  if (!replayed) return;
  const prefix = quarantinePrefix(config.ownPath, attempt.connectionId);
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

async function* pagesOf(store: ObjectStore, files: readonly QuarantineFile[]): AsyncGenerator<readonly JsonObject[]> {
  for (const file of files) {
    const records = (await readQuarantine(store, file)).map(wholeRecord).filter((record) => record !== null);
    if (records.length > 0) yield records;
  }
}

async function entriesOf(store: ObjectStore, file: QuarantineFile): Promise<QuarantineEntry[]> {
  const { base, namespace, table, syncId } = file;
  return (await readQuarantine(store, file)).map(({ n, record, ...line }) => ({
    ...{ id: base + n, namespace, table, syncId, ...line },
    ...{ record: record.slice(0, SHOWN_CHARACTERS), at: new Date(Math.floor(base / IDS_PER_MS)) },
  }));
}

function countsOf(files: readonly QuarantineFile[]): QuarantineCount[] {
  const counts = new Map<string, QuarantineCount>();
  for (const { namespace, table, rows, base } of files) {
    const key = JSON.stringify([namespace, table]);
    const known = counts.get(key)?.rows ?? 0;
    counts.set(key, { namespace, table, rows: known + rows, latest: new Date(Math.floor(base / IDS_PER_MS)) });
  }
  return [...counts.values()].toSorted((a, b) => (`${a.namespace} ${a.table}` < `${b.namespace} ${b.table}` ? -1 : 1));
}
