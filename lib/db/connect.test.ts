import { sql } from 'kysely';
import pg from 'pg';
import { expect, test } from 'vitest';
import { testDatabase } from '#tests/harness/database.ts';
import { connectDatabase } from './connect.ts';

test('a connection that is lost between two statements fails the second, and the process goes on', async () => {
  const { url, query } = await testDatabase();
  const db = connectDatabase(url, { maxConnections: 1 });
  const uncaught: unknown[] = [];
  const note = (error: unknown) => uncaught.push(error);
  process.on('uncaughtException', note);
  const lost = db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
    await query('select pg_terminate_backend($1)', [rows[0]?.pid]);
    // The server says goodbye to an idle connection before anything else is asked of it.
    const other = new pg.Client({ connectionString: url });
    await other.connect();
    await other.query('select pg_sleep(0.1)');
    await other.end();
    await sql`select 1`.execute(tx);
  });
  await expect(lost).rejects.toThrow();
  expect((await sql<{ one: number }>`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]);
  await db.destroy();
  process.off('uncaughtException', note);
  expect(uncaught).toEqual([]);
});

test('a new connection is set up before its first statement, and none overtakes another', async () => {
  const { url } = await testDatabase();
  const warnings: string[] = [];
  const note = ({ message }: Error) => warnings.push(message);
  process.on('warning', note);
  const db = connectDatabase(url, { lazyCommits: true });
  const setting = async (name: string) =>
    (await sql<{ value: string }>`select current_setting(${name}) as value`.execute(db)).rows[0]?.value;
  expect(await Promise.all([setting('idle_in_transaction_session_timeout'), setting('synchronous_commit')])).toEqual([
    '1min',
    'off',
  ]);
  await db.destroy();
  process.off('warning', note);
  expect(warnings).toEqual([]);
});
