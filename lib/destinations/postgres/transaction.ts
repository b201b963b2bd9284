import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { postgresCode } from './postgres-errors.ts';

/** Deadlock, serialization failure, lock timeout: over when the other transaction is. */
const WORTH_ANOTHER_TRY = new Set(['40P01', '40001', '55P03']);
const TRIES = 4;
const FIRST_WAIT_MS = 250;
/** Short, because readers queue behind our own wait for a lock that excludes them. */
const LOCK_TIMEOUT_MS = 5_000;

/** Runs `work` in one transaction, again when another transaction was in the way. */
export async function inTransaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(pool, work);
    } catch (error) {
      if (attempt === TRIES || !WORTH_ANOTHER_TRY.has(postgresCode(error))) throw error;
      await sleep(FIRST_WAIT_MS * 2 ** (attempt - 1) * (0.5 + Math.random()));
    }
  }
}

async function once<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query(
      `begin; set local lock_timeout = ${LOCK_TIMEOUT_MS}; set local timezone = 'UTC'; set local datestyle = 'ISO'`,
    );
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}
