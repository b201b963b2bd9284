import { describe, expect, test } from 'vitest';
import type { TargetStream } from '#lib/destinations/destination.ts';
import { configOf, testContext } from '#lib/destinations/postgres/fixtures/test-destination.ts';
import { postgres } from '#lib/destinations/postgres/postgres.ts';
import { makeBucket } from '#lib/destinations/s3/fixtures/bucket.ts';
import { testApi } from '#tests/harness/api.ts';
import { testDatabase } from '#tests/harness/database.ts';
import { make, makeSource, ORDERS } from '#tests/harness/shop.ts';

const V1 = '/api/weir/v1';

/** A connection into a warehouse that is there, with two rows put aside. */
async function withQuarantine() {
  const service = await testApi();
  const warehouse = await testDatabase();
  const ada = await service.admin();
  const { sourceId } = await makeSource(ada);
  const config = configOf(warehouse.url);
  await ada.send('POST', `${V1}/allowed-hosts`, { host: config.host, port: config.port, reason: 'test' });
  const destinationId = await make(ada, 'destinations', { name: 'Warehouse', type: 'postgres', config });
  const body = { name: 'Shop to warehouse', sourceId, destinationId, streams: [ORDERS], prefix: 'ml_' };
  const id = await make(ada, 'connections', body);
  return { ...service, ada, warehouse, id, path: `${V1}/connections/${id}` };
}

async function putAside({ warehouse, id }: Awaited<ReturnType<typeof withQuarantine>>) {
  const destination = postgres.open(testContext(), configOf(warehouse.url));
  const load = await destination.begin({ connectionId: id, syncId: 1, attempt: 1, fence: 1 });
  const stage = await load.stage({
    ...(ORDERS as unknown as TargetStream),
    ...{ namespace: '', table: 'ml_orders', generation: 1, emittedAt: new Date() },
  });
  await stage.write({ slice: 'a', page: 3, records: [{ order_id: null, total: 1 }, { total: 2 }] });
  const counts = { read: 2, filtered: 0, quarantined: 0, written: 0, bytes: 0 };
  await stage.checkpoint({ state: null, openSlices: [], counts });
  await stage.publish({ complete: true });
  await destination.close();
}

describe('the quarantine of a connection', () => {
  test('is empty before the first sync, and can’t be loaded then', async () => {
    const { ada, path } = await withQuarantine();
    expect((await ada.get(`${path}/quarantine`)).body).toEqual({ counts: [], rows: [] });
    expect(await ada.send('POST', `${path}/quarantine/replay`)).toMatchObject({
      status: 422,
      body: { error: { code: 'quarantine_empty' } },
    });
  });

  test('shows rows with their reason and place, newest first', async () => {
    const place = await withQuarantine();
    await putAside(place);
    const { body } = await place.ada.get(`${place.path}/quarantine?limit=1`);
    expect(body).toMatchObject({
      counts: [{ namespace: 'public', table: 'ml_orders', rows: 2 }],
      rows: [{ table: 'ml_orders', syncId: 1, slice: 'a', page: 3, row: 2, code: 'key_null', record: '{"total":2}' }],
    });
  });

  test('is loaded again by a sync of just those streams', async () => {
    const place = await withQuarantine();
    await putAside(place);
    const { status, body } = await place.ada.send('POST', `${place.path}/quarantine/replay`, { tables: ['ml_orders'] });
    expect(status).toBe(201);
    expect(place.sent).toEqual([{ name: 'sync', data: { syncId: body.syncId } }]);
    expect((await place.ada.get(`${V1}/syncs/${body.syncId}`)).body).toMatchObject({ task: { kind: 'replay' } });
  });

  test('forgets what it is told to', async () => {
    const place = await withQuarantine();
    await putAside(place);
    const { body } = await place.ada.get<{ rows: { id: number }[] }>(`${place.path}/quarantine`);
    const forgotten = await place.ada.send('POST', `${place.path}/quarantine/forget`, { ids: [body.rows[0]?.id] });
    expect(forgotten.body).toEqual({ forgotten: 1 });
    expect((await place.ada.get<{ rows: unknown[] }>(`${place.path}/quarantine`)).body.rows).toHaveLength(1);
    const all = await place.ada.send('POST', `${place.path}/quarantine/forget`, { tables: ['ml_orders'] });
    expect(all.body).toEqual({ forgotten: 1 });
    expect((await place.ada.get(`${place.path}/quarantine`)).body).toEqual({ counts: [], rows: [] });
  });

  test('of a table that the connection loads no more stays, and a replay of it says so', async () => {
    const place = await withQuarantine();
    await putAside(place);
    const refused = { status: 422, body: { error: { code: 'quarantine_empty' } } };
    for (const elsewhere of [{ namespaceDefinition: 'custom', namespaceFormat: 'other' }, { prefix: 'old_' }]) {
      await place.ada.send('PATCH', place.path, elsewhere);
      expect(await place.ada.send('POST', `${place.path}/quarantine/replay`)).toMatchObject(refused);
    }
    expect((await place.ada.get<{ rows: unknown[] }>(`${place.path}/quarantine`)).body.rows).toHaveLength(2);
  });
});

