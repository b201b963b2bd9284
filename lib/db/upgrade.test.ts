import { Migrator } from 'kysely/migration';
import { expect, test } from 'vitest';
import * as firstLight from '#migrations/0001_first_light.ts';
import * as signIn from '#migrations/0002_sign_in.ts';
import * as syncsByEnd from '#migrations/0003_syncs_by_end.ts';
import { type TestDatabase, testDatabase } from '#tests/harness/database.ts';
import { migrate, migrationGap } from './migrate.ts';

const FIRST = { '0001_first_light': firstLight, '0002_sign_in': signIn, '0003_syncs_by_end': syncsByEnd };

/** What an installation of the first days held: a row in every table. */
const ROWS = `
with workspace as (insert into workspace (name) values ('Harbour') returning id as w),
"user" as (insert into "user" (name, email, "emailVerified") values ('Ada', 'ada@example.com', true) returning id as u),
member as (insert into membership select w, u, 'admin' from workspace, "user"),
key as (insert into api_key (workspace_id, name, prefix, hash, role) select w, 'ci', 'weir_1', 'h', 'editor' from workspace),
audit as (insert into audit_entry (workspace_id, actor, action, subject) select w, 'ada', 'a', 's' from workspace),
host as (insert into allowed_host (workspace_id, host, port) select w, '10.0.0.1', 5432 from workspace),
connector as (insert into connector (workspace_id, name) select w, 'Shop' from workspace returning id as c, workspace_id as w),
version as (insert into connector_version (workspace_id, connector_id, version, manifest, compiled) select w, c, 1, 'm', '{}' from connector),
source as (insert into source (workspace_id, connector_id, name, config) select w, c, 'EU', '{"key":1}' from connector returning id as s),
destination as (insert into destination (workspace_id, type, name, config) select w, 'postgres', 'Wh', '{}' from workspace returning id as d),
connection as (
  insert into connection (workspace_id, name, source_id, destination_id) select w, 'Orders', s, d
  from workspace, source, destination returning id as n, workspace_id as w, destination_id as d
),
stream as (insert into connection_stream (connection_id, workspace_id, name, position, configured) select n, w, 'orders', 0, '{}' from connection),
sync as (
  insert into syncs (workspace_id, connection_id, trigger, status, started_at, finished_at)
  select w, n, 'manual', 'succeeded', now(), now() from connection returning id as y, workspace_id as w
),
attempt as (insert into attempt (sync_id, workspace_id, number, fence, worker) select y, w, 1, 1, 'x' from sync),
sync_stream as (insert into sync_stream (sync_id, workspace_id, name, status, read, written) select y, w, 'orders', 'published', 7, 7 from sync),
log as (insert into sync_log (sync_id, workspace_id, attempt, level, message) select y, w, 1, 'info', 'm' from sync),
probe as (insert into probe (workspace_id, kind, input) select w, 'check_source', '{}' from workspace returning id as p),
event as (insert into probe_event select p, 1, '{}' from probe),
suite as (
  insert into suite (workspace_id, name, text, connection_id, destination_id) select w, 'Orders', 't', n, d
  from connection returning id as q, workspace_id as w
),
run as (insert into check_run (workspace_id, suite_id, trigger) select w, q, 'sync' from suite returning id as r, workspace_id as w, suite_id as q),
result as (
  insert into check_result (workspace_id, run_id, suite_id, key, kind, title, level, outcome, message)
  select w, r, q, 'k', 'row_count', 't', 'error', 'pass', 'm' from run
),
incident as (insert into incident (workspace_id, subject_kind, cause, severity, title) select w, 'connection', 'c', 'warning', 't' from workspace),
channel as (insert into channel (workspace_id, type, name, config) select w, 'slack', 'Slack', '{}' from workspace returning id as l, workspace_id as w),
delivery as (insert into delivery (workspace_id, channel_id, event, payload) select w, l, 'sync_failed', '{}' from channel),
upload as (insert into upload (workspace_id, name, bytes, path) select w, 'f', 1, '/f' from workspace)
insert into worker (id, host, pid) values ('w', 'h', 1)`;

/** Of those who sign in just then. */
const EMPTY = ['session', 'account', 'verification', 'try_counter'];

/** A channel that hears of failed syncs hears also of what came to be told since. */
function grown(table: string, row: object): object {
  if (table !== 'channel') return row;
  return { ...row, events: expect.arrayContaining((row as { events: string[] }).events) };
}

async function firstInstallation(): Promise<TestDatabase> {
  const database = await testDatabase();
  const provider = { getMigrations: async () => FIRST };
  const { error } = await new Migrator({ db: database.db, provider }).migrateToLatest();
  expect(error).toBeUndefined();
  await database.query(ROWS);
  return database;
}

/** The rows of each table, as they are. */
async function contents({ query }: TestDatabase): Promise<Map<string, Record<string, unknown>[]>> {
  const tables = await query<{ name: string }>(
    `select table_name as name from information_schema.tables
     where table_schema = 'public' and table_type = 'BASE TABLE' and table_name not like 'kysely%' order by 1`,
  );
  const found = new Map<string, Record<string, unknown>[]>();
  for (const { name } of tables) found.set(name, await query(`select * from "${name}"`));
  return found;
}

test('the first schema with rows in it becomes the newest, and no row loses a value', async () => {
  const database = await firstInstallation();
  const before = await contents(database);
  expect((await migrationGap(database.db)).missing.length).toBeGreaterThan(0);
  await migrate(database.db);
  expect(await migrationGap(database.db)).toEqual({ missing: [], unknown: [] });
  const after = await contents(database);
  for (const [table, rows] of before) {
    if (!EMPTY.includes(table)) expect([table, rows.length]).toEqual([table, 1]);
    expect([table, after.get(table)]).toMatchObject([table, rows.map((row) => grown(table, row))]);
  }
});

test('a tunnel that an earlier version kept for nothing is forgotten with its password', async () => {
  const database = await firstInstallation();
  const tunnel = { tunnel_method: 'SSH_PASSWORD_AUTH', tunnel_host: 'bastion', tunnel_user_password: 'canary' };
  await database.query('update destination set config = $1', [JSON.stringify({ host: 'db', tunnel_method: tunnel })]);
  await migrate(database.db);
  expect(await database.query('select config from destination')).toEqual([
    { config: { host: 'db', tunnel_method: { tunnel_method: 'NO_TUNNEL' } } },
  ]);
});

test('a database of a newer version is told from one that is behind', async () => {
  const { db, query } = await testDatabase({ migrated: true });
  await query(`insert into kysely_migration (name, timestamp) values ('9999_later', '2030-01-01')`);
  expect(await migrationGap(db)).toEqual({ missing: [], unknown: ['9999_later'] });
});
