import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { postgresCode } from './postgres-errors.ts';

/** Deadlock, serialization failure, lock timeout: over when the other transaction is. */
const WORTH_ANOTHER_TRY = new Set(['40P01', '40001', '55P03']);
const LOCK_TIMEOUT = '55P03';
const TRIES = 4;
const FIRST_WAIT_MS = 250;
/** Short, because readers queue behind our own wait for a lock that excludes them. */
const LOCK_TIMEOUT_MS = 5_000;
/** A process that stands still, or whose machine is gone, gives back so soon what its transaction holds: the fence among it. */
const IDLE_MS = 30_000;

/** Of the time that a lock is waited for, when it is looked at who holds it. */
const LOOK_AT = 0.6;

interface TransactionOptions {
  readonly lockTimeoutMs?: number;
  /** The commit waits for no disk. For what a publish makes good, whose own commit waits for all that came before it. */
  readonly lazily?: boolean;
}

/**
 * Runs `work` in one transaction, again when another transaction was in the way. The error of a lock that stays names the
 * sessions that hold it.
 */
export async function inTransaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
  { lockTimeoutMs = LOCK_TIMEOUT_MS, lazily = false }: TransactionOptions = {},
): Promise<T> {
  // Of all tries: the last look of one may come when its lock is not waited for any more.
  let holders: readonly Holder[] = [];
  const onFound = (found: readonly Holder[]) => {
    holders = found;
  };
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(pool, work, { lockTimeoutMs, lazily, onFound });
    } catch (error) {
      if (attempt === TRIES || !WORTH_ANOTHER_TRY.has(postgresCode(error))) {
        if (postgresCode(error) === LOCK_TIMEOUT) nameHolders(error as Error, holders);
        throw error;
      }
      await sleep(FIRST_WAIT_MS * 2 ** (attempt - 1) * (0.5 + Math.random()));
    }
  }
}

async function once<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
  { lockTimeoutMs, lazily, onFound }: Required<TransactionOptions> & { onFound(holders: readonly Holder[]): void },
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  let watch: ReturnType<typeof watchHolders> | undefined;
  try {
    const begun = await client.query(
      `begin isolation level read committed; ${USUAL_SETTINGS}; set local lock_timeout = ${lockTimeoutMs}; set local idle_in_transaction_session_timeout = ${IDLE_MS}${lazily ? '; set local synchronous_commit = off' : ''}; ${SESSION}`,
    );
    watch = watchHolders(pool, sessionIn(begun), { everyMs: lockTimeoutMs * LOOK_AT, onFound });
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    watch?.stop();
    client.release(broken);
  }
}

/** In a transaction: what a user's or a database's own settings must not change: how texts read, and how long a large load may take. */
export const USUAL_SETTINGS = `set local statement_timeout = 0; set local standard_conforming_strings = on;
  set local timezone = 'UTC'; set local datestyle = 'ISO';
  select set_config(name, '0', true) from (values ('transaction_timeout')) as since_17 (name) where current_setting(name, true) is not null`;

/** The process on the server, which a client behind a pooler does not know by itself. */
const SESSION = 'select pg_backend_pid() as pid';

/** Of several statements at once, `SESSION` the last. */
function sessionIn(results: unknown): number {
  return (results as { rows: { pid: number }[] }[]).at(-1)?.rows[0]?.pid ?? 0;
}

const HOLDERS = `select pid, usename as user, application_name as program, state from pg_stat_activity
  where pid = any(pg_blocking_pids($1)) order by xact_start limit 3`;

interface Holder {
  readonly pid: number;
  readonly user: string | null;
  readonly program: string;
  readonly state: string | null;
}

/** Looks from another connection, since the one that waits can't; after the time-out nobody knows any more. */
function watchHolders(
  pool: pg.Pool,
  pid: number,
  { everyMs, onFound }: { everyMs: number; onFound(holders: readonly Holder[]): void },
) {
  let isLooking = false;
  const look = async () => {
    // It waits for a connection itself, where the pool has no other.
    if (isLooking) return;
    isLooking = true;
    const { rows } = await pool.query<Holder>(HOLDERS, [pid]).catch(() => ({ rows: [] }));
    isLooking = false;
    if (rows.length > 0) onFound(rows);
  };
  const timer = setInterval(() => void look(), everyMs);
  return { stop: () => clearInterval(timer) };
}

function nameHolders(error: Error, holders: readonly Holder[]): void {
  if (holders.length === 0) return;
  const named = holders.map(({ pid, user, program, state }) => {
    const who = [program, user && `user ${user}`, state].filter(Boolean).join(', ');
    return `session ${pid} (${who})`;
  });
  error.message += `; it is held by ${named.join(' and ')}`;
}
