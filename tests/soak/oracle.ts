import type pg from 'pg';
import { ExactNumber, isJsonObject, type JsonObject, type JsonValue, parseJson } from '#lib/json.ts';
import { BAD_SCORE, CONNECTION, FILTERED_ID, type Scenario } from './scenario.ts';

/**
 * What a reader must see, worked out from the scenario alone: the records of all syncs before and of the slices that the state
 * covers, each value as it came, no key twice. Throws with what is wrong.
 */
export async function assertTable(db: pg.Pool, scenario: Scenario, at: { table: string; sync: number }): Promise<void> {
  const stream = await publishedStream(db, at.table);
  const expected = expectedRecords(scenario, at.sync, stream);
  if (scenario.layout === 'raw') return assertRaw(db, at.table, expected.all);
  if (scenario.layout === 'basic') await assertRaw(db, at.table, expected.rawOf);
  const rows = await tableRows(db, at.table);
  if (rows === null) {
    if (expected.rows.length > 0) throw new Error(`no table, but ${expected.rows.length} rows are published`);
    return;
  }
  if (rows.length !== expected.rows.length)
    throw new Error(`${rows.length} rows where ${expected.rows.length} are published; state ${JSON.stringify(stream)}`);
  if (scenario.layout === 'direct') assertSame(rows, expected.rows, await columnsOf(db, at.table));
  else await assertFlat(db, at.table, rows, expected.rows);
}

export interface PublishedState {
  /** Slices that the published state covers, of which sync. */
  readonly done: number;
  readonly syncId: number;
  readonly complete: boolean;
}

async function publishedStream(db: pg.Pool, table: string): Promise<PublishedState | null> {
  const { rows } = await db
    .query('select state, sync_id, complete from _weir.stream where connection_id = $1 and name = $2', [
      CONNECTION,
      table,
    ])
    .catch(() => ({ rows: [] }));
  const [row] = rows as { state: { done?: number } | null; sync_id: string; complete: boolean }[];
  return row ? { done: Number(row.state?.done ?? 0), syncId: Number(row.sync_id), complete: row.complete } : null;
}

/**
 * Once a sync is over: read = filtered + quarantined + written over all its attempts, each with the number that follows from what the
 * source gave, and in quarantine the very records that were put aside, each once.
 */
export async function assertCounts(
  db: pg.Pool,
  scenario: Scenario,
  at: { table: string; sync: number },
): Promise<void> {
  const { rows } = await db.query('select counts::text from _weir.stream where connection_id = $1 and name = $2', [
    CONNECTION,
    at.table,
  ]);
  const counts = JSON.parse((rows[0] as { counts: string }).counts);
  const found = await db.query('select record from _weir.quarantine where name = $1 and sync_id = $2', [
    at.table,
    at.sync + 1,
  ]);
  const kept = (found.rows as { record: string }[]).map(({ record }) => parseJson(record));
  assertCountsOf(scenario, at.sync, { counts, quarantine: kept });
}

/** The same of whatever destination. */
export function assertCountsOf(
  scenario: Scenario,
  sync: number,
  { counts, quarantine }: { counts: Readonly<Record<string, number>>; quarantine: readonly JsonValue[] },
): void {
  const given = scenario.syncs[sync]?.slices.flat(2) ?? [];
  const passing = given.filter((record) => passes(scenario, record));
  const aside = passing.filter((record) => isPutAside(scenario, record));
  const wanted = { read: given.length, filtered: given.length - passing.length, quarantined: aside.length };
  const all = { ...wanted, written: passing.length - aside.length };
  for (const [name, value] of Object.entries(all))
    if (counts[name] !== value) throw new Error(`the counts are ${JSON.stringify(counts)}, not ${JSON.stringify(all)}`);
  const shown = (records: readonly JsonValue[]) => records.map(canonical).toSorted().join('\n');
  const kept = shown(quarantine);
  if (kept !== shown(aside)) throw new Error(`in quarantine is ${kept}\nwhere this was put aside: ${shown(aside)}`);
}

function passes({ filters }: Scenario, { id }: JsonObject): boolean {
  return !filters || id !== FILTERED_ID;
}

/** A raw table takes whatever can be written as JSON. */
function isPutAside({ layout, mode, badValues }: Scenario, { id, score }: JsonObject): boolean {
  if (layout === 'raw') return false;
  return (
    (mode.destinationSyncMode.endsWith('_dedup') && id === null) || (badValues === 'quarantine' && score === BAD_SCORE)
  );
}

