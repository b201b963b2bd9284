import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { StreamState } from '#lib/catalog.ts';
import { WeirError } from '#lib/errors.ts';
import { killPoint } from '#lib/kill-points.ts';
import { shapeOfStream, type TableShape, type TypedRow, typePage } from '#lib/records/index.ts';
import type {
  AttemptRef,
  Counts,
  DestinationContext,
  Published,
  Relation,
  Stage,
  StagedLoad,
  StagePage,
  TargetStream,
} from '../destination.ts';
import { announce, type Commit, highestFence, type StoredFile, sweep, writeCommit } from './commits.ts';
import type { S3Config } from './config.ts';
import { type LocalStage, lineOf, type StageMark } from './local-stage.ts';
import type { ObjectStore } from './object-store.ts';
import { writeParquet } from './parquet.ts';
import { expandPath } from './path-template.ts';

/** What everything that is done for one stream of one attempt needs. */
export interface StageParts {
  readonly context: DestinationContext;
  readonly config: S3Config;
  readonly store: ObjectStore;
  readonly attempt: AttemptRef;
  readonly target: TargetStream;
  readonly namespace: string;
  /** Where the stream's commits lie. */
  readonly prefix: string;
  readonly local: LocalStage;
}

const NO_COUNTS: Counts = { read: 0, filtered: 0, quarantined: 0, written: 0, bytes: 0 };

/** Rows in a local file of JSON lines until they are published as Parquet. Calls are taken one after another. */
export class S3Stage implements Stage {
  readonly resumed: Stage['resumed'];
  readonly #parts: StageParts;
  readonly #exact: Set<string>;
  readonly #slices = new Map<string, { id: number; written: number }>();
  #shape: TableShape;
  #mark: StageMark;
  #latest: Commit | null;
  #nextSlice: number;
  #longestLine = 0;
  #parquet: { file: string; rows: number; bytes: number } | null = null;
  #tail: Promise<unknown> = Promise.resolve();

  private constructor(parts: StageParts, latest: Commit | null, mark: StageMark | null) {
    this.#parts = parts;
    this.#latest = latest;
    const { attempt, target } = parts;
    const own = latest?.syncId === attempt.syncId ? latest : null;
    this.#mark = mark ?? {
      syncId: attempt.syncId,
      fence: attempt.fence,
      columns: latest?.columns ?? [],
      exact: [],
      state: own?.state ?? null,
      counts: own?.counts ?? NO_COUNTS,
      bytes: 0,
      nextSlice: 0,
      openSlices: [],
      droppedSlices: [],
      parts: own?.part ?? 0,
    };
    this.#exact = new Set(this.#mark.exact);
    this.#nextSlice = this.#mark.nextSlice;
    this.#shape = shapeOfStream(target, this.#mark.columns);
    this.resumed = mark || own ? { state: this.#mark.state, counts: this.#mark.counts } : null;
  }

  /** Sweeps up after lost attempts, then takes up what this machine has staged, as far as it is not published. */
  static async open(parts: StageParts): Promise<S3Stage> {
    const latest = await sweep(parts.store, parts.prefix);
    const mark = await parts.local.takeUp(parts.attempt.syncId);
    const published = latest !== null && latest.syncId === parts.attempt.syncId ? latest.part : 0;
    if (mark === null || mark.parts > published) return new S3Stage(parts, latest, await forget(parts, mark));
    const dropped = [...mark.droppedSlices, ...mark.openSlices];
    const next = { ...mark, openSlices: [], droppedSlices: dropped };
    if (mark.parts === published) return new S3Stage(parts, latest, next);
    // The rows of the last checkpoint were published, and the attempt died before it noted that.
    await parts.local.keepSlices([]);
    return new S3Stage(parts, latest, { ...next, droppedSlices: [], bytes: 0, parts: published });
  }

