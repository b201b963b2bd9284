import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import { connectDatabase, type Db } from '#lib/db/connect.ts';
import { migrate } from '#lib/db/migrate.ts';

export interface TestDatabase {
  /** `postgres://…`, superuser. */
  readonly url: string;
  readonly db: Db;
  /** Runs one statement or several and gives the last one's rows. */
  readonly query: <Row = Record<string, unknown>>(sql: string, values?: unknown[]) => Promise<Row[]>;
}

const TEMPLATE_LOCK = 4_815_162;

/** A database of the calling test's own, dropped when the test ends. `migrated` gives it the service's tables. */
export async function testDatabase(options: { migrated?: boolean } = {}): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await asAdmin(async (admin) => {
    if (options.migrated) await ensureTemplate(admin);
    await admin.query(`create database ${name} template ${options.migrated ? templateName() : 'template0'}`);
  });
  const url = databaseUrl(name);
  const db = connectDatabase(url, { maxConnections: 5, name: 'test' });
  const pool = new pg.Pool({ connectionString: url, max: 3 });
  pool.on('error', () => undefined);
  onTestFinished(async () => {
    await Promise.all([db.destroy(), pool.end()]);
    await asAdmin((admin) => admin.query(`drop database ${name} with (force)`));
  });
  return { url, db, query: async (sql, values) => rowsOf(await pool.query(sql, values)) };
}

function rowsOf<Row>(result: unknown): Row[] {
  const last = (Array.isArray(result) ? result.at(-1) : result) as { rows: Row[] };
  return last.rows;
}

/** Migrating takes a second, copying a migrated database 50 ms: the template is made once per set of migrations. */
async function ensureTemplate(admin: pg.Client): Promise<void> {
  const name = templateName();
  await admin.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
  try {
    const { rowCount } = await admin.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount) return;
    await admin.query(`create database ${name}_new template template0`);
    const db = connectDatabase(databaseUrl(`${name}_new`), { maxConnections: 1 });
    await migrate(db);
    await db.destroy();
    await admin.query(`alter database ${name}_new rename to ${name}`);
  } finally {
    await admin.query('select pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
  }
}

/** Named after the migrations' text, so that an edited migration gets a fresh template. */
function templateName(): string {
  const folder = new URL('../../prisma-free-migrations/', import.meta.url);
  const hash = createHash('sha1');
  for (const file of readdirSync(folder).toSorted()) hash.update(readFileSync(new URL(file, folder)));
  return `template_${hash.digest('hex').slice(0, 16)}`;
}

function databaseUrl(name: string): string {
  const url = new URL(process.env.WEIR_TEST_POSTGRES ?? '');
  url.pathname = `/${name}`;
  return url.href;
}

async function asAdmin<T>(work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = new pg.Client({ connectionString: databaseUrl('postgres') });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}
