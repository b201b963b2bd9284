import type pg from 'pg';
import { type JsonObject, parseJson } from '#lib/json.ts';
import type { Held, HeldRecord, HeldRow } from './expected.ts';
import type { PublishedState } from './given.ts';
import { CONNECTION, isWhole, marksVanished, type Scenario } from './scenario.ts';
import { assertEach, cameIn, isRowOf, isSame, type NamedColumn } from './stands-for.ts';
import type { KeptAside, View } from './view.ts';

const VANISHED = '_ab_cdc_deleted_at';

/** The stream in a warehouse. */
export async function viewWarehouse(db: pg.Pool, scenario: Scenario, table: string): Promise<View> {
  const state = await stateOf(db, table);
  return {
    state,
    counts: state === null ? {} : await countsOf(db, table),
    columns: state === null ? [] : await columnsOf(db, table),
    async assertPublished(held, finished) {
      await assertTables(db, scenario, { table, held });
      if (finished) await assertNothingLeft(db, table);
    },
    aside: () => asideIn(db, table),
    close: () => undefined,
  };
}

async function stateOf(db: pg.Pool, table: string): Promise<PublishedState | null> {
  const { rows } = await db
    .query('select state, sync_id, complete from _weir.stream where connection_id = $1 and name = $2', [
      CONNECTION,
      table,
    ])
    .catch(() => ({ rows: [] }));
  const [row] = rows as { state: { done?: number } | null; sync_id: string; complete: boolean }[];
  return row ? { done: Number(row.state?.done ?? 0), syncId: Number(row.sync_id), complete: row.complete } : null;
}

/** Throws unless the tables of a stream hold what they must, each value as it came. */
async function assertTables(
  db: pg.Pool,
  scenario: Scenario,
  { table, held }: { table: string; held: Held },
): Promise<void> {
  if (isWhole(scenario) || scenario.layout === 'basic') await assertRaw(db, table, held.raw);
  if (isWhole(scenario)) return;
  const found = (await rowsOf(db, table)) ?? [];
  const columns = (await columnsOf(db, table)).filter(({ field }) => !field.startsWith('\u0002'));
  const isOf = (row: JsonObject, wanted: HeldRow) =>
    isRowOf(row, wanted.record, columns) &&
    cameIn(row, wanted.came) &&
    (!marksVanished(scenario) || ((row[VANISHED] ?? null) !== null) === wanted.gone);
  assertEach('the table', { found, wanted: held.rows }, isOf);
  if (scenario.layout === 'basic') await assertChildren(db, table, held);
}

/** What is in quarantine. */
async function asideIn(db: pg.Pool, table: string): Promise<KeptAside[]> {
  const { rows } = await db
    .query('select sync_id, code, record from _weir.quarantine where name = $1', [table])
    .catch(() => ({ rows: [] }));
  return (rows as { sync_id: string; code: string; record: string }[]).map(({ sync_id, code, record }) => ({
    ...{ sync: Number(sync_id) - 1, code },
    record: parseJson(record) as JsonObject,
  }));
}

async function countsOf(db: pg.Pool, table: string): Promise<Record<string, number>> {
  const { rows } = await db.query('select counts::text from _weir.stream where connection_id = $1 and name = $2', [
    CONNECTION,
    table,
  ]);
  return JSON.parse((rows[0] as { counts: string }).counts);
}

async function columnsOf(db: pg.Pool, table: string): Promise<NamedColumn[]> {
  const { rows } = await db
    .query('select columns::text from _weir.relation where name = $1', [table])
    .catch(() => ({ rows: [] }));
  const [row] = rows as { columns: string }[];
  return row ? JSON.parse(row.columns) : [];
}

/** A sync that is over leaves no stage behind. */
async function assertNothingLeft(db: pg.Pool, table: string): Promise<void> {
  const { rows } = await db.query('select 1 from _weir.stage where name = $1', [table]);
  if (rows.length > 0) throw new Error('a stage was left behind');
}

async function rowsOf(db: pg.Pool, table: string): Promise<JsonObject[] | null> {
  const { rows: there } = await db.query('select to_regclass($1) as there', [`public."${table}"`]);
  if (there[0]?.there === null) return null;
  const { rows } = await db.query(`select to_jsonb(t)::text as row from public."${table}" t`);
  return (rows as { row: string }[]).map(({ row }) => parseJson(row) as JsonObject);
}

async function assertRaw(db: pg.Pool, table: string, wanted: readonly HeldRecord[]): Promise<void> {
  const found = (await rowsOf(db, `_airbyte_raw_${table}`)) ?? [];
  const isOf = (row: JsonObject, { record, came }: HeldRecord) =>
    isSame(row._airbyte_data ?? null, record) && cameIn(row, came);
  assertEach('the raw table', { found, wanted }, isOf);
}

async function assertChildren(db: pg.Pool, table: string, { rows }: Held): Promise<void> {
  const children = (await rowsOf(db, `${table}_lines`)) ?? [];
  const found = children.map(({ sku, n }) => ({ sku: sku ?? null, n: n ?? null }));
  assertEach('the child table', { found, wanted: rows.flatMap(({ lines }) => lines) }, isSame);
}
