import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Guard } from '#lib/address-guard.ts';
import { type PostgresConfig, readPostgresConfig } from '#lib/destinations/postgres/config.ts';
import { connectPostgres } from '#lib/destinations/postgres/connect.ts';
import { type Failure, toFailure, WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import type { Kept } from '#lib/kept.ts';
import type { Engine, Hint, Row } from '../engine.ts';
import { didYouMean } from '../nearest-name.ts';
import { notNumbers } from '../not-numbers.ts';
import { postgresDialect } from './dialect.ts';
import { MOST_SESSIONS, openSessions, type Sessions } from './sessions.ts';
import { columnTypes, isTable, tablesIn } from './store.ts';

/** One statement takes at most so long; Postgres itself ends it. */
const STATEMENT_TIMEOUT_MS = 10 * 60_000;
/** How long a lock may be waited for: a check must not queue in front of a load. */
const LOCK_TIMEOUT_MS = 30_000;
/** What was on its way to the server when it was told to cancel is there by then. */
const CANCEL_AGAIN_MS = 1_000;

const HINTS: Readonly<Record<Hint, string>> = { sort: 'set local enable_hashagg = off' };

export interface MeasureOptions {
  readonly guard: Guard;
  /** Where connections may be taken up and left. Only for statements of our own: what others write may leave a mark on a session. */
  readonly kept?: Kept;
  readonly signal: AbortSignal;
  readonly statementTimeoutMs?: number;
}

/**
 * Gives `work` sessions that read one snapshot and can write nothing. Aborting cancels the running statements on the
 * server.
 * @throws WeirError when the database can't be reached
 */
export async function withPostgres<T>(
  config: JsonObject,
  options: MeasureOptions,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const settings = readPostgresConfig(config);
  const { pool, leave } = await connectPostgres(options, settings);
  const sessions = await openSessions(pool, sessionSql(options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS));
  const canceller = cancelling(pool, sessions);
  try {
    options.signal.addEventListener('abort', canceller.start, { once: true });
    return await work(postgresEngine(sessions, settings, options.signal));
  } finally {
    options.signal.removeEventListener('abort', canceller.start);
    await canceller.stop();
    await sessions.close(options.kept !== undefined);
    await leave();
  }
}

function sessionSql(statementTimeoutMs: number): string {
  return `set local statement_timeout = ${statementTimeoutMs}; set local lock_timeout = ${LOCK_TIMEOUT_MS}; set local timezone = 'UTC'; set local standard_conforming_strings = on`;
}

/** Cancels what the sessions are running, again and again until it is stopped: one that is not there yet can't be cancelled. */
function cancelling(pool: pg.Pool, sessions: Sessions) {
  const stopped = new AbortController();
  let asked: Promise<unknown> = Promise.resolve();
  const run = async () => {
    const client = await pool.connect();
    while (!stopped.signal.aborted) {
      asked = client.query(CANCEL, [sessions.pids()]).catch(() => undefined);
      await asked;
      await sleep(CANCEL_AGAIN_MS, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
    client.release();
  };
  return {
    // If this fails, the statement timeout ends them.
    start: () => void run().catch(() => undefined),
    /** Nothing is cancelled after it: a session may then be given to another. */
    async stop() {
      stopped.abort();
      await asked;
    },
  };
}

const CANCEL = 'select pg_cancel_backend(pid) from unnest($1::int[]) as pid';

function postgresEngine(sessions: Sessions, { schema }: PostgresConfig, signal: AbortSignal): Engine {
  return {
    dialect: postgresDialect,
    statementsAtOnce: MOST_SESSIONS,
    find: (table) => sessions.use((client) => findTable(client, schema, table)),
    async assertThere(table) {
      await sessions.use((client) => findTable(client, schema, table));
    },
    columnsOf: (relation) => sessions.use((client) => columnTypes(client, postgresDialect.source(relation))),
    rows: (sql, hint) =>
      sessions.use((client) => {
        signal.throwIfAborted();
        return select(client, sql, { hint, signal }).catch((error) => {
          signal.throwIfAborted();
          throw error;
        });
      }),
    failureOf(error) {
      // Stopped is not failed: it ends the run.
      signal.throwIfAborted();
      return readFailure(error);
    },
    isWorthSplitting: (error) => !/^(57|08|53)/.test(sqlState(error)) && sqlState(error) !== '',
  };
}

async function select(
  client: pg.PoolClient,
  sql: string,
  { hint, signal }: { hint: Hint | undefined; signal: AbortSignal },
): Promise<Row[]> {
  await client.query(`savepoint measured${hint ? `; ${HINTS[hint]}` : ''}`);
  try {
    signal.throwIfAborted();
    // The extended protocol takes one statement alone, whatever a condition holds.
    const { rows } = await client.query({ text: sql, values: [], queryMode: 'extended' } as pg.QueryConfig);
    return rows;
  } finally {
    // Nothing was written: what is taken back is an error, and the hint.
    await client.query('rollback to savepoint measured; release savepoint measured').catch(() => undefined);
  }
}

/** `schema.table`, or a table of the default schema; a table with a dot in its name is found as well. */
async function findTable(client: pg.PoolClient, defaultSchema: string, name: string) {
  const dot = name.indexOf('.');
  const places = [
    { schema: defaultSchema, table: name },
    ...(dot > 0 ? [{ schema: name.slice(0, dot), table: name.slice(dot + 1) }] : []),
  ];
  for (const place of places.toReversed()) {
    if (await isTable(client, place)) return { kind: 'postgres' as const, ...place };
  }
  const { schema, table } = places.at(-1) ?? { schema: defaultSchema, table: name };
  const others = await tablesIn(client, schema);
  throw new WeirError({
    kind: 'config',
    code: 'table_missing',
    message: `There is no table ${table} in schema ${schema}.${didYouMean(table, others)}`,
    hint: 'Correct the name in the suite, or load the table first. The user of the destination must be allowed to read it.',
  });
}

function readFailure(error: unknown): Failure {
  if (error instanceof WeirError) return toFailure(error);
  const state = sqlState(error);
  const message = error instanceof Error ? error.message : String(error);
  if (state === '57014')
    return {
      kind: 'transient',
      code: 'statement_timeout',
      message: 'Measuring took too long and was stopped.',
      hint: 'Narrow the check with where, or index the column.',
    };
  if (state === '42501')
    return {
      kind: 'config',
      code: 'missing_rights',
      message: `Postgres refused: ${message}.`,
      hint: 'Grant SELECT on the table to the user of the destination.',
    };
  if (state === '55P03')
    return {
      kind: 'transient',
      code: 'lock_timeout',
      message: 'The table was locked by another session.',
      hint: 'Run the checks again.',
    };
  const textual = notNumbers(message);
  if (textual) return textual;
  if (/^(22|42)/.test(state))
    return {
      kind: 'config',
      code: 'not_measurable',
      message: `Postgres can’t measure this: ${message}.`,
      hint: 'Check the type of the column, and the condition of where.',
    };
  return {
    kind: 'transient',
    code: 'measure_failed',
    message: `Measuring failed: ${message}.`,
    hint: 'Run the checks again.',
  };
}

function sqlState(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : '';
}
