import { sql } from 'kysely';
import type { ConfiguredStream } from '#lib/catalog.ts';
import type { Db } from '#lib/db/connect.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import { PERSONAL_MASK } from '#lib/personal-mask.ts';
import type { Explanation } from './incident-store.ts';
import { spanText } from './message.ts';

// What a message says besides the verdict: what probably caused it, and which rows are at fault.

const KEYS = 3;
const KEY_LENGTH = 60;
const MINUTE_MS = 60_000;
/** What few rows have in common says nothing. */
const LEAST_ALIKE = 3;
const SHARED = 2;
const TREND = { least: 3, most: 10 };
const BARS = '▂▃▄▅▆▇';

/** Rows that fail a check, as they are kept. */
export interface FailingRows {
  /** As the suite names it: `orders`, `shop.orders`. */
  readonly table: string;
  readonly rows: readonly JsonObject[];
}

/** Which check it is whose past is told. */
interface MeasuredCheck {
  readonly suiteId: string;
  readonly key: string;
  /** Measured on loads before they are published, or on tables. */
  readonly isGate: boolean;
}

/** `Likely cause: Schema change in orders: column added, contact, 3m before.` */
export function causeLine(explanation: Explanation | null, at: Date): string[] {
  if (!explanation) return [];
  const isBefore = explanation.at !== null && at.getTime() - explanation.at.getTime() >= MINUTE_MS;
  const before = isBefore ? `, ${spanText(explanation.at ?? at, at)} before` : '';
  return [`Likely cause: ${explanation.text.replace(/\.$/, '')}${before}.`];
}

/** `First failing keys of orders (id): 104827, 104829, 104830`; nothing where no key could be told without what is personal. */
export async function keysLine(
  tx: Db,
  connectionId: string | null,
  failing: readonly FailingRows[],
): Promise<string[]> {
  const first = failing.find(({ rows }) => rows.length > 0);
  if (!first) return [];
  const key = keyColumns(first, connectionId === null ? [] : await keysOf(tx, connectionId));
  const shown = new Set(first.rows.map((row) => key.map((column) => valueText(row[column])).join(' · ')));
  const telling = [...shown].filter((text) => text.split(' · ').some((part) => part !== PERSONAL_MASK && part !== ''));
  if (key.length === 0 || telling.length === 0) return [];
  return [`First failing keys of ${first.table} (${key.join(', ')}): ${telling.slice(0, KEYS).join(', ')}`];
}

/** `All 5 failing rows that were kept have channel = web.`, of columns that have other values in the table as well. */
export async function sharedLine(
  tx: Db,
  connectionId: string | null,
  failing: readonly FailingRows[],
): Promise<string[]> {
  const first = failing.find(({ rows }) => rows.length >= LEAST_ALIKE);
  if (!first || connectionId === null) return [];
  const { table, rows } = first;
  const alike = (await variedColumns(tx, connectionId, table)).flatMap((column) => {
    const [value = '', ...others] = new Set(rows.map((row) => valueText(row[column])));
    return others.length === 0 && value !== '' && value !== PERSONAL_MASK ? [`${column} = ${value}`] : [];
  });
  if (alike.length === 0) return [];
  return [`All ${rows.length} failing rows that were kept have ${alike.slice(0, SHARED).join(' and ')}.`];
}

/** `Last 10: ▇▇▇▇▇▇▇▇▇▂, 99.4% → 61.4%`; nothing before there is a past. */
export async function trendLine(tx: Db, { suiteId, key, isGate }: MeasuredCheck): Promise<string[]> {
  const newest = await tx
    .selectFrom('check_result as result')
    .innerJoin('check_run as run', 'run.id', 'result.run_id')
    .select(['result.value', 'result.value_text as text'])
    .where('result.suite_id', '=', suiteId)
    .where('result.key', '=', key)
    .where('run.trigger', isGate ? 'in' : 'not in', isGate ? ['gate'] : ['gate', 'backfill'])
    .where('result.value', 'is not', null)
    .orderBy('result.id', 'desc')
    .limit(TREND.most)
    .execute();
  const [now, before] = newest;
  if (newest.length < TREND.least || !now || !before) return [];
  const values = newest.map(({ value }) => Number(value)).toReversed();
  const said = ({ value, text }: typeof now) => text ?? String(value);
  return [`Last ${values.length}: ${bars(values)}, ${said(before)} → ${said(now)}`];
}

