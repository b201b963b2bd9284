import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { StreamState } from '#lib/catalog.ts';
import { WeirError } from '#lib/errors.ts';
import { killPoint } from '#lib/kill-points.ts';
import { literal } from '#lib/sql-text.ts';
import type {
  Counts,
  PageStaged,
  Published,
  SetAside,
  Stage,
  StagedLoad,
  StageFile,
  StagePage,
} from '../destination.ts';
import { OpenSlices } from '../open-slices.ts';
import { notCheckpointed } from '../stage-errors.ts';
import { straightCells } from '../straight-rows.ts';
import { Turns } from '../turns.ts';
import { bringFiles, freeArchiveKeys } from './bring-files.ts';
import { commitOf, generationOf, retentionOf, stagedLoad } from './commit-of.ts';
import type { Commit } from './commits.ts';
import { EarlyUploads } from './early-uploads.ts';
import { assertNotFenced } from './fence.ts';
import { FileDates } from './file-dates.ts';
import { forgetHeld, keepHeld } from './held-stage.ts';
import { layoutOf } from './layouts/index.ts';
import { CAME, type LaidLines, type LayoutWriter, member } from './layouts/layout.ts';
import { shortLines } from './layouts/short-lines.ts';
import { lineOf, type StageMark, type StraightPart } from './local-stage.ts';
import { findAside } from './set-aside.ts';
import { sweep, writeCommit } from './settle-commits.ts';
import { factsOf, placeOf, type StageParts } from './stage-parts.ts';
import { assertAllKept, StageQuarantine } from './stage-quarantine.ts';
import { type StraightFiles, writeStraight } from './straight-files.ts';
import { firstMark, type TakenUp, takeUp } from './take-up.ts';
import { uploadsOf } from './uploads.ts';
import { writeLines } from './write-by-folder.ts';
import { folderOf, type LinesRequest, readColumns, stagedLines, type WrittenFile } from './write-files.ts';

const FILES_FOLDER = 'files';
const ODD_PAGE_ROWS = 2_000;

/** Rows in a local file of JSON lines until they are published as files of the bucket. Calls are taken one after another. */
export class S3Stage implements Stage {
  readonly resumed: Stage['resumed'];
  readonly #parts: StageParts;
  readonly #layout: LayoutWriter;
  readonly #quarantine: StageQuarantine;
  readonly #slices: OpenSlices;
  #mark: StageMark;
  #latest: Commit | null;
  readonly #early: EarlyUploads;
  #longestLine: number;
  readonly #dates: FileDates;
  #straight: StraightPart[];
  #written: readonly WrittenFile[] | null = null;
  readonly #turns = new Turns();

  private constructor(parts: StageParts, { latest, late, mark }: TakenUp) {
    this.#parts = parts;
    this.#latest = latest;
    this.#early = new EarlyUploads(parts, late);
    const { attempt, target } = parts;
    const own = latest?.syncId === attempt.syncId ? latest : null;
    this.#mark = mark ?? firstMark(parts, latest);
    this.#layout = layoutOf(parts.config)(target, this.#mark.tables, attempt.syncId);
    this.#dates = new FileDates(parts.config.partition, this.#mark.partitioned);
    this.#straight = [...this.#mark.straight];
    this.#longestLine = this.#mark.longestLine ?? 0;
    this.#slices = new OpenSlices(this.#mark.nextSlice);
    const waits = this.#mark.counts.quarantined > (own?.counts.quarantined ?? 0);
    this.#quarantine = new StageQuarantine(parts, waits);
    this.resumed = mark || own ? { state: this.#mark.state, counts: this.#mark.counts } : null;
  }

  /** Sweeps up after lost attempts, then takes up what this machine has staged, or any that held it, as far as it is not published. */
  static async open(parts: StageParts): Promise<S3Stage> {
    try {
      return new S3Stage(parts, await takeUp(parts));
    } catch (error) {
      await parts.local.close();
      throw error;
    }
  }

  write(page: StagePage): Promise<PageStaged> {
    return this.#inTurn(() => this.#stage(page, (row) => row));
  }

  /** `rowOf` gives what a row of the page is called. A method and no function of each page's own, as for Postgres. */
  async #stage(page: StagePage, rowOf: (row: number) => number): Promise<PageStaged> {
    this.#parts.context.signal.throwIfAborted();
    const slice = this.#slices.take(page.closesAs ?? page.slice);
    const { lines, refusals, leftOut } = this.#laid(page);
    for (const members of lines) await this.#add(lineOf(slice.id, members));
    for (const refusal of refusals) {
      const at = { slice: slice.id, name: page.slice, page: page.page, came: page.came?.[refusal.row - 1]?.at };
      await this.#add(this.#quarantine.lineOf(at, { ...refusal, row: rowOf(refusal.row) }));
    }
    const written = page.records.length - refusals.length;
    slice.written += written;
    slice.quarantined += refusals.length;
    return { written, quarantined: refusals.length, ...(leftOut && { leftOut }) };
  }

