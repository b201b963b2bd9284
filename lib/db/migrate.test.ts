import { expect, test } from 'vitest';
import { testDatabase } from '#tests/harness/database.ts';
import { migrate } from './migrate.ts';

test('a second start finds nothing left to migrate', async () => {
  const { db } = await testDatabase({ migrated: true });
  expect(await migrate(db)).toEqual([]);
});

test('a database of a newer Weir is left as it is, and said to be one', async () => {
  const { db, query } = await testDatabase({ migrated: true });
  await query(`insert into kysely_migration values ('9999_tomorrow', '2099-01-01')`);
  await expect(migrate(db)).rejects.toMatchObject({
    code: 'newer_database',
    message: expect.stringContaining('9999_tomorrow'),
  });
});

test('every table of a workspace says whose it is', async () => {
  const { query } = await testDatabase({ migrated: true });
  const shared = ['workspace', 'probe_event', 'worker', 'kysely_migration', 'kysely_migration_lock'];
  const signIn = ['user', 'session', 'account', 'verification', 'try_counter'];
  const without = await query<{ table_name: string }>(
    `select table_name from information_schema.tables t where table_schema = 'public'
     and not exists (select from information_schema.columns c where c.table_schema = 'public'
       and c.table_name = t.table_name and c.column_name = 'workspace_id')`,
  );
  expect(without.map((row) => row.table_name).filter((name) => ![...shared, ...signIn].includes(name))).toEqual([]);
});
