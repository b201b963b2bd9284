import { describe, expect, test } from 'vitest';
import type { Db } from '#lib/db/connect.ts';
import { createLog } from '#lib/log.ts';
import { createSecrets } from '#lib/secrets.ts';
import { testClock } from '#tests/harness/clock.ts';
import { type TestDatabase, testDatabase } from '#tests/harness/database.ts';
import { configOf } from './fixtures/postgres-config.ts';
import { countRunning, untilRunning } from './fixtures/running.ts';
import {
  type ChecksFinished,
  cancelChecks,
  endLostChecks,
  runChecks,
  startBackfill,
  startChecks,
  startChecksAfterSync,
} from './run-checks.ts';
import { startDueSuites } from './start-due-suites.ts';
import { checkHistory, createSuite, getSuite, listSuites, suiteResults, updateSuite } from './suites.ts';

describe('a suite', () => {
  test('is run by a job, keeps passes too, and compares volume with the load before', async () => {
    const { database, c, sent, workspaceId, destinationId } = await service();
    await database.query('create table users (id int); insert into users select generate_series(1, 100)');
    const text = 'dataset: users\nvolume: [{max_change_pct: 20}]\ncompleteness: [{column: id}]';
    const { id } = await createSuite(c, workspaceId, { name: 'users', text, destinationId });

    const { runId } = await startChecks(c, workspaceId, id, 'manual');
    expect(sent).toEqual([['checks', { runId }]]);
    const told: ChecksFinished[] = [];
    await runChecks(c, runId, { onFinished: async (_tx, result) => void told.push(result) });
    expect(told.map(({ results }) => results.map(({ outcome }) => outcome))).toEqual([['pass', 'pass']]);
    expect(await runChecks(c, runId)).toBeNull();

    await database.query('delete from users where id > 50');
    await runChecks(c, (await startChecks(c, workspaceId, id, 'manual')).runId);
    const { run, results } = await suiteResults(c, workspaceId, id);
    expect(run).toMatchObject({ pass: 1, fail: 1, warn: 0, error: 0, failure: null });
    expect(results.map(({ outcome, message, table }) => [outcome, message, table])).toEqual([
      ['fail', '50 rows, −50% against the load before, limit 20%', 'users'],
      ['pass', 'id is 100% filled, limit 100%', 'users'],
    ]);
    const { points } = await checkHistory(c, workspaceId, id, 'users / volume / rows');
    expect(points.map(({ value, low, high }) => [value, low, high])).toEqual([
      [100, null, null],
      [50, 80, 120],
    ]);
    expect(await listSuites(c, workspaceId)).toMatchObject([
      { name: 'users', dataset: 'users', checks: 2, lastRun: { fail: 1 } },
    ]);
  });

  test('bound to a connection knows when data was published last, and how many rows the load before had', async () => {
    const { database, c, workspaceId, destinationId } = await service();
    await database.query('create table users (id int); insert into users select generate_series(1, 100)');
    const { connectionId, syncId } = await twoSyncs(database, workspaceId, destinationId);
    const text = 'dataset: public.users\nvolume: [{max_change_pct: 20}]\nfreshness: [{max_age_hours: 1}]';
    const { id } = await createSuite(c, workspaceId, { name: 'users', text, destinationId, connectionId });
    await startChecksAfterSync(c, workspaceId, connectionId, syncId);
    const { lastRun } = await getSuite(c, workspaceId, id);
    await runChecks(c, lastRun?.id ?? 0);
    const { results } = await suiteResults(c, workspaceId, id);
    expect(results.map(({ message, syncId: of }) => [message, of])).toEqual([
      ['100 rows, −50% against the load before, limit 20%', syncId],
      ['the last published sync is 2h old, limit 1h', syncId],
    ]);
  });

  test('knows of each table when it was published last, with a connection or without', async () => {
    const { database, c, workspaceId, destinationId } = await service();
    await database.query('create table users (id int); create table other (id int); create table model (id int)');
    const { connectionId } = await twoSyncs(database, workspaceId, destinationId);
    // Its other stream has gone on, while this one has stopped.
    await database.query(`insert into sync_stream (sync_id, workspace_id, name, published_at, relation)
      select max(id), workspace_id, 'other', timestamptz '2025-12-31T23:59Z', '{"kind":"postgres","schema":"public","table":"other"}' from syncs group by workspace_id`);
    const text =
      'freshness: [{table: users, max_age_hours: 1}, {table: public.other, max_age_hours: 1}, {table: model, max_age_hours: 1}]';
    const said = async (name: string, bound: { connectionId?: string }) => {
      const { id } = await createSuite(c, workspaceId, { name, text, destinationId, ...bound });
      await runChecks(c, (await startChecks(c, workspaceId, id, 'manual')).runId);
      const { results } = await suiteResults(c, workspaceId, id);
      return results.map(({ table, message }) => `${table}: ${message}`).toSorted();
    };
    const ofTables = [
      'public.other: the last published sync is 1m old, limit 1h',
      'users: the last published sync is 2h old, limit 1h',
    ];
    expect(await said('bound', { connectionId })).toEqual([
      'model: the last published sync is 1m old, limit 1h',
      ...ofTables,
    ]);
    expect(await said('alone', {})).toEqual(['model: nothing was published yet, limit 1h', ...ofTables]);
  });

  test('measures nothing of a table that is not there, not even when it was loaded', async () => {
    const { database, c, workspaceId, destinationId } = await service();
    const { connectionId } = await twoSyncs(database, workspaceId, destinationId);
    const text = 'freshness: [{table: users, max_age_hours: 24}, {table: modle, max_age_hours: 24}]';
    await database.query('create table model (id int)');
    const { id } = await createSuite(c, workspaceId, { name: 'a', text, destinationId, connectionId });
    await runChecks(c, (await startChecks(c, workspaceId, id, 'manual')).runId);
    const { results } = await suiteResults(c, workspaceId, id);
    expect(results.map(({ outcome, message }) => [outcome, message.split('.')[0]]).toSorted()).toEqual([
      ['error', 'There is no table modle in schema public'],
      ['error', 'There is no table users in schema public'],
    ]);
  });

  test('that can’t reach its database says so, once for all checks', async () => {
    const { database, c, workspaceId, destinationId } = await service();
    await database.query(`delete from allowed_host`);
    const { id } = await createSuite(c, workspaceId, {
      name: 'a',
      text: 'dataset: t\nvolume: [{min_rows: 1}]',
      destinationId,
    });
    await runChecks(c, (await startChecks(c, workspaceId, id, 'manual')).runId);
    expect((await suiteResults(c, workspaceId, id)).run?.failure).toMatchObject({ code: 'address_refused' });
  });

  test('fills the history of a new check from a column of times, as the check would have measured it', async () => {
    const { database, c, workspaceId, destinationId } = await service();
    await database.query(`create table users as
      select i as id, case when i % 2 = 0 then i end as age, timestamptz '2025-12-01' + i * interval '6 hours' as made from generate_series(0, 123) i`);
    const text = `dataset: users
history: {column: made, periods: 5}
volume: [{min_rows: 110}]
distribution: [{column: age, expected_mean_range: [0, 58], expected_max: 1000, expected_median_range: [0, 1000]}]
completeness: [{column: age, threshold: 40}]`;
    const { id } = await createSuite(c, workspaceId, { name: 'users', text, destinationId });
    const told: unknown[] = [];
    const { runId } = await startChecks(c, workspaceId, id, 'backfill');
    await runChecks(c, runId, { onFinished: async () => void told.push(1) });
    expect(told).toEqual([]);
    const points = async (key: string) =>
      (await checkHistory(c, workspaceId, id, key)).points.map(({ at, value, outcome }) => [
        at.toISOString().slice(0, 10),
        value,
        outcome,
      ]);
    expect(await points('users / volume / rows')).toEqual([
      ['2025-12-28', 108, 'fail'],
      ['2025-12-29', 112, 'pass'],
      ['2025-12-30', 116, 'pass'],
      ['2025-12-31', 120, 'pass'],
      ['2026-01-01', 124, 'pass'],
    ]);
    expect((await points('users / distribution / mean of age')).map(([, value]) => value)).toEqual([
      53, 55, 57, 59, 61,
    ]);
    const medians = (await points('users / distribution / median of age')).map(([, value]) => Number(value));
    for (const [day, exact] of [53, 55, 57, 59, 61].entries()) expect(medians[day] ?? 0).toBeCloseTo(exact, -0.5);
    // It is history: a change is measured against it, and the next backfill leaves it alone.
    await runChecks(c, (await startChecks(c, workspaceId, id, 'backfill')).runId);
    expect(await points('users / volume / rows')).toHaveLength(5);
    expect((await getSuite(c, workspaceId, id)).lastRun).toBeNull();
  });

  test('finds the past of an anomaly check by itself, from a column whose name says since when rows are there', async () => {
    const { database, c, sent, workspaceId, destinationId } = await service();
    await database.query(`create table sales as select i as id, timestamptz '2025-12-01' + i * interval '6 hours' as created_at,
      timestamptz '2025-12-31' as updated_at, 10 + i % 3 as amount from generate_series(0, 123) i`);
    const text =
      'dataset: sales\nanomaly: [{metric: rows}, {metric: median, column: amount}]\nuniqueness: [{unique_columns: [id]}]';
    const { id } = await createSuite(c, workspaceId, { name: 'sales', text, destinationId });
    await startBackfill(c, workspaceId, id);
    const runId = Number((sent[0] as [string, { runId: number }])[1].runId);
    await runChecks(c, runId);
    const rows = await checkHistory(c, workspaceId, id, 'sales / anomaly / unusual number of rows');
    expect(rows.points.map(({ value }) => value)).toEqual(Array.from({ length: 30 }, (_, day) => 8 + 4 * day));
    expect(rows.points.every(({ backfilled }) => backfilled)).toBe(true);
    expect((await checkHistory(c, workspaceId, id, 'sales / anomaly / unusual median of amount')).points).toHaveLength(
      30,
    );
    expect((await suiteResults(c, workspaceId, id)).backfill).toMatchObject({ id: runId, failure: null });
    // What has a past needs none, and nobody has to want one.
    await startBackfill(c, workspaceId, id);
    await updateSuite(c, workspaceId, id, { text: `${text}\nvolume: [{min_rows: 1}]\nhistory: false` });
    await startBackfill(c, workspaceId, id);
    expect(sent).toHaveLength(1);
  });

  test('stops when it is cancelled, on the server too', async () => {
    const { database, c, workspaceId, destinationId } = await service();
    await database.query('create table slow as select 1 as id');
    const text = 'dataset: slow\nsql: [{query: "select count(*) from {table}, pg_sleep(60)", max: 1}]';
    const { id } = await createSuite(c, workspaceId, { name: 'slow', text, destinationId });
    const { runId } = await startChecks(c, workspaceId, id, 'manual');
    const running = runChecks(c, runId);
    await untilRunning(database);
    expect(await cancelChecks(c, workspaceId, id)).toEqual({ runs: 1 });
    expect((await running)?.failure).toMatchObject({ code: 'stopped' });
    while ((await countRunning(database)) > 0);
    expect(await cancelChecks(c, workspaceId, id)).toEqual({ runs: 0 });
  });

  test('ends as failed when its process is gone, and tells it', async () => {
    const { c, workspaceId, destinationId } = await service();
    const { id } = await createSuite(c, workspaceId, {
      ...{ name: 'lost', text: 'dataset: t\nvolume: [{min_rows: 1}]', destinationId },
    });
    const { runId } = await startChecks(c, workspaceId, id, 'manual');
    const told: unknown[] = [];
    const failure = { kind: 'transient', code: 'process_lost', message: 'Its process was ended by SIGKILL.' } as const;
    const lose = () => endLostChecks(c, runId, failure, async (_tx, result) => void told.push(result));
    await lose();
    expect(told).toMatchObject([{ suiteName: 'lost', failure: { code: 'process_lost' }, results: [] }]);
    // What has ended stays as it is.
    await lose();
    expect(told).toHaveLength(1);
    expect(await runChecks(c, runId)).toBeNull();
  });

  test('runs on its own schedule, each due time once', async () => {
    const { database, c, sent, workspaceId, destinationId } = await service();
    const text = 'dataset: t\nschedule: {cron: "0 6 * * *", time_zone: Europe/Berlin}\nvolume: [{min_rows: 1}]';
    const { id } = await createSuite(c, workspaceId, { name: 'a', text, destinationId });
    const { nextDue } = await getSuite(c, workspaceId, id);
    expect(nextDue?.toISOString()).toMatch(/T0[45]:00:00/);
    await database.query(`update suite set next_due = '2025-12-31T05:00Z'`);
    const due = { ...c, queue: c.queue as never };
    expect(await Promise.all([startDueSuites(due), startDueSuites(due)]).then((counts) => counts.toSorted())).toEqual([
      0, 1,
    ]);
    expect(sent).toHaveLength(1);
    expect((await getSuite(c, workspaceId, id)).nextDue).toEqual(new Date('2026-01-01T05:00:00Z'));
    await updateSuite(c, workspaceId, id, { text: 'dataset: t\nvolume: [{min_rows: 1}]' });
    expect((await getSuite(c, workspaceId, id)).nextDue).toBeNull();
  });

  test('is refused with every problem and its line', async () => {
    const { c, workspaceId, destinationId } = await service();
    const bad = createSuite(c, workspaceId, { name: ' ', text: 'dataset: t\nvolum: []', destinationId });
    await expect(bad).rejects.toMatchObject({ code: 'invalid_input', issues: [{ path: 'name' }, { line: 2 }] });
    const { id } = await createSuite(c, workspaceId, {
      name: 'a',
      text: 'dataset: t\nvolume: [{min_rows: 1}]',
      destinationId,
    });
    await expect(
      createSuite(c, workspaceId, { name: 'a', text: 'dataset: t\nvolume: [{min_rows: 1}]', destinationId }),
    ).rejects.toMatchObject({ code: 'name_taken' });
    await updateSuite(c, workspaceId, id, { name: 'b' });
    expect(await getSuite(c, workspaceId, id)).toMatchObject({ name: 'b', dataset: 't', lastRun: null });
    await expect(getSuite(c, '00000000-0000-0000-0000-000000000000', id)).rejects.toMatchObject({ code: 'not_found' });
  });
});