/** `rows` after dedup, `all` without; `rawOf` what a raw table beside flat ones holds. */
export function expectedRecords(scenario: Scenario, sync: number, state: PublishedState | null) {
  const { mode, syncs } = scenario;
  const { destinationSyncMode, syncMode } = mode;
  const keyed = destinationSyncMode.endsWith('_dedup');
  const perSync = syncs.slice(0, sync + 1).map(({ slices }, index) => {
    if (state === null || index > state.syncId - 1) return [];
    const isLast = index === state.syncId - 1;
    const covered =
      syncMode === 'incremental' && isLast ? slices.slice(0, Math.max(0, state.done - 1_000 * index)) : slices;
    return isLast && syncMode === 'full_refresh' && !state.complete ? [] : covered.flat(2);
  });
  const kept = destinationSyncMode.startsWith('overwrite')
    ? perSync.slice(state ? state.syncId - 1 : 0).slice(0, 1)
    : perSync;
  const all = kept.flat().filter((record) => passes(scenario, record));
  const loaded = all.filter((record) => !isPutAside(scenario, record));
  const typed = loaded.map((record) => (record.score === BAD_SCORE ? { ...record, score: null } : record));
  return { all, rawOf: loaded, rows: keyed ? newest(typed) : typed };
}

/** Of each key the highest cursor, among equals the last; a null cursor is lower than any. */
function newest(records: readonly JsonObject[]): JsonObject[] {
  const byKey = new Map<JsonValue | undefined, JsonObject>();
  for (const record of records) {
    const known = byKey.get(record.id);
    if (known === undefined || rankOf(record.at) >= rankOf(known.at)) byKey.set(record.id, record);
  }
  return [...byKey.values()];
}

/** Numbers as numbers, times as instants, none below all. */
function rankOf(cursor: JsonValue | undefined): number {
  if (cursor === null || cursor === undefined) return Number.NEGATIVE_INFINITY;
  return /^\d+$/.test(String(cursor)) ? Number(cursor) : Date.parse(String(cursor));
}

async function tableRows(db: pg.Pool, table: string): Promise<JsonObject[] | null> {
  const { rows: there } = await db.query('select to_regclass($1) as there', [`public."${table}"`]);
  if (there[0]?.there === null) return null;
  const { rows } = await db.query(`select to_jsonb(t)::text as row from public."${table}" t`);
  return (rows as { row: string }[]).map(({ row }) => parseJson(row) as JsonObject);
}

async function columnsOf(db: pg.Pool, table: string): Promise<{ field: string; name: string; type: string }[]> {
  const { rows } = await db.query('select columns::text from _weir.relation where name = $1', [table]);
  return JSON.parse((rows[0] as { columns: string }).columns);
}

async function assertRaw(db: pg.Pool, table: string, expected: readonly JsonObject[]): Promise<void> {
  const rows = (await tableRows(db, `_airbyte_raw_${table}`)) ?? [];
  const found = rows.map((row) => canonical(row._airbyte_data ?? null)).toSorted();
  const wanted = expected.map((record) => canonical(record)).toSorted();
  if (JSON.stringify(found) !== JSON.stringify(wanted))
    throw new Error(`the raw table holds ${found.join('\n')}\nwhere these were published: ${wanted.join('\n')}`);
}

/**
 * Every expected record is one line of the files, each value as it came. A column may have taken a wider type between two files: each is
 * held by what it says itself.
 */
export function assertLines(
  lines: readonly JsonObject[],
  expected: readonly JsonObject[],
  columns: readonly { field: string; name: string; type: string }[],
): void {
  const isLineOf = (line: JsonObject, record: JsonObject) =>
    Object.keys(line).every((name) => name.startsWith('_airbyte_') || columns.some((column) => column.name === name)) &&
    columns.every(({ field, name, type }) => {
      const [held, value] = [line[name] ?? null, record[field] ?? null];
      if (type.startsWith('timestamp')) return stands(held, value, type);
      return stands(held, value, typeof held === 'string' ? 'string' : 'json');
    });
  assertEach(lines, expected, isLineOf);
}

