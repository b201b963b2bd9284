import type pg from 'pg';
import { tableName } from '#lib/records/index.ts';
import type { PostgresConfig } from './config.ts';
import { quote, quoteTable } from './identifier.ts';
import { createOwnTables, OWN_SCHEMA } from './store.ts';
import { inTransaction } from './transaction.ts';

/** Proves the rights by using them: our own schema, the default schema, a table in it, a row. Gives the server's version. */
export async function checkRights(pool: pg.Pool, config: PostgresConfig): Promise<string> {
  const schema = tableName(config.schema, new Set());
  await inTransaction(pool, async (client) => {
    const { rowCount } = await client.query('select 1 from pg_namespace where nspname = $1', [schema]);
    if (!rowCount) await client.query(`create schema if not exists ${quote(schema)}`);
    const table = quoteTable({ schema, table: `weir_check_${process.pid}_${Date.now()}` });
    await client.query(`create table ${table} (id bigint); insert into ${table} values (1); drop table ${table}`);
    const own = await client.query('select to_regclass($1) is not null as present', [`${OWN_SCHEMA}.version`]);
    if (!own.rows[0]?.present) await createOwnTables(client);
  });
  const { rows } = await pool.query('show server_version');
  return `Postgres ${rows[0]?.server_version}`;
}