  write(page: StagePage): Promise<{ written: number; quarantined: number }> {
    return this.#inTurn(async () => {
      this.#parts.context.signal.throwIfAborted();
      const slice = this.#sliceOf(page.slice);
      const typed = typePage(this.#shape, page.records, false);
      this.#shape = typed.shape;
      for (const row of typed.rows) {
        const line = lineOf(slice.id, this.#fields(row));
        this.#longestLine = Math.max(this.#longestLine, line.length * 3);
        if (this.#parts.local.add(line)) await this.#parts.local.flush();
      }
      slice.written += typed.rows.length;
      return { written: typed.rows.length, quarantined: 0 };
    });
  }

  checkpoint(save: { state: StreamState | null; openSlices: readonly string[]; counts: Counts }): Promise<Counts> {
    return this.#inTurn(async () => {
      const open = new Set(save.openSlices);
      let { written } = this.#mark.counts;
      for (const [name, slice] of this.#slices) {
        if (open.has(name)) continue;
        written += slice.written;
        this.#slices.delete(name);
      }
      const counts = { ...save.counts, written, quarantined: 0 };
      await this.#parts.local.flush();
      await this.#save({
        state: save.state,
        counts,
        bytes: this.#parts.local.length,
        openSlices: [...this.#slices.values()].map((slice) => slice.id),
      });
      killPoint('checkpoint.saved');
      return counts;
    });
  }

  get names(): readonly string[] {
    const { namespace, target } = this.#parts;
    return [target.table, `${namespace}.${target.table}`, target.stream.name];
  }

  /** The load alone lies on this machine; what is in the bucket is not read for it. */
  staged(): Promise<StagedLoad> {
    return this.#inTurn(async () => {
      const load: Relation = { kind: 'parquet', files: [(await this.#toParquet()).file] };
      const before = this.#latest?.files ?? [];
      const replaces = this.#parts.target.destinationSyncMode === 'overwrite' || before.length === 0;
      const tableOf = !replaces && this.#latest?.complete ? this.#latest.syncId : null;
      return { load, added: load, removed: null, after: replaces ? load : null, tableOf, replaces };
    });
  }

  setAside(): Promise<Counts> {
    return Promise.reject(
      new WeirError({
        kind: 'config',
        code: 'set_aside_unsupported',
        message: 'Rows can’t be put aside on their way to a bucket.',
        hint: 'Let the check block the load instead (level: block), or only tell (level: error).',
      }),
    );
  }

  publish({ complete }: { complete: boolean }): Promise<Published> {
    return this.#inTurn(async () => {
      const { attempt, config, prefix, store } = this.#parts;
      if (complete && this.#slices.size > 0) throw notCheckpointed(this.#parts.target.stream.name);
      // First of all: a newer attempt has taken this one's files away.
      await this.#checkFence();
      const staged = await this.#toParquet();
      const before = this.#latest?.files ?? [];
      const replaces = this.#parts.target.destinationSyncMode === 'overwrite';
      const key = staged.rows > 0 ? this.#freeKey(before) : null;
      const added: StoredFile[] = key === null ? [] : [{ key, rows: staged.rows, bytes: staged.bytes }];
      const commit = this.#commit(complete, replaces ? added : [...before, ...added], added, replaces ? before : []);
      const announcement = await announce(store, prefix, commit);
      if (key !== null)
        await store.upload(key, staged.file, { 'ab-generation-id': String(this.#parts.target.generation) });
      await this.#checkFence();
      killPoint('publish.before_commit');
      await writeCommit(store, prefix, commit);
      killPoint('publish.committed');
      // From here on the publish counts; what is left is tidying, which the next attempt does if this one can't.
      this.#latest = commit;
      if (replaces) await store.delete(before.map((file) => file.key));
      await store.delete([announcement]);
      await sweep(store, prefix);
      await this.#afterPublish(complete, commit);
      this.#parts.context.log.debug({ key, attempt: attempt.attempt, bucket: config.bucket }, 'published');
      return commit.published;
    });
  }

  discard(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#checkFence();
      await this.#parts.local.remove();
    });
  }

  /** Leaves what is checkpointed to a later attempt. */
  close(): Promise<void> {
    return this.#inTurn(() => this.#parts.local.close());
  }

  #sliceOf(name: string): { id: number; written: number } {
    const known = this.#slices.get(name);
    if (known) return known;
    const slice = { id: this.#nextSlice++, written: 0 };
    this.#slices.set(name, slice);
    return slice;
  }

  /** The row's columns as JSON members; all values are text, and nulls are left out. */
  #fields({ values, changes, record }: TypedRow): string {
    const { columns } = this.#shape;
    let fields = `,"_airbyte_raw_id":"${randomUUID()}"`;
    for (const [index, value] of values.entries()) {
      const column = columns[index];
      if (value === null || column === undefined) continue;
      // A double keeps what came as a plain number; anything else might lose digits in one.
      if (column.type === 'number' && typeof record[column.field] !== 'number') this.#exact.add(column.name);
      fields += `,${JSON.stringify(column.name)}:${JSON.stringify(value)}`;
    }
    return `${fields},"_airbyte_meta":${JSON.stringify(JSON.stringify({ sync_id: this.#parts.attempt.syncId, changes }))}`;
  }

  async #save(change: Partial<StageMark>): Promise<void> {
    this.#mark = {
      ...this.#mark,
      columns: this.#shape.columns,
      exact: [...this.#exact],
      nextSlice: this.#nextSlice,
      ...change,
    };
    await this.#parts.local.save(this.#mark);
    this.#parquet = null;
  }

  /** The rows of closed slices, as one Parquet file beside the stage. */
  async #toParquet(): Promise<{ file: string; rows: number; bytes: number }> {
    if (this.#parquet) return this.#parquet;
    const { config, local, target } = this.#parts;
    const file = local.fileFor('staged.parquet');
    await local.flush();
    const written = await writeParquet({
      rowsFile: local.rowsFile,
      parquetFile: file,
      columns: this.#shape.columns,
      exact: this.#exact,
      leaveOut: [...this.#mark.droppedSlices, ...[...this.#slices.values()].map((slice) => slice.id)],
      longestLine: this.#longestLine,
      extractedAt: target.emittedAt,
      generation: target.generation,
      codec: config.codec,
      blockSizeMb: config.blockSizeMb,
    });
    this.#parquet = { file, ...written };
    return this.#parquet;
  }

  async #checkFence(): Promise<void> {
    const { attempt, config, store } = this.#parts;
    if ((await highestFence(store, config.path, attempt.connectionId)) !== attempt.fence) throw fenced(attempt);
  }

  #freeKey(before: readonly StoredFile[]): string {
    const { config, context, namespace, target } = this.#parts;
    const taken = new Set(before.map((file) => file.key));
    const base = expandPath(`${config.path}/${config.pathFormat}`, {
      namespace,
      stream: target.table,
      at: context.clock(),
    });
    for (let part = 0; ; part++) {
      const key = `${base}${part}.parquet`;
      if (!taken.has(key)) return key;
    }
  }

  #commit(complete: boolean, files: StoredFile[], added: StoredFile[], removed: readonly StoredFile[]): Commit {
    const { attempt, config, target } = this.#parts;
    const total = (some: readonly StoredFile[]) => some.reduce((sum, file) => sum + file.rows, 0);
    const published: Published = {
      relation: { kind: 'parquet', files: files.map((file) => `s3://${config.bucket}/${file.key}`) },
      rows: total(files),
      inserted: total(added),
      updated: 0,
      deleted: total(removed),
    };
    return {
      syncId: attempt.syncId,
      attempt: attempt.attempt,
      fence: attempt.fence,
      part: this.#mark.parts + 1,
      complete,
      generation: target.generation,
      state: this.#mark.state,
      counts: this.#mark.counts,
      published,
      columns: this.#shape.columns,
      files,
      added: added.map((file) => file.key),
    };
  }

  async #afterPublish(complete: boolean, commit: Commit): Promise<void> {
    const { local } = this.#parts;
    if (complete) return local.remove();
    const open = [...this.#slices.values()].map((slice) => slice.id);
    await local.keepSlices(open);
    await rm(local.fileFor('staged.parquet'), { force: true });
    await this.#save({ bytes: local.length, droppedSlices: [], openSlices: open, parts: commit.part });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work).catch((error: unknown) => {
      throw error instanceof WeirError ? error.at({ stream: this.#parts.target.stream.name }) : error;
    });
    this.#tail = result.catch(() => undefined);
    return result;
  }
}

/** A stage that knows of publishes which the bucket doesn't is of another bucket, or of one that was emptied. */
async function forget({ local }: StageParts, mark: StageMark | null): Promise<null> {
  if (mark) await local.keepSlices([]);
  return null;
}

export function fenced(attempt: AttemptRef): WeirError {
  return new WeirError({
    kind: 'terminal',
    code: 'fenced',
    message: `A newer attempt has taken over from attempt ${attempt.attempt} of sync ${attempt.syncId}.`,
    hint: 'Nothing to do: the newer attempt goes on.',
  });
}

function notCheckpointed(stream: string): WeirError {
  return new WeirError({
    kind: 'bug',
    code: 'not_checkpointed',
    message: `Stream ${stream} was to be published as complete while slices were still open.`,
  });
}
