import type { JsonObject } from '#lib/json.ts';
import { type Column, shapeOfStream, type TableShape, takesList, typePage } from '#lib/records/index.ts';
import type { TargetStream } from '../destination.ts';
import type { PagePlace } from './batch-rows.ts';
import { CopyBuffer, type CopyTarget, type RowName } from './copy-buffer.ts';
import { stageTaken } from './fence.ts';
import type { TableRef } from './identifier.ts';
import type { SidePlan } from './layouts/index.ts';
import { sideRelation } from './layouts/layout.ts';
import type { QuarantinedRow } from './quarantine.ts';
import { ensureRelation } from './relations.ts';
import type { StageParts } from './stage-parts.ts';
import { type SavedSide, setStageColumns } from './stage-store.ts';
import {
  copyStatement,
  createStageTable,
  dropStageTable,
  growStageTable,
  renameStageTable,
  rewindStageTable,
  stageTable,
} from './stage-table.ts';
import { OWN_SCHEMA, type Queryable, type RelationRow, relationNames } from './store.ts';
import { isThere } from './table.ts';
import { inTransaction } from './transaction.ts';

/** A table beside the stream's own, as far as its stage is filled. */
export interface Side {
  readonly plan: SidePlan;
  readonly relation: RelationRow;
  readonly shape: TableShape;
  readonly table: TableRef;
}

/** A row for one of them, with its record's number and id. */
export interface SideRow {
  readonly path: string;
  readonly record: JsonObject;
  readonly name: RowName;
  /** The record that the row is a part of, as it came. */
  readonly whole: JsonObject;
}

/** Makes the stage tables of those that the schema names and of those that the destination knows. */
export async function createSides(db: Queryable, parts: StageParts, mainTable: string): Promise<Side[]> {
  const plans = new Map(parts.layout.sides(parts.given, mainTable).map((plan) => [plan.path, plan]));
  for (const path of await knownPaths(db, parts)) {
    if (!plans.has(path)) plans.set(path, parts.layout.side(parts.given, mainTable, path, [...plans.keys()]));
  }
  const sides: Side[] = [];
  for (const plan of plans.values()) sides.push(await createSide(db, parts, plan, sides.length));
  return sides;
}

/** Takes up the sides of an interrupted stage, under the names of this attempt. */
export async function takeOverSides(
  db: Queryable,
  parts: StageParts,
  mainTable: string,
  left: { table: string; saved: readonly SavedSide[]; keep: { lastSeq: number; openSlices: readonly number[] } },
): Promise<Side[]> {
  const known = left.saved.map(({ path }) => path);
  const sides: Side[] = [];
  for (const [index, { path, columns }] of left.saved.entries()) {
    const plan = parts.layout.side(parts.given, mainTable, path, known);
    const table = stageTable(parts.ref, parts.attempt.fence, index);
    await renameStageTable(db, { schema: OWN_SCHEMA, table: `${left.table}_${index}` }, table);
    await rewindStageTable(db, table, left.keep);
    const relation = await ensureRelation(db, relationRef(parts, plan), plan.wanted);
    sides.push({ plan, relation, table, shape: shapeOfSide(parts.given, plan, columns) });
  }
  return sides;
}

export async function dropSides(db: Queryable, table: string, sides: readonly unknown[]): Promise<void> {
  for (const index of sides.keys()) await dropStageTable(db, { schema: OWN_SCHEMA, table: `${table}_${index}` });
}

async function createSide(db: Queryable, parts: StageParts, plan: SidePlan, index: number): Promise<Side> {
  const relation = await ensureRelation(db, relationRef(parts, plan), plan.wanted);
  const there = isThere(relation);
  const shape = shapeOfSide(parts.given, plan, there ? relation.columns : plan.columns);
  const table = stageTable(parts.ref, parts.attempt.fence, index);
  await createStageTable(db, table, shape.columns, parts.given);
  return { plan, relation, shape, table };
}

function relationRef({ ref }: StageParts, plan: SidePlan): { namespace: string; name: string } {
  return { namespace: ref.namespace, name: plan.relation };
}

/** Tables of earlier syncs: an overwrite has to empty them even when nothing comes for them. */
async function knownPaths(db: Queryable, { ref, layout }: StageParts): Promise<string[]> {
  if (layout.lay === null) return [];
  const beginning = sideRelation(ref.name, '');
  const own = layout.relation(ref.name);
  const names = await relationNames(db, ref.namespace, beginning);
  return names
    .filter((name) => name !== own)
    .map((name) => name.slice(beginning.length).replaceAll('\u0001', '\u0000'));
}

function shapeOfSide(given: TargetStream, plan: SidePlan, existing: readonly Column[]): TableShape {
  const { selectedFields: _kept, ...rest } = given;
  const configured = {
    ...rest,
    stream: { ...given.stream, jsonSchema: plan.schema },
    ...{ destinationSyncMode: 'append' as const, primaryKey: [], cursorField: [] },
  };
  return shapeOfStream(configured, existing);
}