/** From the least to the most of them; all of one height where they do not differ. */
function bars(values: readonly number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const height = (value: number) => (most === least ? 0.5 : (value - least) / (most - least));
  return values.map((value) => BARS[Math.round(height(value) * (BARS.length - 1))]).join('');
}

/** Who is asked to look at it. */
export function ownerLine(owners: readonly string[]): string[] {
  const named = [...new Set(owners)];
  return named.length === 0 ? [] : [`Owner: ${named.join(', ')}`];
}

export interface HeldLoad {
  readonly rows: number;
  /** Of the check that holds it back: what is known of it, and the rows that its gate kept. */
  readonly check: MeasuredCheck | null;
  readonly failing: readonly FailingRows[];
}

/** What is known of a load that a check holds back. */
export async function heldLoad(tx: Db, syncId: number): Promise<HeldLoad> {
  const results = await tx
    .selectFrom('check_run as run')
    .innerJoin('check_result as result', 'result.run_id', 'run.id')
    .select(['result.samples', 'result.suite_id as suiteId', 'result.key'])
    .where('run.sync_id', '=', syncId)
    .where('run.trigger', '=', 'gate')
    .where('result.level', '=', 'block')
    .where('result.outcome', '=', 'fail')
    .orderBy(sql`result.samples is null`)
    .orderBy('run.id', 'desc')
    .orderBy('result.id')
    .limit(1)
    .execute();
  const streams = await tx
    .selectFrom('sync_stream')
    .select(['name', 'written'])
    .where('sync_id', '=', syncId)
    .where('status', '=', 'held')
    .orderBy('name')
    .execute();
  const table = streams.length === 1 ? (streams[0]?.name ?? '') : 'the load';
  const [worst] = results;
  return {
    rows: streams.reduce((sum, { written }) => sum + Number(written), 0),
    check: worst ? { suiteId: worst.suiteId, key: worst.key, isGate: true } : null,
    failing: results.map(({ samples }) => ({ table, rows: samples ?? [] })),
  };
}

/** Columns of the table that had a few different values when it was first looked at. */
async function variedColumns(tx: Db, connectionId: string, table: string): Promise<string[]> {
  const profiles = await tx
    .selectFrom('table_profile')
    .select(['table_name as name', 'columns'])
    .where('connection_id', '=', connectionId)
    .execute();
  const profile = profiles.find(({ name }) => name === table || table.endsWith(`.${name}`));
  const columns = (Array.isArray(profile?.columns) ? profile.columns : []).filter(isJsonObject);
  return columns.flatMap(({ name, values }) => (Array.isArray(values) && values.length > 1 ? [String(name)] : []));
}

interface StreamKey {
  readonly table: string;
  readonly columns: readonly string[];
}

/** The key of the stream of that table; else of the only ones that the rows have; else `id`. */
function keyColumns({ table, rows }: FailingRows, keys: readonly StreamKey[]): readonly string[] {
  const [row = {}] = rows;
  const fitting = keys.filter(({ columns }) => columns.length > 0 && columns.every((column) => column in row));
  const own = fitting.find((key) => key.table === table || table.endsWith(`.${key.table}`)) ?? fitting[0];
  return own?.columns ?? ('id' in row ? ['id'] : []);
}

async function keysOf(tx: Db, connectionId: string): Promise<StreamKey[]> {
  const rows = await tx
    .selectFrom('connection_stream as stream')
    .innerJoin('connection', 'connection.id', 'stream.connection_id')
    .select(['connection.prefix', 'stream.configured'])
    .where('stream.connection_id', '=', connectionId)
    .orderBy('stream.position')
    .execute();
  return rows.map(({ prefix, configured }) => {
    const { stream, primaryKey } = configured as ConfiguredStream;
    return { table: `${prefix ?? ''}${stream.name}`, columns: primaryKey.map((path) => path.join('.')) };
  });
}

function valueText(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return text.length > KEY_LENGTH ? `${text.slice(0, KEY_LENGTH)}…` : text;
}