/** Every expected record is one row; each is used up by the first that fits. */
function assertSame(
  rows: readonly JsonObject[],
  expected: readonly JsonObject[],
  columns: { field: string; name: string; type: string }[],
): void {
  assertEach(rows, expected, (row, record) => isRowOf(row, record, columns));
}

function assertEach(
  rows: readonly JsonObject[],
  expected: readonly JsonObject[],
  isOf: (row: JsonObject, record: JsonObject) => boolean,
): void {
  if (rows.length !== expected.length)
    throw new Error(
      `${rows.length} rows where ${expected.length} are published: ${rows.map((row) => canonical(row)).join('\n')}`,
    );
  const left = [...rows];
  for (const record of expected) {
    const index = left.findIndex((row) => isOf(row, record));
    if (index < 0)
      throw new Error(`no row for ${canonical(record)} among ${left.map((row) => canonical(row)).join('\n')}`);
    left.splice(index, 1);
  }
}

function isRowOf(
  row: JsonObject,
  record: JsonObject,
  columns: { field: string; name: string; type: string }[],
): boolean {
  return columns.every(({ field, name, type }) => stands(row[name] ?? null, record[field] ?? null, type));
}

/** Does what the column holds stand for the value, given the type that the column came to? */
function stands(held: JsonValue, value: JsonValue, type: string): boolean {
  if (value === null || held === null) return value === held;
  if (type === 'string') return isTextOf(String(held), value);
  if (type.startsWith('timestamp')) return Date.parse(String(held)) === Date.parse(String(value));
  return canonical(held) === canonical(value);
}

/** A number that came before the column was text may be spelled in plain digits there. */
function isTextOf(held: string, value: JsonValue): boolean {
  if (typeof value === 'string') return held === clean(value) || isSameInstant(held, value);
  return held === clean(textOf(value)) || (isNumber(value) && plainDigits(held) === plainDigits(String(value)));
}

/** A time that came before its column was text is spelled as most sources do there. */
function isSameInstant(held: string, value: string): boolean {
  const [a, b] = [held, value].map((text) =>
    /^2026-\d\d-\d\d([T ]\d\d:|$)/.test(text) ? Date.parse(text) : Number.NaN,
  );
  return a === b;
}

function isNumber(value: JsonValue): boolean {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof ExactNumber;
}

function textOf(value: JsonValue): string {
  return isJsonObject(value) || Array.isArray(value) ? JSON.stringify(value) : String(value);
}

async function assertFlat(
  db: pg.Pool,
  table: string,
  rows: readonly JsonObject[],
  expected: readonly JsonObject[],
): Promise<void> {
  const idsOf = (records: readonly JsonObject[]) => JSON.stringify(records.map(({ id }) => String(id)).toSorted());
  if (idsOf(rows) !== idsOf(expected)) throw new Error(`the flat table holds ${idsOf(rows)}, not ${idsOf(expected)}`);
  const children = (await tableRows(db, `${table}_lines`)) ?? [];
  const shown = (of: readonly JsonValue[]) => JSON.stringify(of.map((one) => canonical(one)).toSorted());
  const found = shown(children.map(({ sku, n }) => ({ sku: sku ?? null, n: n ?? null })));
  const wanted = shown(expected.flatMap(({ lines }) => (Array.isArray(lines) ? lines : [])).map((line) => line));
  if (found !== wanted) throw new Error(`the child table holds ${found}, not ${wanted}`);
}

/** One text per value: keys in order, numbers in plain digits, what no database holds replaced. */
function canonical(value: JsonValue): string {
  if (typeof value === 'string') return JSON.stringify(clean(value));
  if (isNumber(value)) return plainDigits(String(value));
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isJsonObject(value)) return String(value);
  const members = Object.keys(value)
    .toSorted()
    .map((key) => `${JSON.stringify(clean(key))}:${canonical(value[key] ?? null)}`);
  return `{${members.join(',')}}`;
}

function clean(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\ufffd');
}

/** `1.50e2` → `150`. */
function plainDigits(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const point = whole.length + Number(exponent);
  const digits = whole + fraction;
  const padded = point > digits.length ? digits.padEnd(point, '0') : point < 0 ? '0'.repeat(-point) + digits : digits;
  const at = Math.max(point, 0);
  const left = padded.slice(0, at).replace(/^0+/, '') || '0';
  const right = padded.slice(at).replace(/0+$/, '');
  return `${sign}${left}${right && `.${right}`}`;
}