/** The stages of the tables beside a stream's own. Rows follow those of the stream's own table, by number and record id. */
export class SideTables {
  readonly #parts: StageParts;
  readonly #mainTable: string;
  readonly #onRefused: (row: QuarantinedRow) => void;
  #sides: readonly Side[];
  readonly #buffers = new Map<string, CopyBuffer>();

  constructor(parts: StageParts, mainTable: string, sides: readonly Side[], onRefused: (row: QuarantinedRow) => void) {
    this.#parts = parts;
    this.#mainTable = mainTable;
    this.#sides = sides;
    this.#onRefused = onRefused;
  }

  get all(): readonly Side[] {
    return this.#sides;
  }

  get saved(): SavedSide[] {
    return this.#sides.map(({ plan, shape }) => ({ path: plan.path, columns: shape.columns }));
  }

  /** The rows of one page, table by table. Gives the fields that the stream's rule keeps out. */
  async write(rows: readonly SideRow[], place: Omit<PagePlace, 'records'>): Promise<ReadonlySet<string>> {
    const leftOut = new Set<string>();
    const byPath = Map.groupBy(rows, (row) => row.path);
    for (const [path, some] of byPath) {
      const known = this.#sides.find(({ plan }) => plan.path === path);
      if (known === undefined && !takesList(this.#parts.given, path)) leftOut.add(path);
      else {
        const fields = await this.#writeTo(known ?? (await this.#add(path)), some, place);
        for (const field of fields) leftOut.add(`${path}\u0000${field}`);
      }
    }
    return leftOut;
  }

  async drain(): Promise<void> {
    for (const buffer of this.#buffers.values()) await buffer.drain();
  }

  async #writeTo(
    side: Side,
    rows: readonly SideRow[],
    place: Omit<PagePlace, 'records'>,
  ): Promise<ReadonlySet<string>> {
    const misfits = side.plan.keepsAll ? 'quarantine' : 'null';
    const typed = typePage(
      side.shape,
      rows.map((row) => row.record),
      false,
      misfits,
    );
    const grown = typed.shape === side.shape ? side : await this.#grow(side, typed.shape);
    const buffer = this.#bufferOf(grown);
    const cameOf = rows.flatMap(({ name }) => name.came ?? []);
    const ofPage = { ...place, records: rows.map((row) => row.whole), ...(cameOf.length > 0 && { cameOf }) };
    for (const row of typed.rows) {
      const name = rows[row.row - 1]?.name;
      if (name && buffer.add(row, name, ofPage)) await buffer.send();
    }
    for (const refusal of typed.refusals) {
      const row = rows[refusal.row - 1];
      if (row) {
        const { seq, came } = row.name;
        this.#onRefused({ ...refusal, ...place, seq, came, record: row.whole });
      }
    }
    return typed.leftOut;
  }

  /** A table that the schema did not name. */
  async #add(path: string): Promise<Side> {
    const { pool, given, layout, attempt, ref } = this.#parts;
    const known = this.#sides.map(({ plan }) => plan.path);
    const plan = layout.side(given, this.#mainTable, path, known);
    const side = await inTransaction(pool, async (client) => {
      const made = await createSide(client, this.#parts, plan, this.#sides.length);
      const saved = [...this.saved, { path, columns: made.shape.columns }];
      if (!(await setStageColumns(client, ref, attempt.fence, { sides: saved })))
        throw await stageTaken(client, attempt);
      return made;
    });
    this.#sides = [...this.#sides, side];
    return side;
  }

  async #grow(side: Side, shape: TableShape): Promise<Side> {
    const { pool, attempt, ref } = this.#parts;
    await this.#buffers.get(side.plan.path)?.drain();
    const grown = { ...side, shape };
    const sides = this.#sides.map((one) => (one === side ? grown : one));
    await inTransaction(pool, async (client) => {
      await growStageTable(client, side.table, side.shape.columns, shape.columns);
      const saved = sides.map(({ plan, shape: { columns } }) => ({ path: plan.path, columns }));
      if (!(await setStageColumns(client, ref, attempt.fence, { sides: saved })))
        throw await stageTaken(client, attempt);
    });
    this.#sides = sides;
    this.#buffers.get(side.plan.path)?.retarget(this.#copyTarget(grown));
    return grown;
  }

  #bufferOf(side: Side): CopyBuffer {
    const known = this.#buffers.get(side.plan.path);
    if (known) return known;
    const { pool, attempt } = this.#parts;
    const buffer = new CopyBuffer(pool, attempt.syncId, this.#copyTarget(side), this.#onRefused);
    this.#buffers.set(side.plan.path, buffer);
    return buffer;
  }

  #copyTarget({ table, shape: { columns } }: Side): CopyTarget {
    const came = this.#parts.given.replays !== undefined;
    return { statement: copyStatement(table, columns, came), types: columns.map((column) => column.type) };
  }
}
