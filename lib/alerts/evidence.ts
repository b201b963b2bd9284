import type { ConfiguredStream } from '#lib/catalog.ts';
import type { Db } from '#lib/db/connect.ts';
import type { JsonObject } from '#lib/json.ts';
import { PERSONAL_MASK } from '#lib/personal-mask.ts';
import type { Explanation } from './incident-store.ts';
import { spanText } from './message.ts';

// What a message says besides the verdict: what probably caused it, and which rows are at fault.

const KEYS = 3;
const KEY_LENGTH = 60;
const MINUTE_MS = 60_000;

/** Rows that fail a check, as they are kept. */
export interface FailingRows {
  /** As the suite names it: `orders`, `shop.orders`. */
  readonly table: string;
  readonly rows: readonly JsonObject[];
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

/** The rows that a held load's gate kept, of the check that holds it back. */
export async function heldRows(tx: Db, syncId: number): Promise<FailingRows[]> {
  const results = await tx
    .selectFrom('check_run as run')
    .innerJoin('check_result as result', 'result.run_id', 'run.id')
    .select('result.samples')
    .where('run.sync_id', '=', syncId)
    .where('run.trigger', '=', 'gate')
    .where('result.level', '=', 'block')
    .where('result.outcome', '=', 'fail')
    .where('result.samples', 'is not', null)
    .orderBy('run.id', 'desc')
    .orderBy('result.id')
    .limit(1)
    .execute();
  const streams = await tx
    .selectFrom('sync_stream')
    .select('name')
    .where('sync_id', '=', syncId)
    .where('status', '=', 'held')
    .orderBy('name')
    .execute();
  const table = streams.length === 1 ? (streams[0]?.name ?? '') : 'the load';
  return results.map(({ samples }) => ({ table, rows: samples ?? [] }));
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