test('what was put aside on its way into a bucket is shown, loaded again and forgotten alike', async () => {
  const { admin, sent } = await testApi();
  const ada = await admin();
  const { config, open } = await makeBucket();
  const { sourceId } = await makeSource(ada);
  const { hostname: host, port } = new URL(String(config.s3_endpoint));
  await ada.send('POST', `${V1}/allowed-hosts`, { host, port: Number(port), reason: 'test' });
  const destinationId = await make(ada, 'destinations', { name: 'Lake', type: 's3', config });
  const streams = [{ ...ORDERS, destinationSyncMode: 'append' }];
  const body = { name: 'Shop to lake', sourceId, destinationId, streams, badValues: 'quarantine' };
  const id = await make(ada, 'connections', body);
  const destination = open();
  const load = await destination.begin({ connectionId: id, syncId: 1, attempt: 1, fence: 1 });
  const jsonSchema = { properties: { order_id: { type: 'integer' } } };
  const stage = await load.stage({
    ...(ORDERS as unknown as TargetStream),
    ...{ namespace: '', table: 'orders', generation: 1, emittedAt: new Date(), destinationSyncMode: 'append' },
    ...{ badValues: 'quarantine', stream: { ...(ORDERS as unknown as TargetStream).stream, jsonSchema } },
  });
  await stage.write({ slice: 'a', page: 3, records: [{ order_id: 'x' }, { order_id: 1 }, { order_id: 'y' }] });
  const counts = { read: 3, filtered: 0, quarantined: 0, written: 0, bytes: 0 };
  await stage.checkpoint({ state: null, openSlices: [], counts });
  await stage.publish({ complete: true });
  await destination.close();

  const path = `${V1}/connections/${id}/quarantine`;
  const shown = await ada.get<{ rows: { id: number }[] }>(path);
  expect(shown.body).toMatchObject({
    counts: [{ table: 'orders', rows: 2 }],
    rows: [
      { page: 3, row: 3, code: 'bad_value', record: '{"order_id":"y"}' },
      { page: 3, row: 1, syncId: 1, reason: 'A value does not fit: order_id (integer).' },
    ],
  });
  expect((await ada.send('POST', `${path}/forget`, { ids: [shown.body.rows[0]?.id] })).body).toEqual({ forgotten: 1 });
  expect((await ada.get(path)).body).toMatchObject({ counts: [{ rows: 1 }] });
  const replay = await ada.send('POST', `${path}/replay`);
  expect(replay.status).toBe(201);
  expect(sent).toEqual([{ name: 'sync', data: { syncId: replay.body.syncId } }]);
});

test('refreshes and backfills are syncs with a task', async () => {
  const { ada, path, query } = await withQuarantine();
  const taskOf = async (answer: { body: Record<string, unknown> }) =>
    (await ada.get(`${V1}/syncs/${answer.body.syncId}`)).body.task;
  const refresh = await ada.send('POST', `${path}/refresh`, { keepHistory: false });
  expect(await taskOf(refresh)).toEqual({ kind: 'refresh', keepHistory: false });
  await query(`update syncs set status = 'succeeded'`);
  const backfill = await ada.send('POST', `${path}/backfill`, { stream: { name: 'orders' }, from: '2026-01-01' });
  expect(await taskOf(backfill)).toEqual({ kind: 'backfill', from: '2026-01-01', to: null });
  expect((await ada.send('POST', `${path}/backfill`, { from: '' })).status).toBe(422);
});

test('how a connection takes what it does not expect is kept, and what makes no sense is named', async () => {
  const { ada, path } = await withQuarantine();
  const rules = { schemaChanges: 'ignore', badValues: 'quarantine', quarantineLimit: { percent: 2.5 } };
  expect((await ada.send('PATCH', path, rules)).body).toMatchObject(rules);
  const wrong = { schemaChanges: 'maybe', badValues: 'no', quarantineLimit: { rows: -1, percent: 101 } };
  const refused = await ada.send<{ issues: { path: string }[] }>('PATCH', path, wrong);
  expect(refused.body.issues.map((issue) => issue.path)).toEqual([
    'schemaChanges',
    'badValues',
    'quarantineLimit.rows',
    'quarantineLimit.percent',
  ]);
});

test('mappers that can’t work are refused with their stream', async () => {
  const { ada, path } = await withQuarantine();
  const mappers = [{ type: 'field-filtering', mapperConfiguration: { targetField: 'order_id' } }];
  const refused = await ada.send<{ issues: unknown[] }>('PATCH', path, { streams: [{ ...ORDERS, mappers }] });
  expect(refused.body.issues).toMatchObject([{ path: 'streams.0.mappers.0', message: expect.stringContaining('key') }]);
});
