import type { StreamState } from '#lib/catalog.ts';
import { WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import { killPoint } from '#lib/kill-points.ts';
import { type TableShape, type TypedPage, typePage } from '#lib/records/index.ts';
import type {
  Counts,
  PageStaged,
  Published,
  PublishOptions,
  SetAside,
  Stage,
  StagedLoad,
  StageFile,
  StagePage,
} from '../destination.ts';
import { OpenSlices } from '../open-slices.ts';
import { CameIds, RawIds } from '../raw-ids.ts';
import { fenced, notCheckpointed } from '../stage-errors.ts';
import { straightCells } from '../straight-rows.ts';
import { Turns } from '../turns.ts';
import { type AsideCode, Checkpointed } from './checkpointed.ts';
import { CopyBuffer, type CopyTarget, type RowName } from './copy-buffer.ts';
import { copyFile, type FileCopied } from './copy-file.ts';
import { copyText, NULL_TEXT } from './copy-rows.ts';
import { holdFence, isFenced, stageTaken } from './fence.ts';
import type { TableRef } from './identifier.ts';
import type { LaidRecord } from './layouts/index.ts';
import type { PublishRequest } from './merge.ts';
import { PagePlaces } from './page-places.ts';
import { postgresCode } from './postgres-errors.ts';
import { publishStage } from './publish.ts';
import { type AsideRow, findMeeting, putAside } from './put-aside.ts';
import { deleteQuarantineAfter, type QuarantinedRow } from './quarantine.ts';
import { findRefused, isRowRefused, noRowRefused, rowRefused } from './refused-rows.ts';
import { dropSides, type Side, type SideRow, SideTables } from './side-tables.ts';
import type { StageParts } from './stage-parts.ts';
import { deleteStage, saveStage, setStageColumns, setStagedRows } from './stage-store.ts';
import {
  cleanMeta,
  copyStatement,
  deleteStagedRows,
  dropStageTable,
  growStageTable,
  stageTable,
} from './stage-table.ts';
import { stagedLoad } from './staged-load.ts';
import { readRefusedWrite } from './standby.ts';
import type { Queryable, RelationRow } from './store.ts';
import { inTransaction } from './transaction.ts';
import { WaitingRefusals } from './waiting-refusals.ts';

/** What a stage is opened with: fresh, or as the last checkpoint left it. */
export interface StageStart {
  readonly shape: TableShape;
  readonly relation: RelationRow;
  readonly sides: readonly Side[];
  readonly resumed: Stage['resumed'];
  readonly nextSlice: number;
  readonly lastSeq: number;
  readonly staged: number;
  readonly hadTable: boolean;
  /** The stage is made like the stream's table, and may become it. */
  readonly becomesTable: boolean;
}

/** No such table; the session was ended. */
const TAKEN = new Set(['42P01', '57P01']);
const ODD_PAGE_ROWS = 2_000;
/** Taking rows out may bring older rows of the same key to light, which the table refuses too. */
const MOST_PUBLISHES = 10;

/** Rows in an unlogged table of our own, the checkpoint in `_weir.stage`. Calls are taken one after another. */
export class PostgresStage implements Stage {
  readonly resumed: Stage['resumed'];
  readonly names: readonly string[];
  readonly #parts: StageParts;
  readonly #table: TableRef;
  readonly #buffer: CopyBuffer;
  readonly #sides: SideTables;
  readonly #hadTable: boolean;
  readonly #becomesTable: boolean;
  readonly #slices: OpenSlices;
  readonly #ids = new RawIds();
  readonly #cameIds = new CameIds();
  readonly #places = new PagePlaces();
  readonly #refusals: WaitingRefusals;
  #shape: TableShape;
  /** Numbers of rows that are staged, and should not be. */
  #unstaged: number[] = [];
  #seq: number;
  readonly #saved: Checkpointed;
  readonly #turns = new Turns();

  constructor(parts: StageParts, start: StageStart) {
    this.#parts = parts;
    this.names = [start.relation.table, `${start.relation.schema}.${start.relation.table}`];
    this.#table = stageTable(parts.ref, parts.attempt.fence);
    this.#shape = start.shape;
    this.#refusals = new WaitingRefusals(parts, this.#places);
    this.#hadTable = start.hadTable;
    this.#becomesTable = start.becomesTable;
    this.#slices = new OpenSlices(start.nextSlice);
    this.#seq = start.lastSeq;
    this.#saved = new Checkpointed(start);
    this.resumed = start.resumed;
    this.#buffer = new CopyBuffer(parts.pool, parts.attempt.syncId, this.#copyTarget(), (row) => this.#refuseLate(row));
    this.#sides = new SideTables(parts, start.relation.table, start.sides, (row) => this.#refuseSide(row));
  }

  write(page: StagePage): Promise<PageStaged> {
    return this.#inTurn('staging a page', () => this.#stage(page, this.#numbersFor(page)));
  }

  /**
   * `seqs` are the numbers of the page's rows. A method and no function of each page's own: what V8 compiles of those is gone with
   * them, and compiling it again takes memory for as long as a sync goes on.
   */
  async #stage(page: StagePage, seqs: readonly number[]): Promise<PageStaged> {
    const slice = this.#slices.take(page.closesAs ?? page.slice);
    const laid = this.#layOut(page.records);
    const typed = this.#typed(page, laid?.map(({ main }) => main) ?? page.records);
    if (typed.shape !== this.#shape) await this.#grow(typed.shape);
    const beside: SideRow[] = [];
    const place = { slice: page.slice, sliceId: slice.id, page: page.page };
    const ofPage = { ...place, records: page.records, ...(page.came && { cameOf: page.came }) };
    for (const row of typed.rows) {
      const seq = seqs[row.row - 1] ?? 0;
      const name = this.#nameOf(page, row.row, seq);
      const full = this.#buffer.add(row, name, ofPage);
      const whole = page.records[row.row - 1] ?? row.record;
      for (const side of laid?.[row.row - 1]?.sides ?? []) beside.push({ ...side, name, whole });
      if (full) await this.#buffer.send();
    }
    for (const refusal of typed.refusals) {
      const record = page.records[refusal.row - 1] ?? refusal.record;
      const came = page.came?.[refusal.row - 1];
      this.#refusals.add({ ...refusal, record, ...place, seq: seqs[refusal.row - 1] ?? 0, came });
    }
    slice.written += typed.rows.length;
    slice.quarantined += typed.refusals.length;
    const before = slice.quarantined;
    const besides = beside.length > 0 ? await this.#sides.write(beside, place) : typed.leftOut;
    const late = slice.quarantined - before;
    await this.#refusals.saveSome();
    return {
      written: typed.rows.length - late,
      quarantined: typed.refusals.length + late,
      leftOut: typed.leftOut.union(besides),
    };
  }

  async writeFile(load: StageFile): Promise<{ written: number; quarantined: number } | null> {
    const copied = await this.#inTurn('staging a file', () => this.#copyFile(load));
    if (copied === null) return null;
    const counts = { written: copied.rows, quarantined: 0 };
    for (let at = 0; at < copied.odd.length; at += ODD_PAGE_ROWS) {
      const rows = copied.odd.slice(at, at + ODD_PAGE_ROWS);
      const records = rows.map(({ record }) => record);
      const place = { slice: load.slice, page: at / ODD_PAGE_ROWS + 1, records };
      const numbers = rows.map(({ number }) => copied.seq + number);
      const page = await this.#inTurn('staging a page', () => this.#stage(place, numbers));
      counts.written += page.written;
      counts.quarantined += page.quarantined;
    }
    return counts;
  }

  async #copyFile({ slice: name, file, onProgress }: StageFile): Promise<(FileCopied & { seq: number }) | null> {
    const { layout, target, pool, signal } = this.#parts;
    const shape = this.#shape;
    if (layout.lay !== null || shape.selected !== null) return null;
    const columnOf = (field: string) => shape.columns[shape.indexOf.get(field) ?? -1];
    const required = target.destinationSyncMode.endsWith('_dedup') ? shape.keyFields : [];
    const cells = straightCells(file, columnOf, required);
    if (cells === null) return null;
    await this.#buffer.drain();
    const slice = this.#slices.take(name);
    const columns = file.columns.map(({ field }) => columnOf(field)?.name ?? '');
    const place = { table: this.#table, columns, cells, sliceId: slice.id, seq: this.#seq };
    const copied = await copyFile(pool, file, { ...place, signal, onProgress });
    if (copied === null) return null;
    slice.written += copied.rows;
    this.#places.begin(name, 1, place.seq);
    this.#seq += copied.rows + copied.odd.length;
    return { ...copied, seq: place.seq };
  }

  /** Of the page's rows in their order. */
  #numbersFor({ slice, page, records }: StagePage): readonly number[] {
    this.#places.begin(slice, page, this.#seq);
    const numbers: number[] = [];
    for (const _ of records) numbers.push(++this.#seq);
    return numbers;
  }

  #nameOf({ came }: StagePage, row: number, seq: number): RowName {
    const { replays, emittedAt } = this.#parts.target;
    if (replays === undefined) return { seq, rawId: this.#ids.of(seq) };
    const one = came?.[row - 1] ?? { at: emittedAt, number: seq };
    return { seq, rawId: this.#cameIds.of(one), came: one };
  }

  #layOut(records: readonly JsonObject[]): readonly LaidRecord[] | null {
    const { layout, given } = this.#parts;
    const { lay } = layout;
    return lay && records.map((record) => lay(given, record));
  }

  #typed(page: StagePage, records: readonly JsonObject[]): TypedPage {
    const { target, layout } = this.#parts;
    const needsKey = target.destinationSyncMode.endsWith('_dedup');
    const badValues = layout.refusesMisfits ? 'quarantine' : target.badValues;
    try {
      return typePage(this.#shape, records, needsKey, badValues);
    } catch (error) {
      throw error instanceof WeirError ? error.at({ slice: page.slice, page: page.page }) : error;
    }
  }

  forgetRefused(name: string): Promise<number> {
    return this.#inTurn('forgetting refused rows', async () => {
      const slice = this.#slices.find(name);
      await this.#buffer.drain();
      await this.#sides.drain();
      if (slice === undefined || slice.quarantined === 0) return 0;
      const forgotten = slice.quarantined;
      await this.#refusals.forget(slice.id);
      slice.quarantined = 0;
      return forgotten;
    });
  }

  checkpoint(save: { state: StreamState | null; openSlices: readonly string[]; counts: Counts }): Promise<Counts> {
    return this.#inTurn('saving a checkpoint', async () => {
      await this.#buffer.drain();
      await this.#sides.drain();
      const closed = this.#slices.closeExcept(save.openSlices);
      const counts = this.#saved.close(closed, this.#slices.ids, save.counts);
      const { pool, attempt, ref } = this.#parts;
      const saveIn = async (db: Queryable) => {
        const saved = await saveStage(db, ref, {
          fence: attempt.fence,
          columns: this.#shape.columns,
          state: save.state,
          counts,
          open_slices: this.#saved.openSlices,
          next_slice: this.#slices.next,
          last_seq: this.#seq,
          staged: this.#saved.staged,
        });
        // Nothing of an attempt that was fenced off stays, what it put aside neither.
        if (!saved) throw await stageTaken(db, attempt);
      };
      const isAlone = this.#refusals.isEmpty && this.#unstaged.length === 0;
      if (isAlone) await saveIn(pool);
      else
        await inTransaction(pool, async (client) => {
          await this.#refusals.save(client);
          if (this.#unstaged.length > 0) await deleteStagedRows(client, this.#table, this.#unstaged);
          await saveIn(client);
        });
      killPoint('checkpoint.saved');
      this.#refusals.saved();
      this.#unstaged = [];
      this.#saved.save(save.state, counts, this.#seq);
      return counts;
    });
  }

  staged(): Promise<StagedLoad> {
    return this.#inTurn('looking at the stage', () => stagedLoad(this.#parts, this.#table, this.#shape));
  }

  setAside(conditions: readonly SetAside[]): Promise<Counts> {
    return this.#inTurn('putting rows aside', async () => {
      const found = await findMeeting(this.#parts.pool, this.#table, conditions);
      await this.#putAside('check_failed', found);
      return this.#saved.counts;
    });
  }

  async #putAside(code: AsideCode, found: readonly Pick<AsideRow, 'seq' | 'reason'>[]): Promise<void> {
    const staged = { table: this.#table, shape: this.#shape, sides: this.#sides.all };
    const moved = await putAside(this.#parts, staged, {
      code,
      rows: found.map((row) => ({ ...row, ...this.#places.of(row.seq) })),
      save: (client, count) =>
        setStagedRows(client, this.#parts.ref, this.#saved.staged - count, this.#saved.without(count, code)),
    });
    this.#saved.putAside(moved, code);
  }

  publish({ complete, onRefused }: PublishOptions): Promise<Published> {
    return this.#inTurn('publishing', async () => {
      if (complete && !this.#slices.isEmpty) throw notCheckpointed(this.#parts.target.stream.name);
      for (let left = MOST_PUBLISHES; ; left--) {
        try {
          const published = await publishStage(this.#parts, this.#request(complete));
          this.#saved.published();
          return published;
        } catch (error) {
          if (!isRowRefused(error) || left === 0) throw error;
          await this.#putRefusedAside(this.#request(complete), error);
          await onRefused?.(this.#saved.counts);
        }
      }
    });
  }

  /** What the table's own constraints and triggers refuse. */
  async #putRefusedAside(request: PublishRequest, failure: unknown): Promise<void> {
    const fails = this.#parts.target.badValues === 'fail';
    const found = await findRefused(this.#parts, request, fails ? 1 : undefined).catch((error: unknown) => {
      throw isRowRefused(error) ? noRowRefused(error) : error;
    });
    const [first] = found;
    if (first === undefined) throw noRowRefused(failure);
    if (fails) throw rowRefused(first.reason, this.#places.of(first.seq));
    await this.#putAside('refused_by_database', found);
  }

  #request(complete: boolean): PublishRequest {
    return {
      table: this.#table,
      shape: this.#shape,
      lastSeq: this.#saved.lastSeq,
      nothingLeft: this.#saved.openSlices.length === 0 && this.#saved.lastSeq === this.#seq,
      openSlices: this.#saved.openSlices,
      staged: this.#saved.staged,
      state: this.#saved.state,
      counts: this.#saved.counts,
      sides: this.#sides.all,
      hadTable: this.#hadTable || this.#saved.someIsPublished,
      becomesTable: this.#becomesTable,
      complete,
    };
  }

  discard(): Promise<void> {
    return this.#inTurn('discarding the stage', async () => {
      const { pool, attempt, ref } = this.#parts;
      await inTransaction(pool, async (client) => {
        await holdFence(client, attempt);
        await dropStageTable(client, this.#table);
        await dropSides(client, this.#table.table, this.#sides.all);
        await deleteStage(client, ref);
        await deleteQuarantineAfter(client, ref, { syncId: attempt.syncId, seq: 0, openSlices: [] });
      });
    });
  }

  async #grow(shape: TableShape): Promise<void> {
    await this.#buffer.drain();
    const { pool, attempt, ref } = this.#parts;
    const grown = await inTransaction(pool, async (client) => {
      await growStageTable(client, this.#table, this.#shape.columns, shape.columns);
      return setStageColumns(client, ref, attempt.fence, { columns: shape.columns });
    });
    if (!grown) throw await stageTaken(pool, attempt);
    this.#shape = shape;
    this.#buffer.retarget(this.#copyTarget());
  }

  /** The database refused a row after `write` had counted it. */
  #refuseLate(row: QuarantinedRow): void {
    if (!this.#refusals.addLate(row)) return;
    const slice = this.#slices.withId(row.sliceId);
    if (slice) {
      slice.written -= 1;
      slice.quarantined += 1;
    }
  }

  /** A table beside the stream's own could not take its part of a record: then the record goes whole. */
  #refuseSide(row: QuarantinedRow): void {
    this.#unstaged.push(row.seq);
    this.#refuseLate(row);
  }

  #copyTarget(): CopyTarget {
    const { columns } = this.#shape;
    const types = columns.map((column) => column.type);
    const noChanges = this.#becomesTable ? copyText(cleanMeta(this.#parts.attempt.syncId)) : NULL_TEXT;
    const came = this.#parts.target.replays !== undefined;
    return { statement: copyStatement(this.#table, columns, came), types, noChanges };
  }

  /** One after another, and what goes wrong in the words of the user. */
  #inTurn<T>(doing: string, work: () => Promise<T>): Promise<T> {
    const { attempt, pool, target } = this.#parts;
    return this.#turns.take(work, async (error) => {
      // A newer attempt has taken the stage under another name, or ended the session that wrote to it.
      const isTaken = TAKEN.has(postgresCode(error)) && (await isFenced(pool, attempt));
      return isTaken
        ? fenced(attempt)
        : (await readRefusedWrite(pool, error, doing)).at({ stream: target.stream.name });
    });
  }
}
