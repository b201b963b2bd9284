import { describe, expect, test } from 'vitest';
import { runResults } from '#lib/pipelines/fixtures/run-results.ts';
import { type ApiClient, testApi } from '#tests/harness/api.ts';
import { make, makeConnection, ORDERS } from '#tests/harness/shop.ts';
import { stopTime } from '#tests/harness/stop-time.ts';

const V1 = '/api/weir/v1';

async function shop() {
  const api = await testApi();
  const ada = await api.admin();
  return { api, ada, ...(await makeConnection(ada)) };
}

describe('a trigger', () => {
  const trigger = (ada: ApiClient, connectionId: string) =>
    ada.send<{ id: string; url: string }>('POST', `${V1}/connections/${connectionId}/triggers`, { name: 'CI' });

  test('starts a sync for whoever knows its address, without credentials, and is noted', async () => {
    const { api, ada, connectionId } = await shop();
    const { body, status } = await trigger(ada, connectionId);
    expect(status).toBe(201);
    const path = new URL(body.url).pathname;
    const called = await api.client().fetch(path, { method: 'POST' });
    expect([called.status, await called.json()]).toEqual([202, { syncId: 1 }]);
    expect(await api.query('select trigger from syncs')).toEqual([{ trigger: 'url' }]);
    expect(api.sent).toContainEqual({ name: 'sync', data: { syncId: 1 } });
    expect((await api.client().send('POST', path)).body).toMatchObject({ error: { code: 'sync_running' } });
    const [entry] = (await ada.get<{ actor: string; action: string }[]>(`${V1}/audit`)).body;
    expect(entry).toMatchObject({ actor: 'trigger CI', action: 'connection.sync' });
    const token = path.split('/').at(-1) ?? '';
    expect(JSON.stringify(await api.query('select * from connection_trigger, audit_entry'))).not.toContain(token);
  });

  test('that is revoked, guessed or of a paused connection starts nothing', async () => {
    const { api, ada, connectionId } = await shop();
    const { body } = await trigger(ada, connectionId);
    const path = new URL(body.url).pathname;
    await ada.send('PATCH', `${V1}/connections/${connectionId}`, { status: 'inactive' });
    expect(await api.client().send('POST', path)).toMatchObject({
      status: 409,
      body: { error: { code: 'connection_inactive' } },
    });
    expect((await ada.send('DELETE', `${V1}/connections/${connectionId}/triggers/${body.id}`)).status).toBe(204);
    expect((await api.client().send('POST', path)).status).toBe(404);
    expect(await api.query('select 1 from syncs')).toEqual([]);
  });

  test('is called ten times a minute at most, and nobody guesses many addresses', async () => {
    stopTime();
    const { api, ada, connectionId } = await shop();
    const path = new URL((await trigger(ada, connectionId)).body.url).pathname;
    const statuses = [];
    for (let n = 0; n < 11; n++) statuses.push((await api.client().send('POST', path)).status);
    expect(statuses).toEqual([202, ...Array(9).fill(409), 429]);
    const guesses = [];
    for (let n = 0; n < 31; n++) guesses.push((await api.client().send('POST', `${V1}/triggers/guess${n}`)).status);
    expect(guesses.at(-1)).toBe(429);
  });
});

describe('automation', () => {
  test('names another connection, channels and the operator’s commands, and no circle', async () => {
    const { ada, connectionId, sourceId, destinationId } = await shop();
    const second = await make(ada, 'connections', { name: 'Second', sourceId, destinationId, streams: [ORDERS] });
    const path = (id: string) => `${V1}/connections/${id}/automation`;
    const empty = { afterConnectionId: null, channelIds: [], commands: [] };
    expect((await ada.get(path(second))).body).toEqual(empty);
    const after = await ada.send('PUT', path(second), { ...empty, afterConnectionId: connectionId });
    expect(after.body).toMatchObject({ afterConnectionId: connectionId });
    const wrong = await ada.send('PUT', path(connectionId), {
      ...{ afterConnectionId: second, channelIds: [connectionId], commands: ['rm'] },
    });
    expect(wrong.body).toMatchObject({
      issues: [
        { path: 'afterConnectionId', message: expect.stringContaining('circle') },
        { path: 'channelIds' },
        { path: 'commands', message: expect.stringContaining('WEIR_COMMANDS_FILE') },
      ],
    });
    expect((await ada.send('PUT', path(second), { ...empty, afterConnectionId: second })).status).toBe(422);
  });

  test('closes no circle, however many save it at once', async () => {
    const { ada, connectionId, sourceId, destinationId } = await shop();
    const second = await make(ada, 'connections', { name: 'Second', sourceId, destinationId, streams: [ORDERS] });
    const path = (id: string) => `${V1}/connections/${id}/automation`;
    const empty = { channelIds: [], commands: [] };
    for (let n = 0; n < 5; n++) {
      const answers = await Promise.all([
        ada.send('PUT', path(connectionId), { ...empty, afterConnectionId: second }),
        ada.send('PUT', path(second), { ...empty, afterConnectionId: connectionId }),
      ]);
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 422]);
      for (const id of [connectionId, second]) await ada.send('PUT', path(id), { ...empty, afterConnectionId: null });
    }
  });
});

