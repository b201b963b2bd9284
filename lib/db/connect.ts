import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Database } from './schema.ts';

export type Db = Kysely<Database>;

const INT8_OID = 20;
const MAX_CONNECTIONS = 10;

/** Our tables over a pool. int8 arrives as number: our ids and counts stay far below 2^53. */
export function connectDatabase(url: string, options: { maxConnections?: number; name?: string } = {}): Db {
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool: createPool(url, options) }) });
}

export function createPool(url: string, options: { maxConnections?: number; name?: string } = {}): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.maxConnections ?? MAX_CONNECTIONS,
    application_name: options.name ?? 'weir',
    connectionTimeoutMillis: 10_000,
    types: { getTypeParser: typeParser as typeof pg.types.getTypeParser },
  });
  // An idle connection that the server closed must not end the process; the next query opens another.
  pool.on('error', () => undefined);
  // Nor may one that is lost between two statements of a transaction: the statement that follows says so.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

function typeParser(oid: number, format?: 'text' | 'binary'): unknown {
  return oid === INT8_OID ? Number : pg.types.getTypeParser(oid, format as 'text');
}
