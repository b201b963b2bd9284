import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import { WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';

/** Where the demo's tables go: a database of its own beside the service's, with a role that can do nothing else. */
export const DEMO_SCHEMA = 'demo';

const NO_RIGHTS = '42501';

/**
 * Makes role and database, or gives an existing role a new password, and returns the config of a Postgres
 * destination that uses them. @throws WeirError `demo_database` where the service's user may not make databases
 */
export async function createDemoDatabase({ db, databaseUrl }: { db: Db; databaseUrl: string }): Promise<JsonObject> {
  const name = await demoDatabaseName(db);
  const password = randomBytes(24).toString('base64url');
  try {
    await ensureRole(db, name, password);
    if (!(await databaseExists(db, name))) {
      await sql`create database ${sql.id(name)} owner ${sql.id(name)}`.execute(db);
    }
  } catch (error) {
    throw mayNot(error) ? demoNotPossible(error) : error;
  }
  return {
    ...addressOf(databaseUrl),
    database: name,
    schema: DEMO_SCHEMA,
    username: name,
    password,
    ssl_mode: { mode: 'prefer' },
  };
}

/** Beside the service's database and named after it, so that two Weirs on one server keep apart. */
export async function demoDatabaseName(db: Db): Promise<string> {
  const { rows } = await sql<{ name: string }>`select left(current_database(), 55) || '_demo' as name`.execute(db);
  return rows[0]?.name === 'postgres_demo' ? 'weir_demo' : (rows[0]?.name ?? 'weir_demo');
}

/** Host and port of a connection string. */
export function addressOf(databaseUrl: string): { host: string; port: number } {
  const url = new URL(databaseUrl);
  return { host: url.hostname.replace(/^\[|\]$/g, '') || '127.0.0.1', port: Number(url.port || 5432) };
}

async function ensureRole(db: Db, name: string, password: string): Promise<void> {
  const { rows } = await sql`select 1 from pg_roles where rolname = ${name}`.execute(db);
  const verb = sql.raw(rows.length > 0 ? 'alter' : 'create');
  // A statement that defines a role takes no parameters; the password is base64url.
  await sql`${verb} role ${sql.id(name)} login password ${sql.lit(password)}`.execute(db);
  await sql`grant ${sql.id(name)} to current_user`.execute(db);
}

async function databaseExists(db: Db, name: string): Promise<boolean> {
  const { rows } = await sql`select 1 from pg_database where datname = ${name}`.execute(db);
  return rows.length > 0;
}

function mayNot(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === NO_RIGHTS;
}

function demoNotPossible(cause: unknown): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'demo_database',
    message: 'The database user of this Weir may not make the database that the demo writes to.',
    hint: 'Give it CREATEDB and CREATEROLE while the demo loads, or make a destination of your own.',
    cause,
  });
}
