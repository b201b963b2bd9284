import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '#tests/harness/database.ts';
import { faultProxy } from '#tests/harness/fault-proxy.ts';
import { transactionPooler } from '#tests/harness/transaction-pooler.ts';
import { checkTables } from './check-tables.ts';
import type { Engine } from './engine.ts';
import { configOf } from './fixtures/postgres-config.ts';
import { allowing, countRunning, untilRunning } from './fixtures/running.ts';
import { checksOf, noFacts, wantedOf } from './fixtures/suite-of.ts';
import { measure } from './measure.ts';
import { withPostgres } from './postgres/engine.ts';
import type { Check } from './suite.ts';

const FACTS = () => noFacts();

function inPostgres<T>(
  { url }: TestDatabase,
  work: (engine: Engine) => Promise<T>,
  signal = new AbortController().signal,
) {
  return withPostgres(configOf(url), { guard: allowing(url), signal }, work);
}

describe('over a Postgres table', () => {
  test('every kind measures what it says', async () => {
    const database = await testDatabase();
    await database.query(`create table users (id int, email text, age numeric, updated_at timestamp);
      insert into users select i, case when i % 10 = 0 then null when i % 10 = 1 then '  ' else 'u' || i end, 20 + i % 11, '2026-01-01T18:00' from generate_series(1, 100) as i;
      insert into users values (1, 'again', 30, null), (null, 'nobody', 30, null), (null, 'nobody', 30, null)`);
    const results = await inPostgres(database, (engine) =>
      checkTables(
        engine,
        checksOf(`dataset: users
completeness: [{column: email}, {column: email, rule: not_empty}, {column: id, where: "age >= 30"}]
freshness: [{max_age_hours: 5, column: updated_at}]
volume: [{min_rows: 100}]
uniqueness: [{unique_columns: [id]}, {unique_columns: [email, age]}]
distribution: [{column: age, expected_mean_range: [24, 26], expected_median_range: [0, 24], expected_stddev_range: [3, 4], expected_min: 20, expected_max: 29}]`),
        FACTS,
      ),
    );
    expect(results.map(({ outcome, message }) => `${outcome}: ${message}`)).toEqual([
      'fail: email is 90.3% filled, limit 100%',
      'fail: email is 80.6% filled, limit 100%',
      'fail: id is 83.3% filled, limit 100%',
      'fail: the newest updated_at is 6h old, limit 5h',
      'pass: 103 rows, limit at least 100 rows',
      'fail: id is repeated in 1 row, limit 0',
      'fail: email + age is repeated in 1 row, limit 0',
      'pass: the mean of age is 25.1068, limit 24 to 26',
      'fail: the median of age is 25, limit 0 to 24',
      'pass: the deviation of age is 3.25369, limit 3 to 4',
      'pass: the minimum of age is 20, limit at least 20',
      'fail: the maximum of age is 30, limit at most 29',
    ]);
  });

  test('only the guilty check errs, and a wrong name is told with the right one', async () => {
    const database = await testDatabase();
    await database.query("create table users (id int, email text); insert into users values (1, 'a')");
    const results = await inPostgres(database, (engine) =>
      checkTables(
        engine,
        checksOf(`dataset: users
completeness: [{column: id}, {column: emial}, {column: id, where: "nonsense > 1"}]
distribution: [{column: email, expected_mean_range: [1, 2]}, {column: id, expected_mean_range: [1, 1]}]
volume: [{min_rows: 1}, {table: user, min_rows: 1}]`),
        FACTS,
      ),
    );
    expect(results.map(({ outcome, message }) => `${outcome}: ${message}`)).toEqual([
      'pass: id is 100% filled, limit 100%',
      'error: users has no column emial. Did you mean email? Correct the name in the suite, or find out where the column went.',
      'error: Postgres can’t measure this: column "nonsense" does not exist. Check the type of the column, and the condition of where.',
      'error: Postgres can’t measure this: function avg(text) does not exist. Check the type of the column, and the condition of where.',
      'pass: the mean of id is 1, limit 1 to 1',
      'pass: 1 row, limit at least 1 row',
      'error: There is no table user in schema public. Did you mean users? Correct the name in the suite, or load the table first. The user of the destination must be allowed to read it.',
    ]);
  });

  test('a condition can write nothing', async () => {
    const database = await testDatabase();
    await database.query('create table t (a int); create sequence s; insert into t values (1)');
    const results = await inPostgres(database, (engine) =>
      checkTables(engine, checksOf(`dataset: t\nvolume: [{min_rows: 1, where: "nextval('s') > 0"}]`), FACTS),
    );
    expect(results[0]?.message).toContain('read-only transaction');
  });

  test.each(['itself', 'behind a pooler'])('aborting cancels the statement on the server %s', async (where) => {
    const database = await testDatabase();
    const { hostname, port } = new URL(database.url);
    await using pooler = await transactionPooler({ host: hostname, port: Number(port) });
    const way = new URL(database.url);
    if (where === 'behind a pooler') way.port = String(pooler.port);
    await database.query('create table t (a int); insert into t values (1)');
    const stop = new AbortController();
    const measuring = inPostgres(
      { ...database, url: way.href },
      async (engine) => {
        const slow = checkTables(
          engine,
          checksOf('dataset: t\nvolume: [{min_rows: 1, where: "pg_sleep(60) is not null"}]'),
          FACTS,
        );
        await untilRunning(database);
        stop.abort('deadline');
        return slow;
      },
      stop.signal,
    );
    await expect(measuring).rejects.toBe('deadline');
    expect(await countRunning(database)).toBe(0);
  });

  test.each(['savepoint measured', 'pg_sleep(60)'])('aborting while %s is on its way stops it there', async (text) => {
    const database = await testDatabase();
    const way = new URL(database.url);
    await using proxy = await faultProxy({ host: way.hostname, port: Number(way.port) });
    way.port = String(proxy.port);
    await database.query('create table t (a int); insert into t values (1)');
    const cancels = () =>
      database.query(`select from pg_stat_activity where query like 'select pg_cancel_backend%' and state = 'idle'
        and datname = current_database()`);
    const stop = new AbortController();
    const isStalled = proxy.breakAt(text, 'stall');
    const checks = checksOf('dataset: t\nvolume: [{min_rows: 1, where: "pg_sleep(60) is not null"}]');
    const url = way.href;
    const measuring = inPostgres({ ...database, url }, (engine) => checkTables(engine, checks, FACTS), stop.signal);
    const ended = measuring.catch((reason) => reason);
    await isStalled;
    stop.abort('deadline');
    // The server has nothing to cancel yet.
    await expect.poll(cancels).toHaveLength(1);
    proxy.mend();
    expect(await ended).toBe('deadline');
    expect(await countRunning(database)).toBe(0);
  });

  test('a query that takes too long is ended by the server, and stops no other check', async () => {
    const database = await testDatabase();
    await database.query('create table t as select 1 as id');
    const checks = checksOf(
      'dataset: t\nsql: [{query: "select count(*) from {table}, pg_sleep(60)", max: 5}]\nvolume: [{min_rows: 1}]',
    );
    const options = { guard: allowing(database.url), signal: new AbortController().signal, statementTimeoutMs: 2_000 };
    const results = await withPostgres(configOf(database.url), options, (engine) => checkTables(engine, checks, FACTS));
    expect(results.map(({ outcome, message }) => `${outcome}: ${message}`)).toEqual([
      'error: Measuring took too long and was stopped. Narrow the check with where, or index the column.',
      'pass: 1 row, limit at least 1 row',
    ]);
    expect(await countRunning(database)).toBe(0);
  });

  test('one scan equals separate scans, whatever the order of the rows', async () => {
    const database = await testDatabase();
    await database.query('create table t (a int, b text, at timestamptz)');
    const checks = checksOf(`dataset: t
completeness: [{column: a}, {column: b, rule: not_empty, where: "a > 0"}]
freshness: [{max_age_hours: 1, column: at}]
volume: [{min_rows: 1}, {min_rows: 1, where: "b is null"}]
uniqueness: [{unique_columns: [a]}, {unique_columns: [a, b]}]
distribution: [{column: a, expected_mean_range: [0, 1], expected_median_range: [0, 1], expected_min: 0}]
range: [{column: a, min: 0}, {column: a, max: 1, per: b}]
accepted_values: [{column: b, values: [x, y]}]
condition: [{holds: "a < 3 or b is null"}]
categories: [{column: b}]
gaps: [{column: at, every: month}]
sql: [{query: "select a from {table} where a < 0"}]`);
    const row = fc.tuple(
      fc.option(fc.integer({ min: -3, max: 3 })),
      fc.option(fc.constantFrom('', ' ', 'x', 'y')),
      fc.option(fc.date({ min: new Date(0), max: new Date(1e12), noInvalidDate: true })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 12 }), async (rows) => {
        const together = await measuredOver(database, rows, [checks]);
        expect(
          await measuredOver(
            database,
            rows,
            checks.map((check) => [check]),
          ),
        ).toEqual(together);
        expect(await measuredOver(database, rows.toReversed(), [checks])).toEqual(together);
      }),
      { numRuns: 25 },
    );
  });
});

async function measuredOver(
  database: TestDatabase,
  rows: readonly unknown[][],
  bundles: readonly (readonly Check[])[],
) {
  await database.query('truncate t');
  for (const row of rows) await database.query('insert into t values ($1, $2, $3)', row);
  return inPostgres(database, async (engine) => {
    const all = [];
    const sources = { table: '"public"."t"', references: new Map() };
    for (const checks of bundles) {
      const { measurements, segments } = await measure(engine, sources, wantedOf(checks));
      all.push(...measurements);
      for (const [per, { whole, parts }] of segments)
        for (const [segment, part] of [...parts, ['*', whole] as const])
          for (const [key, measured] of part) all.push([`${per} ${segment} ${key}`, measured] as const);
    }
    return new Map(all);
  });
}
