import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import type pg from 'pg';
import { WeirError } from '#lib/errors.ts';
import { OLDEST_POSTGRES, olderVersion, VERSION_NUMBER } from '#lib/oldest-postgres.ts';
import type { DestinationContext } from '../destination.ts';
import type { PostgresConfig, SslMode } from './config.ts';
import { PatientPool } from './patient-pool.ts';
import { readPostgresError } from './postgres-errors.ts';

/** Enough for a few streams at once; every connection is given back between statements. */
const MAX_CONNECTIONS = 4;
const CONNECT_TIMEOUT_MS = 15_000;

/** Connections to one server, and how they are left: kept for the next user, or closed. */
export interface PostgresConnections {
  readonly pool: pg.Pool;
  leave(): Promise<void>;
}

/**
 * A pool to the destination, over the address that the guard has checked. Opens one connection at once, so that what is
 * wrong shows here; or takes up what the use before left open.
 */
export async function connectPostgres(
  { guard, kept }: Pick<DestinationContext, 'guard' | 'kept'>,
  config: PostgresConfig,
): Promise<PostgresConnections> {
  const { address } = await guard(config.host, config.port);
  if (!kept) {
    const pool = await openPool(config, address);
    return { pool, leave: () => pool.end() };
  }
  const key = `postgres ${createHash('sha256')
    .update(JSON.stringify([address, config]))
    .digest('hex')}`;
  const left = kept.take(key);
  const pool = left instanceof PatientPool && (await answers(left)) ? left : await openPool(config, address);
  pool.hopeForAll();
  return { pool, leave: () => kept.put(key, pool) };
}

/** A server may have closed what was left open, without a word. */
async function answers(pool: pg.Pool): Promise<boolean> {
  try {
    await pool.query('select 1');
    return true;
  } catch {
    await pool.end();
    return false;
  }
}

/** `allow` and `prefer` settle on TLS or not by trying. */
async function openPool(config: PostgresConfig, address: string): Promise<PatientPool> {
  const attempts = sslAttempts(config);
  for (const [index, ssl] of attempts.entries()) {
    const pool = createPool(config, address, ssl);
    try {
      await assertVersion(pool);
      return pool;
    } catch (error) {
      await pool.end();
      const next = attempts[index + 1];
      if (next === undefined || !worthAnother(config.sslMode, error)) {
        throw readPostgresError(error, `connecting to ${config.host}:${config.port}`);
      }
    }
  }
  throw new Error('unreachable');
}

/** Others that speak Postgres' protocol, such as Redshift and CockroachDB, say that they are older ones. */
async function assertVersion(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ version: number }>(VERSION_NUMBER);
  const older = olderVersion(rows[0]?.version ?? 0);
  if (older === null) return;
  throw new WeirError({
    kind: 'config',
    code: 'server_too_old',
    message: `The server is Postgres ${older}, and Weir needs ${OLDEST_POSTGRES} or newer.`,
    hint: 'Upgrade the server, or load into another one.',
  });
}

function createPool(config: PostgresConfig, address: string, ssl: ConnectionOptions | false): PatientPool {
  const pool = new PatientPool({
    host: address,
    port: config.port,
    database: config.database,
    user: config.username,
    password: config.password ?? '',
    ssl,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'weir',
    keepAlive: true,
  });
  // A connection that the server closes while idle is replaced at the next statement.
  pool.on('error', () => undefined);
  // One that is lost in the middle of something fails that statement, which says so; the event must not end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** The TLS settings to try, in order. */
function sslAttempts(config: PostgresConfig): readonly (ConnectionOptions | false)[] {
  // An address has no place in the handshake, and the pool knows only the address that was checked.
  const named: ConnectionOptions = isIP(config.host) ? {} : { servername: config.host };
  const unchecked: ConnectionOptions = { ...named, rejectUnauthorized: false };
  const checked: ConnectionOptions = { ...named, ...(config.caCertificate && { ca: config.caCertificate }) };
  switch (config.sslMode) {
    case 'disable':
      return [false];
    case 'allow':
      return [false, unchecked];
    case 'prefer':
      return [unchecked, false];
    case 'require':
      return [unchecked];
    case 'verify-ca':
      return [{ ...checked, checkServerIdentity: () => undefined }];
    case 'verify-full':
      return [{ ...checked, checkServerIdentity: (_host, peer) => checkServerIdentity(config.host, peer) }];
  }
}

function worthAnother(mode: SslMode, error: unknown): boolean {
  const { code, message } = error as { code?: string; message: string };
  return mode === 'prefer' ? /does not support SSL/.test(message) : code === '28000';
}
