import { createReadStream } from 'node:fs';
import {
  copyFile,
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { StreamState } from '#lib/catalog.ts';
import { parseJson, stringifyJson } from '#lib/json.ts';
import type { Counts } from '../destination.ts';
import type { SavedTable } from './layouts/layout.ts';

/** What was made of one file that a source gave whole. */
export interface StraightPart {
  readonly slice: number;
  /** Its folder in the stage's. */
  readonly folder: string;
  readonly files: readonly {
    readonly file: string;
    readonly partition: string;
    readonly rows: number;
    readonly bytes: number;
  }[];
}

/** What a checkpoint remembers of the rows' file. */
export interface StageMark {
  readonly syncId: number;
  readonly fence: number;
  readonly tables: readonly SavedTable[];
  /** Files of the stream's own table that were made without lines. */
  readonly straight: readonly StraightPart[];
  /** Some record had the field that files are partitioned by. */
  readonly partitioned: boolean;
  readonly state: StreamState | null;
  readonly counts: Counts;
  /** Length of the rows' file that counts. */
  readonly bytes: number;
  /** In bytes; missing in marks of before. */
  readonly longestLine?: number;
  readonly nextSlice: number;
  /** Slices whose rows don't count: those still open, and those that an earlier attempt left open. */
  readonly openSlices: readonly number[];
  readonly droppedSlices: readonly number[];
  /** Records that were staged and then put aside; missing for none. */
  readonly aside?: number;
  /** Publishes of this sync so far. */
  readonly parts: number;
}

/**
 * Rows of a stream in a file of JSON lines, and the last checkpoint in a second file that replaces the one before in one step.
 * Each attempt has files of its own: an older one that wakes up again writes where nobody looks.
 */
export class LocalStage {
  readonly #folder: string;
  readonly #fence: number;
  #file: FileHandle | undefined;
  #length = 0;
  #waiting: string[] = [];
  #waitingLength = 0;

  constructor(folder: string, fence: number) {
    this.#folder = folder;
    this.#fence = fence;
  }

  get folder(): string {
    return this.#folder;
  }

  get rowsFile(): string {
    return path.join(this.#folder, `rows-${this.#fence}.jsonl`);
  }

  get length(): number {
    return this.#length;
  }

  fileFor(name: string): string {
    return path.join(this.#folder, `${this.#fence}-${name}`);
  }

  /** Takes up the rows of the newest older attempt of the same sync; null when there are none. */
  async takeUp(syncId: number): Promise<StageMark | null> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const mark = await this.#newestMark();
    const usable = mark !== null && mark.syncId === syncId && mark.fence <= this.#fence ? mark : null;
    if (usable && usable.fence !== this.#fence) {
      // A copy, since the older attempt may still hold its file open.
      await copyFile(path.join(this.#folder, `rows-${usable.fence}.jsonl`), this.rowsFile);
    }
    if (usable) await truncate(this.rowsFile, usable.bytes);
    await this.#openFile(usable?.bytes ?? 0);
    const mine = usable && { ...usable, fence: this.#fence };
    if (mine) await this.save(mine);
    await this.#removeOthers(mine?.straight ?? []);
    return mine;
  }

  /** The newest attempt of a sync that has left something here; 0 for none. */
  async newestFence(syncId: number): Promise<number> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const mark = await this.#newestMark();
    return mark?.syncId === syncId ? mark.fence : 0;
  }

  /** Lays down what another machine has staged, to be taken up; `fetch` copies a file of it, or its rows, into a file here. */
  async adopt(mark: StageMark, fetch: (name: string | null, file: string) => Promise<void>): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await fetch(null, path.join(this.#folder, `rows-${mark.fence}.jsonl`));
    const straight: StraightPart[] = [];
    for (const { folder, files, ...part } of mark.straight) {
      const here = files.map((one) => ({ ...one, file: path.join(this.#folder, placeIn(folder, one.file)) }));
      for (const { file } of here) {
        await mkdir(path.dirname(file), { recursive: true });
        await fetch(placeIn(folder, file), file);
      }
      straight.push({ ...part, folder, files: here });
    }
    await writeFile(this.#markFile(mark.fence), stringifyJson({ ...mark, straight }), { flush: true });
  }

  /** Adds a line; true when it is time to `flush`. */
  add(line: string): boolean {
    this.#waiting.push(line);
    this.#waitingLength += line.length;
    return this.#waitingLength >= 1024 * 1024;
  }

  async flush(): Promise<void> {
    if (this.#waiting.length === 0 || !this.#file) return;
    const bytes = Buffer.from(this.#waiting.join(''));
    this.#waiting = [];
    this.#waitingLength = 0;
    await this.#file.write(bytes, 0, bytes.length, this.#length);
    this.#length += bytes.length;
  }

  /** Rows first, then the mark that counts them, each on the disk before the next. */
  async save(mark: StageMark): Promise<void> {
    await this.flush();
    await this.#file?.datasync();
    const file = this.#markFile(this.#fence);
    await writeFile(`${file}.new`, stringifyJson(mark), { flush: true });
    await rename(`${file}.new`, file);
  }

  /** Takes away what was made of whole files. */
  async removeStraight(parts: readonly StraightPart[]): Promise<void> {
    for (const { folder } of parts) await rm(path.join(this.#folder, folder), { recursive: true, force: true });
  }

  /** Keeps only the rows of these slices. */
  async keepSlices(slices: readonly number[]): Promise<void> {
    await this.flush();
    await this.#file?.close();
    const kept = new Set(slices);
    const target = `${this.rowsFile}.new`;
    await writeFile(target, '');
    if (kept.size > 0) await copyLines(this.rowsFile, target, (line) => kept.has(sliceOfLine(line)));
    await rename(target, this.rowsFile);
    this.#file = undefined;
    await this.#openFile(null);
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  async remove(): Promise<void> {
    await this.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #openFile(length: number | null): Promise<void> {
    this.#file = await open(this.rowsFile, length === 0 ? 'w+' : 'r+', 0o600);
    this.#length = length ?? (await this.#file.stat()).size;
  }

  async #newestMark(): Promise<StageMark | null> {
    const fences = (await readdir(this.#folder)).flatMap((name) => {
      const fence = /^mark-(\d+)\.json$/.exec(name)?.[1];
      return fence === undefined ? [] : [Number(fence)];
    });
    if (fences.length === 0) return null;
    const text = await readFile(this.#markFile(Math.max(...fences)), 'utf8');
    return parseJson(text) as unknown as StageMark;
  }

  async #removeOthers(straight: readonly StraightPart[]): Promise<void> {
    const kept = straight.map(({ folder }) => folder);
    const mine = [path.basename(this.rowsFile), path.basename(this.#markFile(this.#fence)), ...kept];
    for (const name of await readdir(this.#folder)) {
      if (!mine.includes(name)) await rm(path.join(this.#folder, name), { recursive: true, force: true });
    }
  }

  #markFile(fence: number): string {
    return path.join(this.#folder, `mark-${fence}.json`);
  }
}

/** `straight-1/table/0.parquet`, wherever the stage's folder lies. */
export function placeIn(folder: string, file: string): string {
  const parts = file.split(path.sep);
  return parts.slice(parts.lastIndexOf(folder)).join('/');
}

/** Each line begins with its slice. */
export function lineOf(slice: number, fields: string): string {
  return `{"_weir_slice":"${slice}"${fields}}\n`;
}

function sliceOfLine(line: string): number {
  return Number(/^\{"_weir_slice":"(\d+)"/.exec(line)?.[1]);
}

async function copyLines(from: string, to: string, keeps: (line: string) => boolean): Promise<void> {
  const target = await open(to, 'w');
  try {
    for await (const line of createInterface({ input: createReadStream(from), crlfDelay: Number.POSITIVE_INFINITY })) {
      if (keeps(line)) await target.write(`${line}\n`);
    }
  } finally {
    await target.close();
  }
}
