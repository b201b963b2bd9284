import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { DuckDBInstance, DuckDBTimestampTZValue } from '@duckdb/node-api';
import { expect, onTestFinished, test } from 'vitest';
import { checkTables } from '../check-tables.ts';
import { noFacts } from '../fixtures/suite-of.ts';
import { parseSuite } from '../parse-suite.ts';
import { withParquet } from './engine.ts';

const FACTS = () => noFacts();

test('measures Parquet files as a table of Postgres is measured', async () => {
  const folder = await parquet(
    "select i as id, case when i % 10 = 0 then null else 'u' || i end as email, 20 + i % 11 as age, timestamptz '2026-01-01 18:00:00+00' as updated_at from range(1, 101) t(i)",
  );
  const outcomes = await check(
    folder,
    `dataset: users
completeness: [{column: email}, {column: emial}, {column: email, rule: not_empty, where: "age > 25"}]
freshness: [{max_age_hours: 5, column: updated_at}]
volume: [{min_rows: 100}]
uniqueness: [{unique_columns: [id]}, {unique_columns: [age]}]
distribution: [{column: age, expected_mean_range: [24, 26], expected_median_range: [0, 24]}, {column: email, expected_min: 0}]`,
  );
  expect(outcomes).toEqual([
    'fail: email is 90% filled, limit 100%',
    'error: users has no column emial. Did you mean email? Correct the name in the suite, or find out where the column went.',
    'fail: email is 88.9% filled, limit 100%',
    'fail: the newest updated_at is 6h old, limit 5h',
    'pass: 100 rows, limit at least 100 rows',
    'pass: id is repeated in 0 rows, limit 0',
    'fail: age is repeated in 89 rows, limit 0',
    'pass: the mean of age is 24.96, limit 24 to 26',
    'fail: the median of age is 25, limit 0 to 24',
    'error: This needs a column of numbers, and the column holds varchar. Give the column a type of numbers where it is loaded, or compare it in a check of kind condition or sql.',
  ]);
});

test('a condition reads no other file', async () => {
  const folder = await parquet('select 1 as id');
  const [outcome] = await check(
    folder,
    `dataset: users\nvolume: [{min_rows: 1, where: "(select count(*) from read_text('/etc/hostname')) > 0"}]`,
  );
  expect(outcome).toMatch(/^error: .*(disabled|[Pp]ermission)/);
});

test('instants are given in UTC, wherever the service runs', async () => {
  const folder = await parquet("select timestamptz '2026-01-01 18:00:00+00' as seen");
  // What the driver takes from the zone of the process.
  DuckDBTimestampTZValue.timezoneOffsetInMinutes = 13 * 60;
  const rows = await withParquet(optionsOf(folder), async (engine) =>
    engine.rows(`select seen from ${engine.dialect.source(await engine.find('users'))}`),
  );
  expect(rows).toEqual([{ seen: '2026-01-01 18:00:00+00' }]);
});

async function check(folder: string, text: string): Promise<string[]> {
  const { issues, suite } = parseSuite(text);
  expect(issues).toEqual([]);
  const results = await withParquet(optionsOf(folder), (engine) => checkTables(engine, suite?.checks ?? [], FACTS));
  return results.map(({ outcome, message }) => `${outcome}: ${message}`);
}

function optionsOf(folder: string) {
  const files = [path.join(folder, 'users.parquet')];
  return {
    folder,
    signal: new AbortController().signal,
    find: async () => ({ kind: 'parquet' as const, files }),
  };
}

async function parquet(select: string): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'weir-quality-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`copy (${select}) to '${folder}/users.parquet' (format parquet)`);
  connection.closeSync();
  instance.closeSync();
  return folder;
}
