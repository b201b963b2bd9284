import { expect, test } from 'vitest';
import { createApiKey } from '#lib/access/api-keys.ts';
import { createQueue } from '#lib/jobs/queue.ts';
import { createLog } from '#lib/log.ts';
import { type TestApi, testApi } from '#tests/harness/api.ts';
import { makeConnection } from '#tests/harness/shop.ts';

const METRICS = '/api/metrics';

/** The samples of a text, by name and labels as they stand. */
function samples(text: unknown): Map<string, number> {
  const lines = String(text)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

/** One sync that succeeded in 90 s with a load that is held, one that failed, one that runs; an alert that failed. */
async function aDay({ query }: TestApi, connectionId: string): Promise<void> {
  await query(
    `with ended as (
       insert into syncs (workspace_id, connection_id, trigger, status, started_at, finished_at)
       select workspace_id, id, 'manual', v.status, now() - interval '1 hour', now() - interval '1 hour' + took
       from connection, (values ('succeeded', interval '90 s'), ('failed', interval '10 s')) as v (status, took)
       where connection.id = '${connectionId}' returning syncs.id, syncs.workspace_id, syncs.status
     ), running as (
       insert into syncs (workspace_id, connection_id, trigger, status, started_at)
       select workspace_id, id, 'schedule', 'running', now() from connection where id = '${connectionId}'
     ), incidents as (
       insert into incident (workspace_id, subject_kind, cause, severity, title)
       select workspace_id, 'connection', 'c', 'critical', 'Shop fails' from connection where id = '${connectionId}'
     )
     insert into sync_stream (sync_id, workspace_id, name, status, read, filtered, quarantined, written, bytes)
     select id, workspace_id, 'orders', case status when 'succeeded' then 'published' else 'held' end, 100, 5, 2, 93, 4096
     from ended`,
  );
  await query(
    `with channel as (
       insert into channel (workspace_id, type, name, config) select id, 'slack', 'Slack', '{}' from workspace returning *
     ) insert into delivery (workspace_id, channel_id, event, payload, status)
       select workspace_id, id, 'sync_failed', '{}', 'failed' from channel`,
  );
}

test('Prometheus reads syncs, records, connections, trouble and this process with a key', async () => {
  const api = await testApi();
  const ada = await api.admin();
  const { connectionId } = await makeConnection(ada);
  await aDay(api, connectionId);
  const { body } = await ada.send<{ secret: string }>('POST', '/api/weir/v1/api-keys', {
    name: 'prom',
    role: 'viewer',
  });
  const answer = await api.client().get(METRICS, { authorization: `Bearer ${body.secret}` });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const found = samples(answer.body);
  const [row] = await api.query<{ name: string }>('select name from connection');
  const labels = `{connection="${row?.name}",connection_id="${connectionId}"}`;
  expect(Object.fromEntries(found)).toMatchObject({
    'weir_syncs_active{status="running"}': 1,
    'weir_syncs_active{status="pending"}': 0,
    'weir_syncs_ended_24h{status="succeeded"}': 1,
    'weir_syncs_ended_24h{status="failed"}': 1,
    'weir_sync_duration_seconds_24h{status="succeeded",quantile="0.5"}': 90,
    'weir_records_24h{kind="read"}': 200,
    'weir_records_24h{kind="written"}': 186,
    weir_bytes_24h: 8192,
    weir_connections_active: 1,
    [`weir_connection_last_success_duration_seconds${labels}`]: 90,
    weir_held_loads: 1,
    'weir_incidents{severity="critical",status="open"}': 1,
    'weir_alert_deliveries_24h{status="failed"}': 1,
    weir_workers: 0,
    'weir_queue_jobs{queue="sync",state="created"}': 0,
  });
  expect(found.get('process_resident_memory_bytes')).toBeGreaterThan(0);
  const lastSuccess = found.get(`weir_connection_last_success_timestamp_seconds${labels}`) ?? 0;
  expect(Math.abs(Date.now() / 1000 - 3510 - lastSuccess)).toBeLessThan(60);
});

test('a key tells of its own workspace alone', async () => {
  const api = await testApi();
  await aDay(api, (await makeConnection(await api.admin())).connectionId);
  const [other] = await api.query<{ id: string }>(`insert into workspace (name) values ('Other') returning id`);
  const { secret } = await createApiKey(api.context, other?.id ?? '', { name: 'prom', role: 'viewer' });
  const found = samples((await api.client().get(METRICS, { authorization: `Bearer ${secret}` })).body);
  expect(
    [...found].filter(([key, value]) => /^weir_(syncs|records|bytes|held|incidents|alert)/.test(key) && value > 0),
  ).toEqual([]);
  expect([...found.keys()].filter((key) => key.startsWith('weir_connection_'))).toEqual([]);
});

test('without a key nobody is answered, not on this machine either, unless the operator says so', async () => {
  const closed = await testApi();
  expect((await closed.client().get(METRICS)).status).toBe(401);
  const open = await testApi({ WEIR_METRICS: 'local' });
  await aDay(open, (await makeConnection(await open.admin())).connectionId);
  const here = await open.client().get(METRICS);
  expect(samples(here.body).get('weir_held_loads')).toBe(1);
  expect((await open.client({ peer: '10.0.0.7' }).get(METRICS)).status).toBe(401);
  expect((await open.client().get(METRICS, { 'x-forwarded-for': '10.0.0.7' })).status).toBe(401);
  expect((await open.client().get(METRICS, { authorization: 'Bearer weir_wrong' })).status).toBe(401);
});

test('jobs that wait in the queue are counted', async () => {
  const queue = (databaseUrl: string) => createQueue({ databaseUrl, log: createLog('test', 'silent') });
  const api = await testApi({ WEIR_METRICS: 'local' }, { queue });
  await api.context.queue.send('sync', { syncId: 1 });
  await api.context.queue.send('sync', { syncId: 2 });
  const found = samples((await api.client().get(METRICS)).body);
  await api.context.queue.stop();
  expect(found.get('weir_queue_jobs{queue="sync",state="created"}')).toBe(2);
});
