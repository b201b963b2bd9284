import pg from 'pg';
import { OLDEST_POSTGRES, olderVersion, VERSION_NUMBER } from '#lib/oldest-postgres.ts';

const TIMEOUT_MS = 5_000;
/** Sessions go round: one look could see the same one twice by chance. */
const LOOKS = 3;

/** What keeps a server from being Weir's own database, as one sentence with what to do; null where nothing does. */
export async function serverProblem(databaseUrl: string): Promise<string | null> {
  const { host, pathname } = new URL(databaseUrl);
  const place = `The database at ${host}${pathname} of DATABASE_URL`;
  const clients = [newClient(databaseUrl), newClient(databaseUrl)] as const;
  try {
    await clients[0].connect();
    const older = olderVersion(await numberOf(clients[0], VERSION_NUMBER));
    if (older !== null)
      return `${place} is Postgres ${older}, and Weir needs ${OLDEST_POSTGRES} or newer. Upgrade the server, or name another one.`;
    if (await numberOf(clients[0], IS_READ_ONLY))
      return `${place} takes no writes: it is a standby, or read-only by a setting. Name the primary server.`;
    if (await sharesSessions(clients))
      return `${place} is behind a pooler that shares sessions between its clients, such as PgBouncer with pool_mode transaction. Name the server itself, or a pool with pool_mode session.`;
    return null;
  } catch (error) {
    return `${place} can't be reached: ${(error as Error).message}. Check address, user and password.`;
  } finally {
    // One that never connected can't be left either; what was found is already said.
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
  }
}

const IS_READ_ONLY = `select current_setting('transaction_read_only')::bool::int as read_only`;
const SESSION = 'select pg_backend_pid() as pid';

/**
 * Whether another client gets the session of the first, or the first another one. What Weir sets for a session (whether commits wait
 * for the disk) would then hold for somebody else, and what it locks or listens to there would be lost.
 */
async function sharesSessions([client, other]: readonly [pg.Client, pg.Client]): Promise<boolean> {
  const { processID: named } = client as unknown as { processID: number };
  const session = await numberOf(client, SESSION);
  // The server itself says at the login which session it is; a pooler makes that up.
  if (named === session) return false;
  await other.connect();
  for (let look = 0; look < LOOKS; look++) {
    // Some poolers share single statements, and take no transactions at all.
    const isBegun = await other.query('begin').then(
      () => true,
      () => false,
    );
    if (!isBegun) return true;
    const theirs = await numberOf(other, SESSION);
    const ours = await numberOf(client, SESSION);
    await other.query('rollback');
    if (theirs === session || ours !== session) return true;
  }
  return false;
}

async function numberOf(client: pg.Client, statement: string): Promise<number> {
  const { rows } = await client.query<Record<string, number>>(statement);
  return Object.values(rows[0] ?? {})[0] ?? 0;
}

function newClient(connectionString: string): pg.Client {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: TIMEOUT_MS, query_timeout: TIMEOUT_MS });
  return client.on('error', () => undefined);
}
