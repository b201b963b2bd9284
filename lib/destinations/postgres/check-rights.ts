import type pg from 'pg';
import { schemaName } from '#lib/records/index.ts';
import type { PostgresConfig } from './config.ts';
import { quoteTable } from './identifier.ts';
import { createOwnTables, ensureSchema, hasOwnTables } from './store.ts';
import { inTransaction } from './transaction.ts';

/** Proves the rights by using them: our own schema, the default schema, a table in it, a row. Gives the server's version. */
export async function checkRights(pool: pg.Pool, config: PostgresConfig): Promise<string> {
  const schema = schemaName(config.schema);
  await inTransaction(pool, async (client) => {
    await ensureSchema(client, schema);
    const table = quoteTable({ schema, table: `weir_check_${process.pid}_${Date.now()}` });
    await client.query(`create table ${table} (id bigint); insert into ${table} values (1); drop table ${table}`);
    if (!(await hasOwnTables(client))) await createOwnTables(client);
  });
  const { rows } = await pool.query('show server_version');
  return `Postgres ${rows[0]?.server_version}`;
}