  #laid(page: StagePage): LaidLines {
    try {
      return shortLines(this.#layout, page.records, (record, row) => this.#dates.of(record) + this.#cameOf(page, row));
    } catch (error) {
      throw error instanceof WeirError ? error.at({ slice: page.slice, page: page.page }) : error;
    }
  }

  #cameOf({ came }: StagePage, row: number): string {
    const { replays, emittedAt } = this.#parts.target;
    return replays ? member(CAME, (came?.[row - 1]?.at ?? emittedAt).toISOString()) : '';
  }

  async #add(line: string): Promise<void> {
    this.#longestLine = Math.max(this.#longestLine, Buffer.byteLength(line));
    if (this.#parts.local.add(line)) await this.#parts.local.flush();
  }

  async writeFile(load: StageFile): Promise<{ written: number; quarantined: number } | null> {
    const made = await this.#inTurn(() => this.#makeStraight(load));
    if (made === null) return null;
    const counts = { written: made.rows, quarantined: 0 };
    for (let at = 0; at < made.odd.length; at += ODD_PAGE_ROWS) {
      const rows = made.odd.slice(at, at + ODD_PAGE_ROWS);
      const records = rows.map(({ record }) => record);
      const place = { slice: load.slice, page: 1, records };
      const page = await this.#inTurn(() => this.#stage(place, (row) => rows[row - 1]?.number ?? 0));
      counts.written += page.written;
      counts.quarantined += page.quarantined;
    }
    return counts;
  }

  async #makeStraight({ slice: name, file, onProgress }: StageFile): Promise<StraightFiles | null> {
    const { columnOf } = this.#layout;
    const cells = columnOf && straightCells(file, columnOf);
    if (!columnOf || !cells) return null;
    const { attempt, config, context, local } = this.#parts;
    const slice = this.#slices.take(name);
    const folder = local.fileFor(`straight-${slice.id}`);
    const { main } = this.#layout.tables();
    const columns = file.columns.flatMap(({ field }) => columnOf(field) ?? []);
    const field = config.partition?.field;
    const made = await writeStraight(file, {
      ...{ folder, format: config.format, partition: this.#dates.folders },
      facts: { ...factsOf(this.#parts), meta: literal(JSON.stringify({ sync_id: attempt.syncId, changes: [] })) },
      tables: [{ ...main, columns }],
      ...{ cells, columns, partitionColumn: (field && columnOf(field)?.name) || null },
      ...{ signal: context.signal, onProgress },
      follow: (table) => this.#early.follow(folderOf(folder, table), table),
    });
    if (made === null || made.odd.length > 0) await this.#early.drop(folder);
    if (made === null) return null;
    const files = made.files.map(({ table: _main, ...one }) => one);
    this.#straight.push({ slice: slice.id, folder: path.basename(folder), files });
    slice.written += made.rows;
    this.#written = null;
    return made;
  }

  checkpoint(save: { state: StreamState | null; openSlices: readonly string[]; counts: Counts }): Promise<Counts> {
    return this.#inTurn(async () => {
      const before = this.#mark.counts;
      const closed = this.#slices.closeExcept(save.openSlices);
      const counts = {
        ...save.counts,
        written: before.written + closed.written,
        quarantined: before.quarantined + closed.quarantined,
      };
      await this.#parts.local.flush();
      await this.#save({
        state: save.state,
        counts,
        bytes: this.#parts.local.length,
        openSlices: this.#slices.ids,
      });
      // What a replay puts aside lies in the bucket already.
      if (!this.#parts.target.replays) await this.#uploadRefused(this.#mark.droppedSlices);
      killPoint('checkpoint.saved');
      return counts;
    });
  }

  #uploadRefused(leaveOut: readonly number[]): Promise<void> {
    return this.#quarantine.upload({ part: this.#mark.parts + 1, leaveOut, more: this.#slices.hasQuarantined });
  }

  /** Slices whose rows don't count, or not yet. */
  #leftOut(): number[] {
    return [...this.#mark.droppedSlices, ...this.#slices.ids];
  }

  get names(): readonly string[] {
    const { namespace, target } = this.#parts;
    return [target.table, `${namespace}.${target.table}`, target.stream.name];
  }

  /** The load alone lies on this machine; what is in the bucket is not read for it. */
  staged(): Promise<StagedLoad> {
    return this.#inTurn(async () => {
      const files = await this.#mainFiles();
      return stagedLoad(this.#parts, this.#latest, { mark: this.#mark, files, columns: this.#columns() });
    });
  }

  async #mainFiles(): Promise<readonly WrittenFile[]> {
    const { main } = this.#layout.tables();
    return (await this.#toFiles()).filter(({ table }) => table.id === main.id);
  }

  setAside(rows: readonly SetAside[]): Promise<Counts> {
    return this.#inTurn(async () => {
      await assertNotFenced(this.#parts);
      const { context, config, local } = this.#parts;
      const { came } = this.#lines;
      const files = (await this.#mainFiles()).map(({ file }) => file);
      const records = this.#layout.records();
      const found = await findAside({
        ...{ rows, files, columns: this.#columns(), records, straight: this.#straight, format: config.format },
        ...{ lines: stagedLines(local.rowsFile, this.#lines)(records.table), came, folder: local.folder },
        signal: context.signal,
        onRow: (slice, row) => this.#add(this.#quarantine.asideLine(slice, row)),
      });
      if (found.moved > 0) await this.#takeOut(found);
      return this.#mark.counts;
    });
  }

  /** The lines say which records don't count; the mark, that they do say so. */
  async #takeOut({ moved, straight }: { moved: number; straight: StraightPart[] }): Promise<void> {
    const { local } = this.#parts;
    const { counts, aside = 0 } = this.#mark;
    const { written, quarantined, checked = 0 } = counts;
    const gone = this.#straight.filter((part) => !straight.includes(part));
    for (const { folder } of gone) await this.#early.drop(path.join(local.folder, folder));
    this.#straight = straight;
    await local.flush();
    await this.#save({
      counts: { ...counts, written: written - moved, quarantined: quarantined + moved, checked: checked + moved },
      bytes: local.length,
      aside: aside + moved,
    });
    await local.removeStraight(gone);
    if (!this.#parts.target.replays) await this.#uploadRefused(this.#leftOut());
  }

  publish({ complete }: { complete: boolean }): Promise<Published> {
    return this.#inTurn(async () => {
      const { attempt, config, store, target } = this.#parts;
      if (complete && !this.#slices.isEmpty) throw notCheckpointed(target.stream.name);
      // First of all: a newer attempt has taken this one's files away.
      await assertNotFenced(this.#parts);
      if (complete && target.replays) await assertAllKept(this.#parts, this.#latest, this.#mark.counts.read);
      await this.#uploadRefused(this.#leftOut());
      const { main, all } = this.#layout.tables();
      const names = await this.#parts.names.of(target, all);
      const uploads = await uploadsOf(
        this.#parts,
        { main, names, of: generationOf(this.#parts, this.#latest) },
        await this.#toFiles(),
        this.#early,
      );
      const adds = uploads.length > 0;
      const plan = retentionOf(this.#parts, this.#latest, { complete, adds });
      const archiveKeys = await freeArchiveKeys(store, config, plan.moved, this.#early.taken);
      const commit = commitOf(this.#parts, this.#latest, {
        ...{ complete, plan, archiveKeys, mark: this.#mark, tables: this.#layout.saved() },
        ...{ columns: this.#columns(), names, added: uploads.map((upload) => upload.stored) },
      });
      const announcement = await bringFiles(this.#parts, {
        ...{ commit, uploads, early: this.#early, archiveKeys, moved: plan.moved, reclassed: plan.reclassed },
      });
      killPoint('publish.before_commit');
      await writeCommit(placeOf(this.#parts), commit);
      killPoint('publish.committed');
      // From here on the publish counts; what is left is tidying, which the next attempt does if this one can't.
      this.#latest = commit;
      await store.delete(commit.removed);
      await store.delete([announcement]);
      await sweep(placeOf(this.#parts));
      await this.#quarantine.published(commit);
      await this.#afterPublish(complete, commit);
      this.#parts.context.log.debug(
        { added: commit.added, attempt: attempt.attempt, bucket: config.bucket },
        'published',
      );
      return commit.published;
    });
  }

  hold(): Promise<void> {
    return this.#inTurn(async () => {
      await assertNotFenced(this.#parts);
      await this.#dropEarly();
      await keepHeld(this.#parts, this.#mark);
    });
  }

  discard(): Promise<void> {
    return this.#inTurn(async () => {
      await assertNotFenced(this.#parts);
      await this.#dropEarly();
      await forgetHeld(this.#parts);
      await this.#quarantine.drop();
      await this.#parts.local.remove();
    });
  }

  /** Leaves what is checkpointed to a later attempt. */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#dropEarly();
      await this.#parts.local.close();
    });
  }

  #dropEarly(): Promise<void> {
    return this.#early.drop(this.#parts.local.folder);
  }

  async #save(change: Partial<StageMark>): Promise<void> {
    this.#mark = {
      ...this.#mark,
      tables: this.#layout.saved(),
      straight: this.#straight,
      partitioned: this.#dates.areThere,
      ...{ nextSlice: this.#slices.next, longestLine: this.#longestLine },
      ...change,
    };
    await this.#parts.local.save(this.#mark);
    this.#written = null;
  }

  /** The rows of closed slices, as files beside the stage. */
  async #toFiles(): Promise<readonly WrittenFile[]> {
    if (this.#written) return this.#written;
    const { config, context, local } = this.#parts;
    await local.flush();
    const leaveOut = this.#leftOut();
    const straight = this.#straightFiles(leaveOut);
    if (straight.length > 0 && local.length === 0) {
      this.#written = straight;
      return straight;
    }
    const lines = await writeLines({
      ...{ folder: local.fileFor(FILES_FOLDER), tables: this.#layout.tables().all, format: config.format },
      ...{ facts: factsOf(this.#parts), partition: this.#dates.folders, signal: context.signal },
      ...{ rowsFile: local.rowsFile, lines: this.#lines },
    });
    // An empty file stands for an empty table only.
    this.#written = straight.length > 0 ? [...straight, ...lines.filter(({ rows }) => rows > 0)] : lines;
    return this.#written;
  }

  get #lines(): LinesRequest {
    const aside = this.#mark.aside ? this.#layout.records().id : null;
    const came = this.#parts.target.replays !== undefined;
    return { leaveOut: this.#leftOut(), longestLine: this.#longestLine, aside, came };
  }

  #straightFiles(leaveOut: readonly number[]): WrittenFile[] {
    const { main } = this.#layout.tables();
    const closed = this.#straight.filter(({ slice }) => !leaveOut.includes(slice));
    return closed.flatMap(({ files }) => files.map((one) => ({ ...one, table: main })));
  }

  #columns() {
    return readColumns(this.#layout.tables().main, this.#parts.config.format, factsOf(this.#parts));
  }

  async #afterPublish(complete: boolean, commit: Commit): Promise<void> {
    const { local } = this.#parts;
    if (complete) {
      await forgetHeld(this.#parts);
      return local.remove();
    }
    const open = this.#slices.ids;
    await local.keepSlices(open);
    await rm(local.fileFor(FILES_FOLDER), { recursive: true, force: true });
    await local.removeStraight(this.#straight.filter(({ slice }) => !open.includes(slice)));
    this.#straight = this.#straight.filter(({ slice }) => open.includes(slice));
    await this.#save({ bytes: local.length, droppedSlices: [], openSlices: open, parts: commit.part });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const where = { stream: this.#parts.target.stream.name };
    return this.#turns.take(work, (error) => (error instanceof WeirError ? error.at(where) : error));
  }
}
