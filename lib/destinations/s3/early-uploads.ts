import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freeKeys, hasOwnFolder } from './file-keys.ts';
import type { StagedTable } from './layouts/layout.ts';
import { PART_BYTES, type PartUpload } from './part-upload.ts';
import { announce } from './settle-commits.ts';
import { placeOf, type StageParts } from './stage-parts.ts';

const LOOK_EVERY_MS = 50;
const FORGET_MS = 5_000;
/** Numbers of announcements that are nobody's publish. */
const FIRST_PART = 900_000_000_000;

interface Early {
  readonly key: string;
  readonly upload: PartUpload;
  /** Null for one that a publish has announced. */
  readonly announcement: string | null;
}

export interface Following {
  /** The files are whole: sends what is missing of them, but for their ends. */
  finish(): Promise<void>;
  /** Nothing more is sent. */
  stop(): Promise<void>;
}

/**
 * Large files of a load that go up while they are being written, under the keys that they will have. They appear when a publish
 * completes them. An early upload that fails is forgotten: its file goes up at the publish as others do.
 */
export class EarlyUploads {
  readonly #parts: StageParts;
  readonly #late: readonly string[];
  readonly #begun = new Map<string, Early>();
  readonly #failed = new Set<string>();
  #count = 0;

  /** `late` are keys that a lost attempt may yet write to. */
  constructor(parts: StageParts, late: readonly string[]) {
    this.#parts = parts;
    this.#late = late;
  }

  /** Keys that are given to nobody else. */
  get taken(): readonly string[] {
    return [...this.#late, ...[...this.#begun.values()].map(({ key }) => key)];
  }

  /** Under which key a file goes up; undefined for one that does not yet. */
  keyOf(file: string): string | undefined {
    return this.#begun.get(file)?.key;
  }

  /** Sends the files of a table as they come to be in a folder, and grow at their ends. */
  follow(folder: string, table: StagedTable): Following {
    const ending = new AbortController();
    const followed = this.#follow(folder, table, ending.signal);
    const stop = () => {
      ending.abort();
      return followed;
    };
    return { stop, finish: () => stop().then(() => this.#look(folder, table)) };
  }

  /** Sends a whole file of an announced publish, all but its end: it appears by `upload`. What began early and fails is sent anew. */
  async prepare(file: string, key: string): Promise<void> {
    const { store } = this.#parts;
    try {
      const known = this.#begun.get(file);
      if (known) return await store.sendAll(known.upload);
    } catch (error) {
      this.#parts.context.log.debug({ file, err: error }, 'what was uploaded early is uploaded again');
      await this.#forget(file);
      this.#parts.context.signal.throwIfAborted();
    }
    const upload = store.beginUpload(key, file, this.#metadata);
    this.#begun.set(file, { key, upload, announcement: null });
    await store.sendAll(upload);
  }

  /** Lets a file appear under its key: one that went up early is completed, any other goes up now. */
  async upload(file: string, key: string): Promise<void> {
    if (!(await this.#complete(file))) await this.#parts.store.upload(key, file, this.#metadata);
  }

  get #metadata(): Record<string, string> {
    return { 'ab-generation-id': String(this.#parts.target.generation) };
  }

  async #complete(file: string): Promise<boolean> {
    const early = this.#begun.get(file);
    if (!early) return false;
    this.#begun.delete(file);
    try {
      await early.upload.complete();
      return true;
    } catch (error) {
      this.#parts.context.signal.throwIfAborted();
      this.#parts.context.log.debug({ file, err: error }, 'what was uploaded early is uploaded again');
      return false;
    }
  }

  /** Gives up the uploads of files below a folder that have not appeared. */
  async drop(folder: string): Promise<void> {
    for (const file of [...this.#begun.keys()]) if (file.startsWith(`${folder}${path.sep}`)) await this.#forget(file);
  }

  async #follow(folder: string, table: StagedTable, ending: AbortSignal): Promise<void> {
    while (!ending.aborted) {
      await this.#look(folder, table);
      // It ends early, and by an error, when there is nothing more to follow.
      await wait(LOOK_EVERY_MS, undefined, { signal: ending }).catch(() => undefined);
    }
  }

  async #look(folder: string, table: StagedTable): Promise<void> {
    const names = await readdir(folder).catch(() => []);
    for (const name of names.toSorted()) await this.#send(path.join(folder, name), table);
  }

  async #send(file: string, table: StagedTable): Promise<void> {
    if (this.#failed.has(file) || !hasOwnFolder(this.#parts.config)) return;
    try {
      if (!this.#begun.has(file) && (await stat(file)).size >= PART_BYTES) await this.#begin(file, table);
      await this.#begun.get(file)?.upload.sendWhole();
    } catch (error) {
      this.#failed.add(file);
      this.#parts.context.log.debug({ file, err: error }, 'could not be uploaded early');
      await this.#forget(file);
    }
  }

  /** Announced like a publish: should this attempt be lost, the next one takes the parts away. */
  async #begin(file: string, table: StagedTable): Promise<void> {
    const { attempt, config, context, namespace, store } = this.#parts;
    const { connectionId, syncId, fence } = attempt;
    const naming = { namespace, at: context.clock(), syncId, late: this.taken, connectionId };
    const [key = ''] = await freeKeys(store, config, naming, [{ table, partition: '' }]);
    const part = FIRST_PART + this.#count++;
    const announcement = await announce(placeOf(this.#parts), { fence, part, added: [key] });
    const upload = store.beginUpload(key, file, this.#metadata);
    this.#begun.set(file, { key, upload, announcement });
  }

  async #forget(file: string): Promise<void> {
    const early = this.#begun.get(file);
    this.#begun.delete(file);
    await early?.upload.abort();
    // Where it stays, the next attempt takes it for one that was lost.
    if (early?.announcement)
      await this.#parts.store.delete([early.announcement], AbortSignal.timeout(FORGET_MS)).catch(() => undefined);
  }
}