/** A connection with two published syncs: 200 rows, and 100 rows two hours before the test's clock. */
async function twoSyncs({ query }: TestDatabase, workspaceId: string, destinationId: string) {
  const [row] = await query<{ connectionId: string; syncId: number }>(
    `with connector as (insert into connector (workspace_id, name) values ($1, 'c') returning id),
      source as (insert into source (workspace_id, connector_id, name, config) select $1, id, 's', '{}' from connector returning id),
      connection as (insert into connection (workspace_id, name, source_id, destination_id) select $1, 'users', id, $2 from source returning id),
      sync as (insert into syncs (workspace_id, connection_id, trigger, status) select $1, id, 'manual', 'succeeded' from connection, generate_series(1, 2) returning id),
      stream as (insert into sync_stream (sync_id, workspace_id, name, published_at, relation, published)
        select id, $1, 'users', timestamptz '2025-12-31T22:00Z' - (max(id) over () - id) * interval '1 day',
          '{"kind":"postgres","schema":"public","table":"users"}', json_build_object('rows', case when id = max(id) over () then 100 else 200 end) from sync)
     select connection.id as "connectionId", (select max(id) from sync)::int as "syncId" from connection`,
    [workspaceId, destinationId],
  );
  if (!row) throw new Error('nothing was seeded');
  return row;
}

async function service() {
  const database = await testDatabase({ migrated: true });
  const { db }: { db: Db } = database;
  const config = configOf(database.url);
  const workspace = await db.insertInto('workspace').values({ name: 'w' }).returning('id').executeTakeFirstOrThrow();
  const destination = await db
    .insertInto('destination')
    .values({ workspace_id: workspace.id, type: 'postgres', name: 'd', config: JSON.stringify(config) })
    .returning('id')
    .executeTakeFirstOrThrow();
  await db
    .insertInto('allowed_host')
    .values({ workspace_id: workspace.id, host: String(config.host), port: Number(config.port) })
    .execute();
  const sent: unknown[] = [];
  const queue = { send: async (name: string, data: object) => void sent.push([name, data]) };
  const c = {
    db,
    queue,
    secrets: createSecrets('x'.repeat(32)),
    clock: testClock().clock,
    log: createLog('test', 'silent'),
    env: { proxies: null },
  };
  return { database, c, sent, workspaceId: workspace.id, destinationId: destination.id };
}
