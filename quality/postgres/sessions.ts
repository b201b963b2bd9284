import type pg from 'pg';

/** A scan and what groups beside it: more would crowd out those who work with the database. */
export const MOST_SESSIONS = 2;

/** Sessions that see the same data. */
export interface Sessions {
  /** Runs `work` in one that is free, or waits for it. */
  use<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T>;
  /** The processes on the server. */
  pids(): readonly number[];
  /** Leaves them to the pool, or closes them: what others wrote may have left a mark on a session. */
  close(leaves: boolean): Promise<void>;
}

/**
 * Opens a session at once and others when statements wait, all over the first one's snapshot. Where the server can't share
 * it (behind some proxies), there is one session only.
 * @param settings statements that follow `begin`
 */
export async function openSessions(pool: pg.Pool, settings: string): Promise<Sessions> {
  const first = await pool.connect();
  const all = [first];
  const pids: number[] = [];
  const free = [first];
  const waiting: ((client: pg.PoolClient) => void)[] = [];
  let snapshot = await begin(first, settings);
  pids.push(await pidOf(first));
  let opening: Promise<void> | null = null;
  const another = async () => {
    try {
      const client = await pool.connect();
      all.push(client);
      await client.query(`${BEGIN}; set transaction snapshot '${snapshot}'; ${settings}`);
      pids.push(await pidOf(client));
      give(client);
    } catch {
      snapshot = null;
    }
  };
  const take = () => {
    const client = free.pop();
    if (client) return Promise.resolve(client);
    const next = new Promise<pg.PoolClient>((resolve) => waiting.push(resolve));
    // Whoever is free first serves, also where no other can be opened.
    if (snapshot !== null && all.length < MOST_SESSIONS) opening ??= another().finally(() => (opening = null));
    return next;
  };
  const give = (client: pg.PoolClient) => {
    const next = waiting.shift();
    if (next) next(client);
    else free.push(client);
  };
  return {
    async use(work) {
      const client = await take();
      try {
        return await work(client);
      } finally {
        give(client);
      }
    },
    pids: () => pids,
    async close(leaves) {
      const leave = async (client: pg.PoolClient) => client.release(!(leaves && (await isRolledBack(client))));
      // Another that is just being opened may wait for one of these.
      for (const client of all.splice(0)) await leave(client);
      await opening;
      for (const client of all) await leave(client);
    },
  };
}

/** Asked in the transaction: behind a pooler, what the client was told at its login is no process at all. */
async function pidOf(client: pg.PoolClient): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid ?? 0;
}

async function isRolledBack(client: pg.PoolClient): Promise<boolean> {
  try {
    await client.query('rollback');
    return true;
  } catch {
    return false;
  }
}

const BEGIN = 'begin transaction isolation level repeatable read, read only';

/** The name of the session's snapshot, or null where it can't be shared. */
async function begin(client: pg.PoolClient, settings: string): Promise<string | null> {
  await client.query(BEGIN);
  try {
    const { rows } = await client.query<{ name: string }>('select pg_export_snapshot() as name');
    await client.query(settings);
    return /^[\w-]+$/.test(rows[0]?.name ?? '') ? (rows[0]?.name ?? null) : null;
  } catch {
    await client.query(`rollback; ${BEGIN}; ${settings}`);
    return null;
  }
}
