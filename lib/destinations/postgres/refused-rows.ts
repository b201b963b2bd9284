import { WeirError } from '#lib/errors.ts';
import { deleteAll } from './delete-rows.ts';
import { quoteTable } from './identifier.ts';
import { MERGES, type Merge, type PublishRequest } from './merge.ts';
import type { Place } from './page-places.ts';
import { postgresCode } from './postgres-errors.ts';
import { prepareMerge } from './prepare-merge.ts';
import { mergeSides } from './side-merge.ts';
import type { StageParts } from './stage-parts.ts';
import { SEQ_COLUMN } from './stage-table.ts';
import type { Queryable } from './store.ts';
import { inTransaction } from './transaction.ts';

/** So many rows that the table refuses are no bad rows but a wrong table. Each takes a few statements to find. */
const MOST_REFUSED = 2_000;

/** Value out of range, constraint, check option of a view, limit of an index, error of a trigger. */
const ABOUT_A_ROW = /^(22|23|44|54|P0)/;

/** Did the database refuse what one of the rows says, as constraints and triggers of the table's users do? */
export function isRowRefused(error: unknown): boolean {
  return ABOUT_A_ROW.test(postgresCode(error));
}

export interface RefusedRow {
  readonly seq: number;
  readonly reason: string;
}

/**
 * Finds the staged rows that the table does not take, by loading ever smaller parts of the stage in a transaction that is taken back:
 * what came first stays, so of two rows that can't both stand the later one is refused. Empty when no single row is to blame.
 */
export function findRefused(
  parts: StageParts,
  request: PublishRequest,
  mostWanted = MOST_REFUSED,
): Promise<readonly RefusedRow[]> {
  return inTransaction(parts.pool, async (client) => {
    await client.query('savepoint before; set constraints all immediate');
    const found: RefusedRow[] = [];
    const { merge, insert } = await openForParts(client, parts, request);
    await search(client, { merge, insert }, { found, mostWanted });
    await client.query('rollback to savepoint before');
    return found;
  });
}

interface Parts {
  readonly merge: Merge;
  /** Loads the rows that the merge names, beside what is there. */
  insert(merge: Merge): Promise<void>;
}

/** What an overwrite takes away goes first; then each part is added to what the parts before left. */
async function openForParts(client: Queryable, parts: StageParts, request: PublishRequest): Promise<Parts> {
  const { merge, fitted, replaces, fitKey } = await prepareMerge(client, parts, request);
  if (replaces && !merge.marksVanished)
    for (const relation of [merge.target, ...fitted.map((side) => side.relation)]) await deleteAll(client, relation);
  await fitKey();
  await indexStages(client, request);
  const mode = parts.target.destinationSyncMode.endsWith('_dedup') ? 'append_dedup' : 'append';
  return {
    merge,
    insert: async (part) => {
      await MERGES[mode](client, part, false);
      await mergeSides(client, fitted, { merge: part, mode });
    },
  };
}

/** Without them, each part would read the whole stage. They go with the transaction. */
async function indexStages(client: Queryable, { table, sides }: PublishRequest): Promise<void> {
  for (const stage of [table, ...sides.map((side) => side.table)])
    await client.query(`create index on ${quoteTable(stage)} (${SEQ_COLUMN})`);
}

interface StagedRange {
  readonly first: number;
  readonly last: number;
}

async function rangeOf(client: Queryable, { table, closed }: Merge): Promise<StagedRange | null> {
  const { rows } = await client.query(
    `select min(${SEQ_COLUMN}) as first, max(${SEQ_COLUMN}) as last from ${quoteTable(table)} where ${closed}`,
  );
  const { first, last } = rows[0] as { first: string | null; last: string | null };
  return first === null ? null : { first: Number(first), last: Number(last) };
}

async function search(
  client: Queryable,
  parts: Parts,
  { found, mostWanted }: { found: RefusedRow[]; mostWanted: number },
): Promise<void> {
  const range = await rangeOf(client, parts.merge);
  const todo = range === null ? [] : [range];
  for (let next = todo.pop(); next !== undefined && found.length < mostWanted; next = todo.pop()) {
    const refused = await tried(client, parts, next);
    if (refused === null) continue;
    const { first, last } = next;
    if (first === last) {
      found.push({ seq: first, reason: reasonOf(refused) });
      if (found.length >= MOST_REFUSED) throw tooManyRefused(found);
    } else {
      const middle = Math.floor((first + last) / 2);
      todo.push({ first: middle + 1, last }, { first, last: middle });
    }
  }
}

/** Null when the table took the part, which then stays for the parts that follow. */
async function tried(client: Queryable, { merge, insert }: Parts, range: StagedRange): Promise<Error | null> {
  await client.query('savepoint part');
  try {
    await insert({ ...merge, closed: `${SEQ_COLUMN} between ${range.first} and ${range.last} and ${merge.closed}` });
    await client.query('release savepoint part');
    return null;
  } catch (error) {
    if (!isRowRefused(error)) throw error;
    await client.query('rollback to savepoint part; release savepoint part');
    return error as Error;
  }
}

/** What the server says, with the values that stand in the way; not with the whole row, which is kept beside it. */
function reasonOf(error: Error): string {
  const { detail = '' } = error as { detail?: string };
  return detail.startsWith('Key (') ? `${error.message}: ${detail}` : error.message;
}

function tooManyRefused([first]: readonly RefusedRow[]): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'constraint_violated',
    message: `The table refuses ${MOST_REFUSED} rows or more; the first because: ${first?.reason}.`,
    hint: 'Look at the constraints and triggers that somebody gave to the table; nothing was published.',
  });
}

/** The load as a whole was refused, and none of its rows is the reason. */
export function noRowRefused(error: unknown): WeirError {
  const { message } = error as Error;
  return new WeirError({
    kind: 'config',
    code: 'constraint_violated',
    message: `The database refuses the load, and no single row of it is to blame: ${message}.`,
    hint: 'Most often another table refers to rows that would be replaced: drop that foreign key, or load the stream incrementally and deduplicated, which keeps its rows.',
    cause: error,
  });
}

/** Where the connection lets the stream fail: the row with its place, as far as that is known. */
export function rowRefused(reason: string, { slice, page, row }: Place): WeirError {
  return new WeirError({
    kind: 'terminal',
    code: 'row_refused',
    message: `The database refuses a row: ${reason}.`,
    hint: 'Mend it at the source, change what the table refuses, or let the connection put such rows aside.',
    where: page > 0 ? { slice, page, row } : {},
  });
}
