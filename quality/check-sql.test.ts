import { expect, test } from 'vitest';
import { testDatabase } from '#tests/harness/database.ts';
import { checkSql } from './check-sql.ts';
import { configOf } from './fixtures/postgres-config.ts';
import { createSuite } from './suites.ts';

test('the SQL of a check measures it, and shows the rows that fail', async () => {
  const { db, query, url } = await testDatabase({ migrated: true });
  await query(
    'create table people (id int, email text, country text); insert into people values (1, null, $$DE$$), (2, $$a@b.c$$, $$DE$$)',
  );
  const { id: workspaceId } = await db
    .insertInto('workspace')
    .values({ name: 'w' })
    .returning('id')
    .executeTakeFirstOrThrow();
  const of = async (type: string, config: string) =>
    (
      await db
        .insertInto('destination')
        .values({ workspace_id: workspaceId, type, name: type, config })
        .returning('id')
        .executeTakeFirstOrThrow()
    ).id;
  const text = 'dataset: people\ncompleteness: [{column: email, per: country}]\nvolume: [{min_rows: 1}]';
  const suite = async (name: string, destinationId: string) =>
    (await createSuite({ db }, workspaceId, { name, text, destinationId })).id;
  const inPostgres = await suite('a', await of('postgres', JSON.stringify(configOf(url))));
  const { dialect, measures, failingRows } = await checkSql(
    { db },
    workspaceId,
    inPostgres,
    'people / completeness / email per country',
  );
  expect(dialect).toBe('postgres');
  expect(await query(measures[0] ?? '')).toMatchObject([
    { m0: '2', m1: '1' },
    { segment: 'DE', m0: '2', m1: '1' },
  ]);
  expect(await query(failingRows ?? '')).toMatchObject([{ id: 1, email: null }]);
  expect((await checkSql({ db }, workspaceId, inPostgres, 'people / volume / rows')).failingRows).toBeNull();
  const inBucket = await suite('b', await of('s3', '{}'));
  expect(await checkSql({ db }, workspaceId, inBucket, 'people / volume / rows')).toMatchObject({
    dialect: 'duckdb',
    measures: ['select count(*) as m0 from read_parquet([], union_by_name = true)'],
  });
  await expect(checkSql({ db }, workspaceId, inPostgres, 'people / nothing')).rejects.toMatchObject({
    code: 'not_found',
  });
});
