import { expect, test } from 'vitest';
import { testDatabase } from '#tests/harness/database.ts';
import { transactionPooler } from '#tests/harness/transaction-pooler.ts';
import { serverProblem } from './server-problem.ts';

/** The address of the same database for a user of these settings. */
async function asUser(settings: string) {
  const { url, query } = await testDatabase();
  const user = `service_${crypto.randomUUID().slice(0, 8)}`;
  await query(`create role ${user} login password 'secret'; create schema old authorization ${user};
    create function old.current_setting(text) returns text language sql as $$ select '130023' $$;
    alter role ${user} set ${settings}`);
  const address = new URL(url);
  Object.assign(address, { username: user, password: 'secret' });
  const done = async () => void (await query(`drop owned by ${user} cascade; drop role ${user}`));
  return { problem: await serverProblem(address.href).finally(done), url, place: `${address.host}${address.pathname}` };
}

test('a server that can be used has no problem', async () => {
  expect(await serverProblem((await testDatabase()).url)).toBeNull();
});

test('one that is too old, or takes no writes, is told with what to do', async () => {
  // A setting's name is looked for in the user's own schema first, so that the server seems to be of another version.
  const old = await asUser('search_path = old, pg_catalog');
  expect(old.problem).toBe(
    `The database at ${old.place} of DATABASE_URL is Postgres 13.23, and Weir needs 14 or newer. Upgrade the server, or name another one.`,
  );
  const standby = await asUser('default_transaction_read_only = on');
  expect(standby.problem).toMatch(/takes no writes.*Name the primary server\.$/);
});

test('a pooler that shares sessions is told from the server itself', async () => {
  const { url } = await testDatabase();
  const { hostname, port } = new URL(url);
  await using pooler = await transactionPooler({ host: hostname, port: Number(port) });
  const pooled = new URL(url);
  pooled.port = String(pooler.port);
  expect(await serverProblem(pooled.href)).toMatch(/is behind a pooler that shares sessions.*pool_mode session\.$/);
});