test('a pipeline shows its sync, its dbt run, its data quality and its training', async () => {
  const { api, ada, connectionId, destinationId } = await shop();
  const find = async () => (await ada.get<unknown[]>(`${V1}/pipelines`)).body[0];
  expect(await find()).toMatchObject({
    ...{ name: 'Shop to warehouse', dbt: null, quality: null, training: null },
    sync: { lastRun: null, status: null, failureCode: null, records: 0, durationMinutes: null, nextRun: null },
  });
  await api.query(
    `with y as (
       insert into syncs (workspace_id, connection_id, trigger, status, started_at, finished_at)
       select workspace_id, id, 'schedule', 'succeeded', '2026-07-01T06:00Z', '2026-07-01T06:04:30Z' from connection returning *
     ) insert into sync_stream (sync_id, workspace_id, name, status, written) select id, workspace_id, 'orders', 'published', 1200 from y`,
  );
  const text = 'dataset: orders\ncompleteness:\n  - { column: order_id }\n';
  await ada.send('POST', `${V1}/suites`, { name: 'Checks', destinationId, connectionId, text });
  await api.query(
    `with r as (
       insert into check_run (workspace_id, suite_id, trigger, finished_at) select workspace_id, id, 'sync', now() from suite returning *
     ) insert into check_result (workspace_id, run_id, suite_id, key, kind, title, level, outcome, message)
       select r.workspace_id, r.id, r.suite_id, k, k, t, 'error', o, m from r, (values
         ('a', 'orders completeness', 'pass', 'fine'),
         ('b', 'ml_events freshness', 'fail', 'last record 8 hours ago (threshold: 6)')) as v (k, t, o, m)`,
  );
  const reported = await ada.send('POST', `${V1}/connections/${connectionId}/dbt-results`, runResults());
  expect(reported).toMatchObject({ status: 201, body: { status: 'success', modelsRun: 3 } });
  await ada.send('POST', `${V1}/connections/${connectionId}/dbt-results`, runResults());
  const training = { model_version: 'v42', accuracy: 0.93, status: 'succeeded', finished_at: '2026-07-01T07:00:00Z' };
  expect((await ada.send('POST', `${V1}/connections/${connectionId}/training-reports`, training)).status).toBe(201);
  expect(await find()).toMatchObject({
    sync: {
      lastRun: '2026-07-01T06:00:00.000Z',
      status: 'succeeded',
      records: 1200,
      durationMinutes: 4.5,
      nextRun: null,
    },
    dbt: { lastRun: '2026-07-01T06:12:00.123Z', status: 'success', modelsRun: 3, testsPassed: 3, testsFailed: 0 },
    quality: {
      checks: 2,
      passed: 1,
      failed: 1,
      warning: 'ml_events freshness: last record 8 hours ago (threshold: 6)',
    },
    training: { lastRun: '2026-07-01T07:00:00.000Z', modelVersion: 'v42', accuracy: 0.93, status: 'succeeded' },
  });
  const { body } = await ada.get<{ dbt: unknown[] }>(`${V1}/connections/${connectionId}/reports`);
  expect(body.dbt).toHaveLength(1);
});

test('a failed training and a failed dbt run are incidents until one succeeds', async () => {
  const { api, ada, connectionId } = await shop();
  const report = (status: string, accuracy: number | null) =>
    ada.send('POST', `${V1}/connections/${connectionId}/training-reports`, {
      ...{ model_version: 'v43', accuracy, status, finished_at: '2026-07-01T07:00:00Z' },
    });
  const dbt = (generatedAt: string, failing: boolean) =>
    ada.send('POST', `${V1}/connections/${connectionId}/dbt-results`, runResults({ generatedAt, failing }));
  await report('failed', null);
  await dbt('2026-07-01T06:00:00Z', true);
  const open = () => api.query(`select title from incident where status <> 'resolved' order by id`);
  expect(await open()).toEqual([
    { title: 'Shop to warehouse: the training of v43 ended as failed.' },
    { title: 'Shop to warehouse: dbt failed: 1 models and 1 tests.' },
  ]);
  await report('succeeded', 0.9);
  await dbt('2026-07-01T07:00:00Z', false);
  expect(await open()).toEqual([]);
  const late = await dbt('2026-07-01T06:30:00Z', true);
  expect(late.status).toBe(201);
  expect(await open()).toEqual([]);
  const wrong = await report('', Number.NaN);
  expect(wrong.status).toBe(422);
});
