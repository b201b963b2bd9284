import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import type { Database } from './schema.ts';

export type Db = Kysely<Database>;

const INT8_OID = 20;
const MAX_CONNECTIONS = 10;

interface ConnectOptions {
  readonly maxConnections?: number;
  readonly name?: string;
  /**
   * Commits wait for no disk. When the database's machine fails, what was committed in the last moment may be gone, in
   * whole transactions and never without what came after: for what is written again then, or told again.
   */
  readonly lazyCommits?: boolean;
}

/** Our tables over a pool. int8 arrives as number: our ids and counts stay far below 2^53. */
export function connectDatabase(url: string, options: ConnectOptions = {}): Db {
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool: createPool(url, options) }) });
}

export function createPool(url: string, options: ConnectOptions = {}): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.maxConnections ?? MAX_CONNECTIONS,
    application_name: options.name ?? 'weir',
    connectionTimeoutMillis: 10_000,
    types: { getTypeParser: typeParser as typeof pg.types.getTypeParser },
    // The pool waits for it: nobody's first statement overtakes these.
    onConnect: async (client) => void (await client.query(options.lazyCommits ? `${IDLE}; ${LAZY_COMMITS}` : IDLE)),
  });
  // An idle connection that the server closed must not end the process; the next query opens another.
  pool.on('error', () => undefined);
  // Nor may one that is lost between two statements of a transaction: the statement that follows says so.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** A process that stands still, or whose machine is gone, gives back so soon what its transaction has locked. */
const IDLE = `set idle_in_transaction_session_timeout = '60s'`;
const LAZY_COMMITS = 'set synchronous_commit = off';

/** The same for one transaction. */
export async function commitLazily(tx: Db): Promise<void> {
  await sql`set local synchronous_commit = off`.execute(tx);
}

function typeParser(oid: number, format?: 'text' | 'binary'): unknown {
  return oid === INT8_OID ? Number : pg.types.getTypeParser(oid, format as 'text');
}
